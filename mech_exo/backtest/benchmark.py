"""The benchmark: the equal-weighted tradable universe, held without skill."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.exits import no_stops
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.holdings import Carry, list_holdings
from mech_exo.backtest.schedule import Schedule
from mech_exo.backtest.scratch import Scratch
from mech_exo.backtest.settlement import SegmentBook, daily_growth, settle
from mech_exo.backtest.units import follow
from mech_exo.data.panel import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Universe:
    """All that the benchmark needs except the invested share and the cost.

    "Kept" names are held in segment g − 1, alive at its end and bought again at execution g.

    Attributes
    ----------
    tradable, bought
        [G] number of names tradable at the decision, and bought at the execution.
    daily
        [days] Σ of the growth of the names bought, at each close after the first execution.
    last, alive
        [G] Σ of the growth at the segment's end: of all bought, and of those not delisted.
    key
        [R] growth of the kept names over the segment before, ascending within the execution,
        mapped into [g, g + 1).
    key_scale
        [G] what maps it.
    key_start
        [G + 1] where each execution's keys begin.
    kept, key_sum
        [R] growth of the kept names, in the order of their keys; [R + 1] its running sum.
    aside_segment, aside_before, aside_previous, aside_last, aside_alive
        [S] names set aside: segment; growth over the segment before, if bought there, else 0;
        which of the S it continues, else −1; growth in the segment; the same, 0 if delisted.
    aside_daily
        [S, W] growth at each close of the segment.
    freed, freed_segment
        [F] those of S that are bought again at the next execution, and that execution.
    """

    tradable: IntArray
    bought: IntArray
    daily: FloatArray
    last: FloatArray
    alive: FloatArray
    key: FloatArray
    key_scale: FloatArray
    key_start: IntArray
    kept: FloatArray
    key_sum: FloatArray
    aside_segment: IntArray
    aside_before: FloatArray
    aside_previous: IntArray
    aside_last: FloatArray
    aside_alive: FloatArray
    aside_daily: FloatArray
    freed: IntArray
    freed_segment: IntArray


def gather_universe(
    growth: Growth, schedule: Schedule, tradable: BoolArray, cost: float
) -> Universe:
    """Follow the whole universe once."""
    segments, names = tradable.shape
    stint, scratch = schedule.stint(0, segments), Scratch()
    holdings = list_holdings(growth, tradable.copy(), stint, Carry.nothing(names), scratch)
    units = follow(growth, holdings, no_stops(holdings, names), cost, scratch)
    of, aside = holdings.segment, holdings.aside
    bought = np.ones(len(of), dtype=bool)
    bought[aside] = False
    alive = units.exit_day == 0
    number_aside = np.full(len(of), -1)
    number_aside[aside] = np.arange(len(aside))

    previous = holdings.previous
    from_bought = (previous >= 0) & bought[previous]
    kept = np.flatnonzero(bought & from_bought)
    before = units.last[previous[kept]]
    kept = kept[np.lexsort((before, of[kept]))]
    before = units.last[previous[kept]]
    start = np.searchsorted(of[kept], np.arange(segments + 1))
    top = np.zeros(segments)
    np.maximum.at(top, of[kept], before)
    scale = 1.0 / (2.0 * np.maximum(top, 1.0))
    freed = np.flatnonzero(bought & (previous >= 0) & ~bought[previous])
    return Universe(
        tradable=np.count_nonzero(tradable, axis=1).astype(np.int64),
        bought=np.bincount(of[bought], minlength=segments),
        daily=units.daily,
        last=holdings.by_segment.sum(np.where(bought, units.last, 0.0)),
        alive=holdings.by_segment.sum(np.where(bought & alive, units.last, 0.0)),
        key=of[kept] + before * scale[of[kept]],
        key_scale=scale,
        key_start=start,
        kept=before,
        key_sum=np.append(0.0, np.cumsum(before)),
        aside_segment=of[aside],
        aside_before=np.where(from_bought[aside], units.last[previous[aside]], 0.0),
        aside_previous=np.where(previous[aside] >= 0, number_aside[previous[aside]], -1),
        aside_last=units.last[aside],
        aside_alive=np.where(alive[aside], units.last[aside], 0.0),
        aside_daily=units.aside_daily,
        freed=number_aside[previous[freed]],
        freed_segment=of[freed],
    )


class UniverseBook(SegmentBook):
    """The universe's holdings, of which only sums are needed."""

    def __init__(self, universe: Universe) -> None:
        u = self._universe = universe
        self.names, self.last = u.bought, u.last
        self.aside_segment, self.aside_last = u.aside_segment, u.aside_last
        self._segment = np.arange(len(u.bought))
        self._low, self._high = u.key_start[:-1], u.key_start[1:]
        self._base = u.key_sum[self._low]
        self._kept_sum = u.key_sum[self._high] - self._base
        self._fresh = u.bought - (self._high - self._low)
        self._fresh = self._fresh - np.bincount(u.freed_segment, minlength=len(u.bought))

    def bring_forward(
        self, target: FloatArray, aside_share: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        u = self._universe
        self._before = _shift(target)
        worth = aside_share * u.aside_alive
        held = self._before[u.aside_segment] * u.aside_before
        held += np.where(u.aside_previous >= 0, worth[u.aside_previous], 0.0)
        self._worth = worth
        total = target * u.alive + np.bincount(u.aside_segment, worth, len(target))
        return held, _shift(total)

    def match(self, scale: FloatArray) -> FloatArray:
        u = self._universe
        self._factor = self._before * scale
        self._freed = self._worth[u.freed] * scale[u.freed_segment]
        freed = np.bincount(u.freed_segment, self._freed, len(scale))
        matched: FloatArray = self._kept_sum * self._factor + freed
        return matched

    def below(self, target: FloatArray) -> tuple[FloatArray, FloatArray]:
        u = self._universe
        # after an execution that had nothing to buy with, all that is kept is worth 0: below any
        # target, as if it were fresh
        key = np.full_like(target, np.inf)
        np.divide(target, self._factor, out=key, where=self._factor > 0.0)
        key *= u.key_scale
        np.minimum(key, 0.999, out=key)
        key += self._segment
        at = np.searchsorted(u.key, key)
        np.maximum(at, self._low, out=at)
        np.minimum(at, self._high, out=at)
        number = (self._fresh + at - self._low).astype(np.float64)
        worth = (u.key_sum.take(at) - self._base) * self._factor
        if len(u.freed):
            more = self._freed < target.take(u.freed_segment)
            number += np.bincount(u.freed_segment, more, len(target))
            worth += np.bincount(u.freed_segment, self._freed * more, len(target))
        return number, worth


def _shift(values: FloatArray) -> FloatArray:
    """The values of the segment before; 0 before the first."""
    shifted = np.zeros_like(values)
    shifted[1:] = values[:-1]
    return shifted


def benchmark_growth(
    universe: Universe, schedule: Schedule, invested: float, cost: float
) -> FloatArray:
    """Gross daily returns [T − first] of the universe at an invested share."""
    book = UniverseBook(universe)
    settled = settle(book, invested / np.maximum(universe.tradable, 1), cost, 1.0)
    segments = len(universe.tradable)
    return daily_growth(
        settled,
        schedule.day_segment(0, segments),
        universe.daily,
        (universe.aside_segment, universe.aside_daily),
        np.ones(segments),
    )
