"""What a unit bought at an execution is worth until the next: all that prices alone decide."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.schedule import Schedule, sessions_without_price
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import BoolArray, FloatArray, IntArray
from mech_exo.system.memory import release
from mech_exo.system.running import running

TOTAL_LOSS = 2.0**-50  # stands for a growth of 0 in the price index, which is divided by
PADDING = 0.25  # share of all sessions that padding may add


@dataclass(frozen=True, eq=False)
class Growth:
    """Growth of a unit from the close of execution g, for every name.

    Attributes
    ----------
    path
        Flat. Segments are laid out in blocks of one width W each, as [segments, N, W]: the value of
        a unit at each close of the segment; constant after a delisting (sold, less the costs)
        and in the padding.
    trigger
        Like `path`: the growth that a stop executed at that close looks at; inf where it cannot be
        executed. Empty if `stop_lag` is 0: a stop then looks at `path`.
    row
        [G] row (of width W) in the block at which segment g's names begin.
    block, block_start, block_width
        [G] block of segment g; [B] where each block begins in `path`, and its width W.
    index
        [G, N] price index at execution g (arbitrary base, > 0).
    low
        [G, N] lowest trigger at the closes before the next execution; inf if there are none.
    boundary
        [G, N] trigger at the next execution's close; inf if there is none.
    end
        [G, N] growth at the next execution's close; inf without a price there.
    sold
        [G, N] int32: session of the segment, from 1, at which a delisting sells a holding; 0: none.
    priced
        [G, N] whether the name has a price at execution g.
    aside_segment, aside_name, aside_root
        [S] executions at which a held name could only be set aside, ordered by segment: no price,
        yet not delisted; and the last execution before at which it had one.
    """

    path: FloatArray
    trigger: FloatArray
    row: IntArray
    block: IntArray
    block_start: IntArray
    block_width: IntArray
    index: FloatArray
    low: FloatArray
    boundary: FloatArray
    end: FloatArray
    sold: NDArray[np.int32]
    priced: BoolArray
    aside_segment: IntArray
    aside_name: IntArray
    aside_root: IntArray

    def rows(self, array: FloatArray, block: int) -> FloatArray:
        """The rows [segments·N, W] of one block of `path` or `trigger`."""
        width = int(self.block_width[block])
        stop = self.block_start[block + 1] if block + 1 < len(self.block_start) else len(array)
        flat: FloatArray = array[self.block_start[block] : stop]
        return flat.reshape(-1, width)


def grow(returns: FloatArray, schedule: Schedule, rules: BacktestSettings) -> Growth:
    """Precompute the growth of every name in every segment.

    The returns are gone through once, from one execution to the next: beside the result there is
    never more than an interval of them in memory.

    Parameters
    ----------
    returns
        [T, N] simple, NaN without a price.
    rules
        With `delist_after` in sessions (`Frequency.rules`).
    """
    segments, names = len(schedule.executed), returns.shape[1]
    growth = _blank(schedule.length, names, bool(rules.stop_lag))
    absent = np.empty((segments, names), dtype=np.int64)
    for g, interval in enumerate(_intervals(returns, schedule.executed)):
        if g and len(interval.factor):
            _fill(growth, g - 1, interval, rules)
        if g < segments:
            growth.index[g], absent[g] = interval.level, interval.absent[-1]
            growth.priced[g] = interval.priced[-1]
    aside = _set_aside(growth.priced, absent, growth.sold, rules.delist_after)
    return replace(growth, aside_segment=aside[0], aside_name=aside[1], aside_root=aside[2])


def _blank(length: IntArray, names: int, triggers: bool) -> Growth:
    """What is to be filled, for segments of these lengths [G]."""
    block, row, starts, widths = layout(length, names)
    cells = (len(length), names)
    nobody = np.zeros(0, dtype=np.int64)
    return Growth(
        path=np.ones(int(starts[-1])),
        trigger=np.full(int(starts[-1]) if triggers else 0, np.inf),
        row=row,
        block=block,
        block_start=starts[:-1],
        block_width=widths,
        index=np.empty(cells),
        low=np.full(cells, np.inf),
        boundary=np.full(cells, np.inf),
        end=np.full(cells, np.inf),
        sold=np.zeros(cells, dtype=np.int32),
        priced=np.empty(cells, dtype=np.bool_),
        aside_segment=nobody,
        aside_name=nobody,
        aside_root=nobody,
    )


@dataclass(frozen=True, eq=False)
class _Interval:
    """The sessions after one execution, up to and including the next.

    Attributes
    ----------
    factor, priced, absent
        [L, N] gross returns, whether there is a price, and sessions in a row without one.
    level
        [N] price index at the last of them, or before if there are none.
    """

    factor: FloatArray
    priced: BoolArray
    absent: IntArray
    level: FloatArray


def _intervals(returns: FloatArray, executed: IntArray) -> Iterator[_Interval]:
    """The sessions up to each execution, and those after the last: [G + 1] intervals."""
    level = np.ones(returns.shape[1])
    absent = np.full(returns.shape[1], -1)
    start = 0
    for stop in [*(executed + 1).tolist(), len(returns)]:
        part = returns[start:stop]
        factor = gross_returns(part)
        level = np.multiply.reduce(np.vstack([level, never_zero(factor)]))
        without = sessions_without_price(part, absent)
        yield _Interval(factor, np.isfinite(part), without, level)
        absent = without[-1] if stop > start else absent
        start = stop
        release(returns)


def _fill(growth: Growth, g: int, interval: _Interval, rules: BacktestSettings) -> None:
    """Enter segment `g`, whose sessions are the interval."""
    gone = interval.absent == rules.delist_after
    unit, able = _segment(interval.factor, interval.priced, gone, rules)
    sold = growth.sold[g] = np.where(gone.any(axis=0), np.argmax(gone, axis=0) + 1, 0)
    final = g == len(growth.index) - 1  # no execution ends it: its last close is like any other
    growth.low[g] = able[: None if final else -1].min(axis=0, initial=np.inf)
    if not final:
        growth.boundary[g] = able[-1]
        growth.end[g] = np.where(interval.priced[-1] & (sold == 0), unit[-1], np.inf)
    block = int(growth.block[g])
    rows = slice(int(growth.row[g]), int(growth.row[g]) + unit.shape[1])
    width = int(growth.block_width[block])
    growth.rows(growth.path, block)[rows] = _padded(unit, width).T
    if rules.stop_lag:
        growth.rows(growth.trigger, block)[rows] = _padded(able, width, np.inf).T


def gross_returns(returns: FloatArray) -> FloatArray:
    """1 + r of returns [T, N]; 1 without a price."""
    return np.where(np.isfinite(returns), 1.0 + returns, 1.0)


def never_zero(gross: FloatArray) -> FloatArray:
    """Gross returns [T, N] of which a price index can be made."""
    return np.maximum(gross, TOTAL_LOSS)


def _segment(
    factor: FloatArray, priced: BoolArray, gone: BoolArray, rules: BacktestSettings
) -> tuple[FloatArray, FloatArray]:
    """Growth [L, N] of a unit at each close of a segment, and the trigger of a stop there."""
    unit: FloatArray = running(np.multiply, factor)
    before = np.vstack([np.ones((1, unit.shape[1])), unit[:-1]])
    for n in np.flatnonzero(gone.any(axis=0)):
        day = int(np.argmax(gone[:, n]))
        unit[day:, n] = before[day, n] * (1.0 - rules.delisting_return) * (1.0 - rules.cost)
    held = priced & ~running(np.logical_or, gone)
    return unit, np.where(held, before if rules.stop_lag else unit, np.inf)


def layout(length: IntArray, names: int) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Blocks of segments of similar length, so that padding stays small.

    Segments go, longest first, into the open block until it would pad more than `PADDING` of all
    sessions. Returns block [G], first row [G], starts [B + 1] and widths [B].
    """
    block, row = np.zeros(len(length), dtype=np.int64), np.zeros(len(length), dtype=np.int64)
    allowed = PADDING * float(length.sum())
    starts, widths, members = [0], list[int](), list[list[int]]()
    padded = 0.0
    for g in np.argsort(-length, kind="stable"):
        if widths and padded + widths[-1] - length[g] <= allowed:
            padded += widths[-1] - length[g]
        else:
            widths.append(max(1, int(length[g])))
            members.append([])
        members[-1].append(int(g))
        block[g] = len(widths) - 1
    for width, inside in zip(widths, members, strict=True):
        row[np.sort(inside)] = np.arange(len(inside)) * names
        starts.append(starts[-1] + len(inside) * names * width)
    return block, row, np.array(starts), np.array(widths)


def _padded(days: FloatArray, width: int, filler: float | None = None) -> FloatArray:
    """[width, N]: the days, and for the rest their last one or the filler."""
    padded = np.empty((width, days.shape[1]))
    padded[: len(days)] = days
    padded[len(days) :] = days[-1] if filler is None else filler
    return padded


def _set_aside(
    priced: BoolArray, absent: IntArray, sold: NDArray[np.int32], delist_after: int
) -> tuple[IntArray, IntArray, IntArray]:
    segments = np.arange(len(priced))[:, None]
    last = np.where(priced, segments, -1)
    np.maximum.accumulate(last, axis=0, out=last)
    waiting = ~priced & (absent >= 0) & (absent < delist_after) & (last >= 0)
    segment, name = np.nonzero(waiting)
    root = last[segment, name]
    kept = [not sold[r:g, n].any() for g, n, r in zip(segment, name, root, strict=True)]
    segment, name, root = segment[kept], name[kept], root[kept]
    return segment.astype(np.int64), name.astype(np.int64), root.astype(np.int64)
