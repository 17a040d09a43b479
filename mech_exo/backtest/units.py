"""What a unit of each holding becomes within its segment, exits included."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.exits import AT_ONCE, GONE, HELD, WITHIN, Exits
from mech_exo.backtest.grouping import Grouping
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.holdings import Holdings
from mech_exo.backtest.scratch import Scratch
from mech_exo.data.panel import FloatArray, IntArray

CELLS = 2**21  # closes of holdings that are followed at a time: 16 MB; few candidates have more


@dataclass(eq=False)
class Units:
    """Growth of a unit of each of H holdings.

    Attributes
    ----------
    daily
        [days] sum over the names bought, at each close of the segments in turn.
    last
        [H] value at the end of the segment, in cash or not.
    exit_day
        [H] session of the segment, from 1, of a stop within it or a delisting; 0: none.
    sold
        [H] value sold by stops and delistings, before costs.
    aside_daily
        [S, W] of the names set aside.
    """

    daily: FloatArray
    last: FloatArray
    exit_day: NDArray[np.int32]
    sold: FloatArray
    aside_daily: FloatArray


def follow(
    growth: Growth, holdings: Holdings, exits: Exits, cost: float, scratch: Scratch
) -> Units:
    """Follow one unit of every holding through its segment.

    Parameters
    ----------
    cost
        Of one unit of value sold.
    scratch
        Buffers.
    """
    stint = holdings.stint
    length, block = stint.length, growth.block[stint.segment]
    row = growth.row[stint.segment][holdings.segment] + holdings.name
    first = int(block[0])
    if (block == first).all() and len(row) * int(growth.block_width[first]) <= CELLS:
        units, sums = _follow(growth, first, row, holdings, exits, cost, scratch)
        if (length[:-1] == sums.shape[1]).all():
            units.daily = sums.ravel()[: int(length.sum())]
        else:
            units.daily = sums[np.arange(sums.shape[1]) < length[:, None]]
        return units
    return _follow_parts(growth, block, row, holdings, exits, cost, scratch)


def _follow_parts(
    growth: Growth,
    block: IntArray,
    row: IntArray,
    holdings: Holdings,
    exits: Exits,
    cost: float,
    scratch: Scratch,
) -> Units:
    """`follow` for segments in several blocks, or with many holdings: some at a time."""
    length, count = holdings.stint.length, len(row)
    daily = np.empty(int(length.sum()))
    end = np.cumsum(length)
    units = Units(
        daily,
        np.empty(count),
        np.empty(count, dtype=np.int32),
        np.empty(count),
        np.zeros((len(holdings.aside), int(growth.block_width.max()))),
    )
    for segments in in_parts(growth, block, holdings.by_segment.size):
        b = int(block[segments[0]])
        inside = np.zeros(len(block), dtype=bool)
        inside[segments] = True
        mine = np.flatnonzero(inside[holdings.segment])
        here = np.flatnonzero(inside[holdings.segment[holdings.aside]])
        part = _Part(
            Grouping.of(np.searchsorted(segments, holdings.segment[mine]), len(segments)),
            holdings.cell[mine],
            np.searchsorted(mine, holdings.aside[here]),
        )
        some = Exits(exits.kind[mine], exits.threshold[mine], exits.reference, exits.forced)
        found, sums = _follow(growth, b, row[mine], part, some, cost, scratch)
        units.last[mine], units.exit_day[mine] = found.last, found.exit_day
        units.sold[mine] = found.sold
        units.aside_daily[here, : sums.shape[1]] = found.aside_daily
        for g, values in zip(segments.tolist(), sums, strict=True):
            daily[end[g] - length[g] : end[g]] = values[: length[g]]
    return units


def in_parts(growth: Growth, block: IntArray, size: IntArray) -> Iterator[IntArray]:
    """Segments of one block each, with about `CELLS` closes of their holdings at most.

    Parameters
    ----------
    block, size
        [segments] the block of each, and the number of its holdings.
    """
    for b in np.unique(block).tolist():
        segments = np.flatnonzero(block == b)
        cells = np.cumsum(size[segments]) * int(growth.block_width[b])
        part = cells // CELLS
        yield from np.split(segments, np.flatnonzero(np.diff(part)) + 1)


@dataclass(eq=False)
class _Part:
    """Some of the holdings: those of one block's segments."""

    by_segment: Grouping
    cell: IntArray
    aside: IntArray


def _follow(
    growth: Growth,
    block: int,
    row: IntArray,
    holdings: Holdings | _Part,
    exits: Exits,
    cost: float,
    scratch: Scratch,
) -> tuple[Units, FloatArray]:
    """Units of holdings in one block, and their sums [segments, W]."""
    path = growth.rows(growth.path, block)
    rows = scratch.rows(len(row), path.shape[1])
    path.take(row, axis=0, out=rows, mode="clip")
    exit_day = growth.sold.ravel().take(holdings.cell)
    sold = np.zeros(len(row))
    if exit_day.any():
        delisted = np.flatnonzero(exit_day)
        sold[delisted] = rows[delisted, exit_day[delisted] - 1] / (1.0 - cost)
    ended = np.flatnonzero(exits.kind)
    if len(ended):
        _end(growth, block, row, rows, ended, exits, exit_day, sold, cost)
    last = rows[:, -1].copy()
    aside_daily = rows[holdings.aside]
    rows[holdings.aside] = 0.0
    sums = holdings.by_segment.sum(rows)
    return Units(sums, last, exit_day, sold, aside_daily), sums


def _end(
    growth: Growth,
    block: int,
    row: IntArray,
    rows: FloatArray,
    ended: IntArray,
    exits: Exits,
    exit_day: NDArray[np.int32],
    sold: FloatArray,
    cost: float,
) -> None:
    """Carry out the exits of holdings `ended`, in `rows`, `exit_day` and `sold`."""
    kind = exits.kind[ended]
    exit_day[ended] = 0
    sold[ended] = kind == AT_ONCE
    rows[ended[kind == AT_ONCE]] = 1.0 - cost
    rows[ended[kind == GONE]] = 0.0
    stopped = ended[kind == WITHIN]
    mine = rows[stopped]
    trigger = mine
    if len(growth.trigger):
        trigger = np.take(growth.rows(growth.trigger, block), row[stopped], axis=0)
    hit = trigger <= exits.threshold[stopped, None]
    day = hit.argmax(axis=1)
    price = mine[np.arange(len(stopped)), day]
    after = np.arange(rows.shape[1]) >= day[:, None]
    np.copyto(mine, (price * (1.0 - cost))[:, None], where=after)
    rows[stopped] = mine
    exit_day[stopped] = day + 1
    sold[stopped] = price


def dead(exits: Exits, units: Units) -> IntArray:
    """Holdings that do not last to the end of their segment."""
    return np.flatnonzero((exits.kind != HELD) | (units.exit_day > 0))
