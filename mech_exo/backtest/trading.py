"""What is left of portfolios after they have traded to signed targets, each name to its own."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.grouping import Grouping
from mech_exo.data.panel import FloatArray, IntArray


@dataclass(eq=False)
class Orders:
    """What G portfolios trade at once; values are in one unit for each.

    Attributes
    ----------
    liquid
        [G] value of what can be traded, before.
    segment, by_segment
        [H] portfolio of each name with a target, and what sums them.
    size
        [H] absolute target weight, in what can be traded; 0 for a name that is not traded.
    worth
        [H] value held before, positive on the side of the target; 0 for a name that is not traded.
    out
        [G] Σ of the absolute values of what is closed altogether.
    cost
        Of one unit of value traded; below 1.
    impact
        [H] times the square root of a value it is the further cost of a unit of it; None: none.
    out_impact
        [G] further cost of what is closed.
    """

    liquid: FloatArray
    segment: IntArray
    by_segment: Grouping
    size: FloatArray
    worth: FloatArray
    out: FloatArray
    cost: float
    impact: FloatArray | None = None
    out_impact: FloatArray | None = None

    def settled(self) -> tuple[FloatArray, FloatArray]:
        """Solve y = L − Σ cost of |w·y − h|: what is left [G], and the value traded [G].

        The largest solution that is not above L; 0 where names with a target leave none above 0,
        for then trading costs more than there is. Without such names y may be below 0.

        Notes
        -----
        y less the right side is convex, and not below 0 at L. So Newton's steps from there come
        down on the largest solution. Without impact it is piecewise linear: they end, exactly,
        when no name changes from being bought to being sold. With impact they end when y no longer
        gets smaller.
        """
        lowest = np.where(self.by_segment.sum(self.size) > 0.0, 0.0, -np.inf)
        if self.impact is None:
            return self._exact(lowest)
        return self._smooth(lowest, self.impact)

    def _exact(self, lowest: FloatArray) -> tuple[FloatArray, FloatArray]:
        sum_of, cost = self.by_segment.sum, self.cost
        size, worth = sum_of(self.size), sum_of(self.worth)
        y = self.liquid
        more = self._more(y)
        while True:
            slope = 2.0 * sum_of(self.size * more) - size
            fixed = self.out + worth - 2.0 * sum_of(self.worth * more)
            if cost == 0.0:
                return y, fixed + slope * y
            rise = 1.0 + cost * slope
            step = np.full_like(y, -np.inf)
            np.divide(self.liquid - cost * fixed, rise, out=step, where=rise > 0.0)
            y = np.maximum(np.minimum(y, step), lowest)
            before, more = more, self._more(y)
            if (more == before).all():
                return y, fixed + slope * y

    def _more(self, y: FloatArray) -> FloatArray:
        """[H] 1 for the names whose position grows to its target, or changes its side."""
        more: FloatArray = (self.worth < self.size * y.take(self.segment)).astype(np.float64)
        return more

    def _smooth(self, lowest: FloatArray, impact: FloatArray) -> tuple[FloatArray, FloatArray]:
        sum_of, cost = self.by_segment.sum, self.cost
        closed = cost * self.out + (0.0 if self.out_impact is None else self.out_impact)
        y = self.liquid
        while True:
            change = self.size * y.take(self.segment) - self.worth
            value = np.abs(change)
            further = impact * np.sqrt(value)
            paid = sum_of(value * (cost + further)) + closed
            rise = 1.0 + sum_of(np.sign(change) * self.size * (cost + 1.5 * further))
            step = np.full_like(y, -np.inf)
            np.divide(y - self.liquid + paid, rise, out=step, where=rise > 0.0)
            step = np.where(rise > 0.0, y - step, -np.inf)
            new = np.maximum(np.minimum(y, step), lowest)
            if (new == y).all():
                return y, sum_of(value) + self.out
            y = new
