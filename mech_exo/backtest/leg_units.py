"""What a unit of each holding of two legs is worth, its exit and its borrowing included."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.exits import AT_ONCE, GONE, HELD, WITHIN, Exits
from mech_exo.backtest.grouping import Grouping
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.legs import Legs
from mech_exo.backtest.mirror import turned_rows
from mech_exo.backtest.units import CELLS, in_parts
from mech_exo.data.panel import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Rates:
    """Cost of a unit of value traded, and of a unit sold short for a session."""

    cost: float
    borrow: float


@dataclass(eq=False)
class _LegPart:
    """The holdings of some segments of one block: [h] of the H.

    Attributes
    ----------
    segments, mine
        The segments, and which holdings are theirs.
    by_segment
        Sums those.
    block, row
        Where their paths stand.
    length, cell, sign, kind, threshold
        [h] of each: sessions of its segment, position in [G, N], leg, exit.
    """

    segments: IntArray
    mine: IntArray | slice
    by_segment: Grouping
    block: int
    row: IntArray
    length: IntArray
    cell: IntArray
    sign: FloatArray
    kind: NDArray[np.int8]
    threshold: FloatArray


@dataclass(eq=False)
class _LegEnds:
    """How the holdings of a part end: session, price there and price at the end; see `LegUnits`."""

    day: NDArray[np.int32]
    sold: FloatArray
    alive: FloatArray


class LegUnits:
    """Units of H holdings of both legs, which a signed share multiplies.

    A unit of what is held is its price, 1 at the execution, and after its exit the price of that
    less the costs. A short of share −s is worth −s times its unit: what it would cost to buy back,
    with all that was paid to borrow it.

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
        self.rates = rates
        self._growth, self._length, self._legs, self._exits = growth, length, legs, exits
        self._row = growth.row[legs.holdings.segment] + legs.holdings.name
        self.exit_day: NDArray[np.int32] = np.zeros(count, dtype=np.int32)
        self.sold, self.last, self.alive = np.zeros(count), np.empty(count), np.empty(count)
        self._parts = list(self._divided())
        self._kept: list[FloatArray] = []  # units of the only part
        for part in self._parts:
            unit, ends = self._follow(part)
            end = np.maximum(part.length - 1, 0)
            self.last[part.mine] = unit[np.arange(len(unit)), end]
            self.alive[part.mine] = ends.alive
            self.exit_day[part.mine], self.sold[part.mine] = ends.day, ends.sold
            self._kept = [unit] if len(self._parts) == 1 else []

    @cached_property
    def begin(self) -> IntArray:
        """[G + 1] where each segment's days begin, and their number."""
        return np.append(0, np.cumsum(self._length))

    def daily(self, share: FloatArray) -> FloatArray:
        """Σ of signed shares [H] times units, at each close after the first execution's."""
        kept, self._kept = self._kept, []
        units = kept or (self._follow(part)[0] for part in self._parts)
        return self._spread(share, units)

    def held(self, share: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Σ of signed shares [H] times prices of what is still held: at each execution [G], after
        the stops of its close, and at each close after the first execution's.
        """
        gone = (self._exits.kind == AT_ONCE) | (self._exits.kind == GONE)
        opening = self._legs.holdings.by_segment.sum(share * ~gone)
        until = np.where(self.exit_day > 0, self.exit_day - 1, self.begin[-1])
        until[gone] = 0

        def prices(part: _LegPart) -> FloatArray:
            path = self._growth.rows(self._growth.path, part.block).take(part.row, axis=0)
            there: FloatArray = path * (np.arange(path.shape[1]) < until[part.mine, None])
            return there

        return opening, self._spread(share, map(prices, self._parts))

    def _spread(self, share: FloatArray, values: Iterable[FloatArray]) -> FloatArray:
        """Σ of shares times values [h, W] of each part, which are overwritten, day by day."""
        begin, days = self.begin, np.empty(int(self.begin[-1]))
        for part, table in zip(self._parts, values, strict=True):
            table *= share[part.mine, None]
            sums = part.by_segment.sum(table)
            length, width = self._length[part.segments], sums.shape[1]
            if len(self._parts) == 1 and (length[:-1] == width).all():
                return sums.ravel()[: len(days)]
            inside = np.arange(width) < length[:, None]
            day = begin[part.segments, None] + np.arange(width)
            days[day[inside]] = sums[inside]
        return days

    def _divided(self) -> Iterator[_LegPart]:
        """The holdings, in parts of one block each that are not too large."""
        growth, holdings, exits = self._growth, self._legs.holdings, self._exits
        block, size = growth.block, holdings.by_segment.size
        everything = np.arange(len(block))
        whole = len(self._row) * int(growth.block_width[block[0]]) <= CELLS
        if whole and (block == block[0]).all():
            parts: Iterable[IntArray] = [everything]
        else:
            parts = in_parts(growth, block, size)
        for segments in parts:
            mine: IntArray | slice = slice(None)
            by_segment = holdings.by_segment
            if segments is not everything:
                inside = np.zeros(len(block), dtype=bool)
                inside[segments] = True
                mine = np.flatnonzero(inside[holdings.segment])
                of = np.searchsorted(segments, holdings.segment[mine])
                by_segment = Grouping.of(of, len(segments))
            yield _LegPart(
                segments,
                mine,
                by_segment,
                int(block[segments[0]]),
                self._row[mine],
                self._length.take(holdings.segment[mine]),
                holdings.cell[mine],
                self._legs.sign[mine],
                exits.kind[mine],
                exits.threshold[mine],
            )

    def _follow(self, part: _LegPart) -> tuple[FloatArray, _LegEnds]:
        """Units [h, W] of a part's holdings at every close of their segments, and how they end."""
        growth, cost = self._growth, self.rates.cost
        unit = growth.rows(growth.path, part.block).take(part.row, axis=0, mode="clip")
        column = np.arange(unit.shape[1])
        day = growth.sold.ravel().take(part.cell)
        ends = _LegEnds(day, np.zeros(len(day)), unit[:, -1].copy())
        delisted = np.flatnonzero(day)
        if len(delisted):  # the path has the price less the costs of a long
            ends.sold[delisted] = unit[delisted, day[delisted] - 1] / (1.0 - cost)
        ended = np.flatnonzero(part.kind)
        if len(ended):
            self._stop(part, ended, unit, ends)
        out = np.flatnonzero((day > 0) | (part.kind != HELD))
        ends.alive[out] = 0.0
        fees = self._fees(part, unit, day, column)
        if len(out):
            price = ends.sold[out] * (1.0 - cost * part.sign[out])
            after = column >= (day[out] - 1)[:, None]
            unit[out] = np.where(after, price[:, None], unit[out])
        if fees is not None:
            unit[part.sign < 0.0] += fees
        return unit, ends

    def _stop(self, part: _LegPart, ended: IntArray, price: FloatArray, ends: _LegEnds) -> None:
        """The stops of holdings `ended`, in `ends`."""
        kind = part.kind[ended]
        ends.day[ended] = 0
        ends.sold[ended] = kind == AT_ONCE
        stopped = ended[kind == WITHIN]
        trigger = price[stopped]
        if len(self._growth.trigger):
            source = self._growth.rows(self._growth.trigger, part.block)
            trigger = source.take(part.row[stopped], axis=0)
        looked_at = turned_rows(trigger, part.sign[stopped])
        day = (looked_at <= part.threshold[stopped, None]).argmax(axis=1)
        ends.sold[stopped] = price[stopped, day]
        ends.day[stopped] = day + 1

    def _fees(
        self, part: _LegPart, price: FloatArray, day: NDArray[np.int32], column: IntArray
    ) -> FloatArray | None:
        """What was paid to borrow each short by each close, of prices before any exit."""
        if not self.rates.borrow:
            return None
        short = part.sign < 0.0
        until = np.where(day > 0, np.minimum(day, part.length), part.length)
        until[(part.kind == AT_ONCE) | (part.kind == GONE)] = 0
        price, until = price[short], until[short]
        before = np.column_stack([np.ones(len(price)), price[:, :-1]])
        before *= column < until[:, None]
        return self.rates.borrow * np.cumsum(before, axis=1)
