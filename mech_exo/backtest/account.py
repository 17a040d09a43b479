"""The portfolio's account: values day by day, from holdings and exits."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.costs import self_financing
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.holdings import Carry, Holdings
from mech_exo.backtest.schedule import Schedule
from mech_exo.backtest.stops import AT_ONCE, GONE, HELD, WITHIN, Exits
from mech_exo.data.panel import FloatArray, IntArray

RUIN = 1e-15  # a portfolio worth less than this of its value at the last rebalance is lost


@dataclass(eq=False)
class Units:
    """What a unit of each holding becomes within its segment, exits included.

    Attributes
    ----------
    daily
        [days] sum over the holdings bought, at each close of the segments in turn.
    last
        [H] value at the end of the segment, in cash or not.
    exit_day
        [H] session of the segment, from 1, of a stop within it or a delisting; 0: none.
    exit_value
        [H] value sold there, before costs.
    aside_daily
        [S, W] the rows of the holdings set aside, constant after the segment's end.
    """

    daily: FloatArray
    last: FloatArray
    exit_day: IntArray
    exit_value: FloatArray
    aside_daily: FloatArray


@dataclass(eq=False)
class Account:
    """The account of segments `start` to `stop`.

    Attributes
    ----------
    growth
        [days] gross return of each close after the first execution's, without the costs of an
        execution at the end of the last segment.
    opening
        Gross return that the first execution's costs are, to be multiplied onto its day.
    traded
        [segments] value traded, over the portfolio's value before.
    share
        [H] of each holding in the portfolio, after trading.
    carry
        What is handed to the next segments.
    """

    growth: FloatArray
    opening: float
    traded: FloatArray
    share: FloatArray
    carry: Carry


def unit_rows(
    growth: Growth, schedule: Schedule, holdings: Holdings, exits: Exits, cost: float
) -> Units:
    """Follow one unit of every holding through its segment."""
    start, stop, count = holdings.start, holdings.stop, len(holdings.cell)
    length = schedule.length[start:stop]
    offset = np.cumsum(length) - length
    daily = np.zeros(int(length.sum()))
    last, value = np.ones(count), np.zeros(count)
    exit_day = np.where(exits.kind == HELD, growth.sold.ravel()[holdings.cell], 0)
    aside = holdings.aside
    blocks = np.unique(growth.block[start:stop])
    aside_daily = np.zeros((len(aside), int(growth.block_width.max())))
    for block in blocks.tolist():
        segments = np.flatnonzero(growth.block[start:stop] == block)
        width = int(growth.block_width[block])
        mine = (
            np.arange(count)
            if len(blocks) == 1
            else np.flatnonzero(growth.block[start:stop][holdings.segment] == block)
        )
        row = growth.row[start:stop][holdings.segment[mine]] + holdings.name[mine]
        rows = np.take(growth.rows(growth.path, block), row, axis=0)
        kind = exits.kind[mine]
        stopped = np.flatnonzero(kind == WITHIN)
        if len(stopped):
            trigger = np.take(growth.rows(growth.trigger, block), row[stopped], axis=0)
            day = np.argmax(trigger <= exits.threshold[mine[stopped], None], axis=1)
            price = rows[stopped, day]
            after = np.arange(width) >= day[:, None]
            rows[stopped] = np.where(after, (price * (1.0 - cost))[:, None], rows[stopped])
            exit_day[mine[stopped]] = day + 1
            value[mine[stopped]] = price
        sold = np.flatnonzero((kind == HELD) & (exit_day[mine] > 0))
        if len(sold):
            value[mine[sold]] = rows[sold, exit_day[mine[sold]] - 1] / (1.0 - cost)
        rows[kind == AT_ONCE] = 1.0 - cost
        rows[kind == GONE] = 0.0
        last[mine] = rows[:, -1]
        here = np.flatnonzero(np.isin(aside, mine)) if len(aside) else aside
        if len(here):
            at = np.searchsorted(mine, aside[here])
            aside_daily[here, :width] = rows[at]
            aside_daily[here, width:] = rows[at, -1][:, None]
            rows[at] = 0.0
        sums = np.zeros((len(segments), width))
        if len(mine):
            local = np.searchsorted(segments, holdings.segment[mine])
            begins = np.flatnonzero(np.diff(local, prepend=-1))
            sums[local[begins]] = np.add.reduceat(rows, begins, axis=0)
        days = np.arange(width) < length[segments][:, None]
        daily[(offset[segments][:, None] + np.arange(width))[days]] = sums[days]
    return Units(daily, last, exit_day, value, aside_daily)


def keep_account(
    schedule: Schedule,
    holdings: Holdings,
    exits: Exits,
    units: Units,
    weight: FloatArray,
    cost: float,
    carry: Carry,
) -> Account:
    """Trade at every execution and add up.

    Parameters
    ----------
    weight
        [segments] target share of every name bought.
    carry
        From the segments before.
    """
    start, segments = holdings.start, holdings.stop - holdings.start
    length = schedule.length[start : holdings.stop]
    end = np.cumsum(length)
    begin = end - length
    aside = holdings.aside
    bought = np.ones(len(holdings.cell), dtype=bool)
    bought[aside] = False
    of = holdings.segment
    at = of[bought]
    names_bought = np.bincount(at, minlength=segments)
    at_once = np.bincount(of[exits.kind == AT_ONCE], minlength=segments)
    alive = (exits.kind == HELD) & (units.exit_day == 0)
    last_sum = np.zeros(segments)
    last_sum[length > 0] = units.daily[end[length > 0] - 1]

    part = np.ones(segments)  # of the portfolio that is traded
    aside_share = np.zeros(len(aside))
    while True:
        target = weight * part
        amount = np.where(alive & bought, target[of] * units.last, 0.0)
        amount[aside] = aside_share * units.last[aside] * alive[aside]
        cash = 1.0 - target * names_bought - np.bincount(of[aside], aside_share, segments)
        closing = cash + target * last_sum
        closing += np.bincount(of[aside], aside_share * units.last[aside], segments)
        before = np.append(carry.value, closing[:-1])
        held = np.where(holdings.previous >= 0, amount[holdings.previous], 0.0)
        held[holdings.opening] = carry.amount[holdings.name[holdings.opening]]
        kept = np.bincount(of[aside], held[aside], segments)
        ruined = before <= RUIN
        liquid = np.where(ruined, 0.0, np.maximum(before - kept, 0.0))
        whole = np.where(liquid > 0.0, liquid, 1.0)
        total = np.append(np.cumsum(carry.amount)[-1], np.bincount(of, amount, segments)[:-1])
        share = np.where(liquid[at] > 0.0, held[bought] / whole[at], 0.0)
        matched = np.bincount(at, share, segments)
        out = np.where(liquid > 0.0, (total - kept) / whole - matched, 0.0)

        def split(x: FloatArray) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
            more = (weight * x)[at] > share
            number = np.bincount(at[more], minlength=segments)
            worth = np.bincount(at[more], share[more], segments)
            return number, names_bought - number, worth, matched - worth

        x, trades = self_financing(cost, weight, out, split)
        after = np.where(ruined, 1.0, liquid * x + kept)
        new_part, new_share = liquid * x / after, held[aside] / after[of[aside]]
        new_share[exits.kind[aside] == GONE] = 0.0
        if np.array_equal(new_part, part) and np.array_equal(new_share, aside_share):
            break
        part, aside_share = new_part, new_share

    value = np.repeat(cash, length) + np.repeat(target, length) * units.daily
    for s, h in enumerate(aside.tolist()):
        days = slice(int(begin[of[h]]), int(end[of[h]]))
        value[days] += aside_share[s] * units.aside_daily[s, : int(length[of[h]])]
    stopped = 1.0 - cost * target * at_once
    base = np.where(ruined, 1.0, before)
    ratio = np.where(ruined, 0.0, after * stopped / base)
    previous = np.empty_like(value)
    previous[1:] = value[:-1]
    previous[begin[length > 0]] = stopped[length > 0]
    with np.errstate(divide="ignore", invalid="ignore"):  # after a bankruptcy
        gross = value / previous
    gross[end[:-1] - 1] *= ratio[1:]
    portion = np.where(bought, target[of], 0.0)
    portion[aside] = aside_share
    sold = np.bincount(of, portion * units.exit_value, segments) + target * at_once
    return Account(
        growth=gross,
        opening=float(ratio[0]),
        traded=(liquid * trades + after * sold) / base,
        share=portion,
        carry=_hand_over(holdings, exits, amount, alive, float(closing[-1]), len(carry.amount)),
    )


def _hand_over(
    holdings: Holdings,
    exits: Exits,
    amount: FloatArray,
    alive: FloatArray,
    value: float,
    names: int,
) -> Carry:
    carry = Carry.nothing(names)
    final = alive & (holdings.segment == holdings.stop - holdings.start - 1)
    name = holdings.name[final]
    carry.amount[name] = amount[final]
    carry.reference[name] = exits.reference[final]
    carry.forced = exits.forced
    carry.value = value
    return carry
