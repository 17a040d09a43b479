"""The benchmark: the equal-weighted tradable universe, held without skill."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.account import RUIN, unit_rows
from mech_exo.backtest.costs import self_financing
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.holdings import Carry, list_holdings
from mech_exo.backtest.schedule import Schedule
from mech_exo.backtest.stops import no_stops
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
    kept
        [G] number of kept names.
    key
        [R] growth of the kept names over the segment before, ascending within the execution,
        mapped into [g, g + 1).
    key_scale
        [G] what maps it.
    key_start
        [G + 1] where each execution's keys begin.
    key_sum
        [R + 1] running sum of the growth of the kept names.
    aside_segment, aside_before, aside_previous, aside_last, aside_alive
        [S] names set aside: segment; growth over the segment before, if bought there, else 0;
        which of the S it continues, else −1; growth in the segment; 1.0 if not delisted in it.
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
    kept: IntArray
    key: FloatArray
    key_scale: FloatArray
    key_start: IntArray
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
    holdings = list_holdings(growth, tradable.copy(), 0, Carry.nothing(names))
    units = unit_rows(growth, schedule, holdings, no_stops(holdings, names), cost)
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
        last=np.bincount(of[bought], weights=units.last[bought], minlength=segments),
        alive=np.bincount(
            of[bought & alive], weights=units.last[bought & alive], minlength=segments
        ),
        kept=np.diff(start),
        key=of[kept] + before * scale[of[kept]],
        key_scale=scale,
        key_start=start,
        key_sum=np.append(0.0, np.cumsum(before)),
        aside_segment=of[aside],
        aside_before=np.where(from_bought[aside], units.last[previous[aside]], 0.0),
        aside_previous=np.where(previous[aside] >= 0, number_aside[previous[aside]], -1),
        aside_last=units.last[aside],
        aside_alive=alive[aside].astype(np.float64),
        aside_daily=units.aside_daily,
        freed=number_aside[previous[freed]],
        freed_segment=of[freed],
    )


def benchmark_growth(
    universe: Universe, schedule: Schedule, invested: float, cost: float
) -> FloatArray:
    """Gross daily returns [T − first] of the universe at an invested share.

    The same account as a candidate's, in which only sums over the universe are left to do.
    """
    u = universe
    segments = len(u.tradable)
    kept_sum = u.key_sum[u.key_start[1:]] - u.key_sum[u.key_start[:-1]]
    weight = invested / np.maximum(u.tradable, 1)
    gross = np.ones(int(schedule.length.sum()) + 1)
    if invested <= 0.0:
        return gross
    of = u.aside_segment
    part = np.ones(segments)
    share = np.zeros(len(of))
    while True:
        held_weight = weight * part
        worth = share * u.aside_last
        cash = 1.0 - held_weight * u.bought - np.bincount(of, share, segments)
        closing = cash + held_weight * u.last + np.bincount(of, worth, segments)
        before = np.append(1.0, closing[:-1])
        weight_before = np.append(0.0, held_weight[:-1])
        still = worth * u.aside_alive
        held = weight_before[of] * u.aside_before
        held += np.where(u.aside_previous >= 0, still[u.aside_previous], 0.0)
        kept = np.bincount(of, held, segments)
        ruined = before <= RUIN
        liquid = np.where(ruined, 0.0, np.maximum(before - kept, 0.0))
        whole = np.where(liquid > 0.0, liquid, 1.0)
        factor = np.where(liquid > 0.0, weight_before / whole, 0.0)
        freed = np.where(liquid > 0.0, 1.0 / whole, 0.0)[u.freed_segment] * still[u.freed]
        total = np.append(0.0, (held_weight * u.alive + np.bincount(of, still, segments))[:-1])
        matched = kept_sum * factor + np.bincount(u.freed_segment, freed, segments)
        out = np.where(liquid > 0.0, (total - kept) / whole - matched, 0.0)

        def split(x: FloatArray) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
            target = weight * x
            limit = np.where(factor > 0.0, target / np.where(factor > 0.0, factor, 1.0), 0.0)
            key = np.arange(segments) + np.minimum(limit * u.key_scale, 0.999)
            below = np.clip(np.searchsorted(u.key, key), u.key_start[:-1], u.key_start[1:])
            worth = (u.key_sum[below] - u.key_sum[u.key_start[:-1]]) * factor
            more = target[u.freed_segment] > freed
            worth += np.bincount(u.freed_segment[more], freed[more], segments)
            fresh = u.bought - u.kept - np.bincount(u.freed_segment, minlength=segments)
            number = fresh + below - u.key_start[:-1]
            number += np.bincount(u.freed_segment[more], minlength=segments)
            return number, u.bought - number, worth, matched - worth

        x, _ = self_financing(cost, weight, out, split)
        after = np.where(ruined, 1.0, liquid * x + kept)
        new_part, new_share = liquid * x / after, held / after[of]
        if np.array_equal(new_part, part) and np.array_equal(new_share, share):
            break
        part, share = new_part, new_share

    length = schedule.length
    end = np.cumsum(length)
    value = np.repeat(cash, length) + np.repeat(held_weight, length) * u.daily
    for s, g in enumerate(of.tolist()):
        value[end[g] - length[g] : end[g]] += share[s] * u.aside_daily[s, : length[g]]
    previous = np.append(1.0, value[:-1])
    previous[(end - length)[length > 0]] = 1.0
    with np.errstate(divide="ignore", invalid="ignore"):  # after a bankruptcy
        gross[1:] = value / previous
    ratio = np.where(ruined, 0.0, after / np.where(ruined, 1.0, before))
    gross[schedule.executed - schedule.first] *= ratio
    return gross
