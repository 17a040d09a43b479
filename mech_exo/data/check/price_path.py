"""The moves of a price: those of one name, and those of all names on a day."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mech_exo.data.check.examined import Examined
from mech_exo.data.panel import FloatArray, IntArray

LARGE = 0.25
"""Least |log move| that is looked at: −22 % or +28 %."""

LONGEST_GAP = 5
"""Sessions without a price after which a move says nothing."""

BEFORE, AFTER = 63, 21
"""Sessions whose moves are the usual ones before and after."""

LEAST_AFTER = 8
"""Moves after a jump without which nobody can say that it was followed by calm."""

APART = 0.2
"""Range of the large moves of a day on which a market moves; a mistake makes them alike."""

LEAST_NAMES = 5
"""Names that make a cross-section."""


class DayMoves:
    """The usual move of all names on a session, computed where it is asked for."""

    def __init__(self, examined: Examined) -> None:
        self.examined = examined
        self._known: dict[int, tuple[float, float]] = {}

    def usual(self, t: int) -> tuple[float, float]:
        """Median log move from session t − 1 to t, and the share of large ones; 0 for few names.

        Large moves that are all alike are a mistake in several names, and no part of either.
        """
        if t not in self._known:
            close = self.examined.market.close
            with np.errstate(invalid="ignore"):
                moves = np.log(close[t] / close[t - 1])
            self._known[t] = _usual(moves[~np.isnan(moves)])
        return self._known[t]


def _usual(moves: FloatArray) -> tuple[float, float]:
    large = np.abs(moves) >= LARGE
    if len(moves) < LEAST_NAMES:
        return 0.0, 0.0
    if large.any() and float(np.ptp(moves[large])) <= APART:
        rest = moves[~large]
        return float(np.median(rest if len(rest) >= LEAST_NAMES else moves)), 0.0
    return float(np.median(moves)), float(np.mean(large))


@dataclass(frozen=True, eq=False)
class PricePath:
    """The prices of one name, without the sessions that lack one."""

    examined: Examined
    days: DayMoves
    n: int

    @cached_property
    def rows(self) -> IntArray:
        """[K] sessions with a price."""
        return np.flatnonzero(self.examined.priced[:, self.n])

    @cached_property
    def price(self) -> FloatArray:
        """[K]."""
        price: FloatArray = np.log(self.examined.market.close[self.rows, self.n])
        return price

    @property
    def goes_on(self) -> bool:
        """Whether the name is still priced when the data end."""
        return int(self.rows[-1]) >= len(self.examined.market.dates) - 1 - LONGEST_GAP

    @cached_property
    def size(self) -> FloatArray:
        """[K − 1] log moves without their sign; the move k leads to the price k + 1."""
        size: FloatArray = np.abs(np.diff(self.price))
        return size

    def ticks(self, k: int) -> float:
        """The move k in steps of the price: of a share that costs a few, each is a large move."""
        near = np.exp(self.price[max(0, k - BEFORE) : k + 2 + AFTER])
        steps = np.abs(np.diff(near))
        steps = steps[steps > 1e-9 * near[1:]]
        change = abs(float(np.exp(self.price[k + 1]) - np.exp(self.price[k])))
        return change / float(steps.min())


def usual_move(moves: FloatArray) -> float:
    """σ of some log moves without signs, by median and mean: a wrong price hardly counts."""
    if not len(moves):
        return 0.0
    return max(1.4826 * float(np.median(moves)), float(np.minimum(moves, LARGE).mean()), 0.004)
