"""What a unit of each holding of two legs is worth, its exit and its borrowing included."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.grouping import Grouping
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.legs import Legs
from mech_exo.backtest.mirror import turned_rows
from mech_exo.backtest.stops import AT_ONCE, GONE, HELD, WITHIN, Exits
from mech_exo.backtest.units import in_parts
from mech_exo.data.panel import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Rates:
    """Cost of a unit of value traded, and of a unit sold short for a session."""

    cost: float
    borrow: float


@dataclass(eq=False)
class _Rows:
    """The holdings of some segments of one block.

    Attributes
    ----------
    segments, mine
        The segments, and the positions of their holdings.
    by_segment
        Sums those.
    price, unit
        [h, W] price of each at every close of its segment (1 at the execution), constant after its
        exit; and what a unit of it is worth: the price, less the costs of the exit and the fees.
    """

    segments: IntArray
    mine: IntArray
    by_segment: Grouping
    price: FloatArray
    unit: FloatArray


class LegUnits:
    """Units of H holdings of both legs, which a signed share multiplies.

    A short of share −s is worth −s times its unit: what it would cost to buy back, with all that
    was paid to borrow it.

    Parameters
    ----------
    length
        [G] sessions of each segment.

    Attributes
    ----------
    rates
        What trading and borrowing cost.
    last
        [H] unit at the end of the segment, in cash or not.
    alive
        [H] price there of what lasts to the next execution; else 0.
    exit_day
        [H] session of the segment, from 1, of a stop within it or a delisting; 0: none.
    sold
        [H] price at which a stop or a delisting ends the holding; 0: none does.
    """

    def __init__(
        self,
        growth: Growth,
        length: IntArray,
        legs: Legs,
        exits: Exits,
        rates: Rates,
    ) -> None:
        count = len(legs.sign)
        self._growth, self._length = growth, length
        self._legs, self._exits, self.rates = legs, exits, rates
        self._row = growth.row[legs.holdings.segment] + legs.holdings.name
        self.exit_day: NDArray[np.int32] = growth.sold.ravel().take(legs.holdings.cell)
        self.sold = np.zeros(count)
        self.last, self.alive = np.empty(count), np.empty(count)
        parts = list(in_parts(growth, growth.block, legs.holdings.by_segment.size))
        self._kept: list[_Rows] = []
        for segments in parts:
            part = self._rows(segments)
            end = np.maximum(length[legs.holdings.segment[part.mine]] - 1, 0)
            self.last[part.mine] = part.unit[np.arange(len(part.mine)), end]
            self.alive[part.mine] = part.price[:, -1]
            if len(parts) == 1:
                self._kept.append(part)
        self._parts = parts
        self.alive[(exits.kind != HELD) | (self.exit_day > 0)] = 0.0

    @cached_property
    def begin(self) -> IntArray:
        """[G + 1] where each segment's days begin, and their number."""
        return np.append(0, np.cumsum(self._length))

    def daily(self, share: FloatArray) -> FloatArray:
        """Σ of signed shares [H] times units, at each close after the first execution's."""
        return self._spread(share, [(part, part.unit) for part in self._all()])

    def held(self, share: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Σ of signed shares [H] times prices of what is still held: at each execution [G], after
        the stops of its close, and at each close after the first execution's.
        """
        staying = (self._exits.kind != AT_ONCE) & (self._exits.kind != GONE)
        opening = self._legs.holdings.by_segment.sum(share * staying)
        return opening, self._spread(share, [(p, self._there(p)) for p in self._all()])

    def _there(self, part: _Rows) -> FloatArray:
        kind, day = self._exits.kind[part.mine], self.exit_day[part.mine]
        until = np.where(day > 0, day - 1, part.price.shape[1])
        until[(kind == AT_ONCE) | (kind == GONE)] = 0
        return part.price * (np.arange(part.price.shape[1]) < until[:, None])

    def _all(self) -> Iterator[_Rows]:
        yield from self._kept or map(self._rows, self._parts)

    def _spread(self, share: FloatArray, rows: list[tuple[_Rows, FloatArray]]) -> FloatArray:
        days = np.empty(int(self.begin[-1]))
        for part, values in rows:
            sums = part.by_segment.sum(values * share[part.mine, None])
            inside = np.arange(sums.shape[1]) < self._length[part.segments, None]
            day = self.begin[part.segments, None] + np.arange(sums.shape[1])
            days[day[inside]] = sums[inside]
        return days

    def _rows(self, segments: IntArray) -> _Rows:
        """Prices and units in segments of one block; fills `exit_day` and `sold`."""
        growth, holdings = self._growth, self._legs.holdings
        block = int(growth.block[segments[0]])
        inside = np.zeros(len(self._length), dtype=bool)
        inside[segments] = True
        mine = np.flatnonzero(inside[holdings.segment])
        path = growth.rows(growth.path, block)
        price = path.take(self._row[mine], axis=0)
        self._delist(mine, price)
        self._stop(block, mine, price)
        by_segment = Grouping.of(np.searchsorted(segments, holdings.segment[mine]), len(segments))
        return _Rows(segments, mine, by_segment, price, self._unit(mine, price))

    def _delist(self, mine: IntArray, price: FloatArray) -> None:
        """Delistings: the prices at which they sell, which the path has after a long's costs."""
        day = self._growth.sold.ravel().take(self._legs.holdings.cell[mine])
        gone = np.flatnonzero(day)
        if len(gone):
            at = price[gone, day[gone] - 1] / (1.0 - self.rates.cost)
            after = np.arange(price.shape[1]) >= day[gone, None] - 1
            price[gone] = np.where(after, at[:, None], price[gone])
            self.sold[mine[gone]] = at

    def _stop(self, block: int, mine: IntArray, price: FloatArray) -> None:
        """Stops: prices are constant from their closes on."""
        kind = self._exits.kind[mine]
        for which, at in ((AT_ONCE, 1.0), (GONE, 0.0)):
            there = np.flatnonzero(kind == which)
            price[there] = at
            self.sold[mine[there]] = at
            self.exit_day[mine[there]] = 0
        stopped = np.flatnonzero(kind == WITHIN)
        if not len(stopped):
            return
        of = mine[stopped]
        trigger = price[stopped]
        if len(self._growth.trigger):
            source = self._growth.rows(self._growth.trigger, block)
            trigger = source.take(self._row[of], axis=0)
        looked_at = turned_rows(trigger, self._legs.sign[of])
        day = (looked_at <= self._exits.threshold[of, None]).argmax(axis=1)
        at = price[stopped, day]
        after = np.arange(price.shape[1]) >= day[:, None]
        price[stopped] = np.where(after, at[:, None], price[stopped])
        self.exit_day[of] = day + 1
        self.sold[of] = at

    def _unit(self, mine: IntArray, price: FloatArray) -> FloatArray:
        """Prices less the costs of exits; of shorts, with the fees up to each close."""
        kind, day, sign = self._exits.kind[mine], self.exit_day[mine], self._legs.sign[mine]
        unit = price.copy()
        column = np.arange(price.shape[1])
        out = np.flatnonzero((day > 0) | (kind == AT_ONCE))
        if len(out) and self.rates.cost:
            after = column >= np.maximum(day[out, None] - 1, 0)
            cost = self.rates.cost * sign[out] * self.sold[mine[out]]
            unit[out] -= np.where(after, cost[:, None], 0.0)
        short = np.flatnonzero(sign < 0.0)
        if len(short) and self.rates.borrow:
            until = self._length[self._legs.holdings.segment[mine[short]]]
            until = np.where(day[short] > 0, np.minimum(day[short], until), until)
            until[(kind[short] == AT_ONCE) | (kind[short] == GONE)] = 0
            before = np.column_stack([np.ones(len(short)), price[short, :-1]])
            before *= column < until[:, None]
            unit[short] += self.rates.borrow * np.cumsum(before, axis=1)
        return unit
