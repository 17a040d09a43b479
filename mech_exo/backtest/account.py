"""The account of a candidate: its holdings, settled."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.exits import AT_ONCE, GONE, Exits
from mech_exo.backtest.holdings import Carry, Holdings
from mech_exo.backtest.settlement import SegmentBook, daily_growth, settle
from mech_exo.backtest.units import Units, dead
from mech_exo.data.panel import FloatArray, IntArray

NEVER = 1e300  # a name set aside is never bought


@dataclass(eq=False)
class Account:
    """The account of some segments.

    Attributes
    ----------
    gross
        [1 + days] gross return of each close from the first execution's on. The first one is that
        of trading alone; the last one lacks the trading of an execution after these segments.
    traded
        [segments] value traded by the execution and until the next one, over the value before.
    share
        [H] of each holding in the portfolio, after trading.
    carry
        What is handed to the next segments; None if there are none.
    idle
        [I] executions, from the first of these segments, that had nothing to buy names with.
    """

    gross: FloatArray
    traded: FloatArray
    share: FloatArray
    carry: Carry | None
    idle: IntArray


class HoldingsBook(SegmentBook):
    """A candidate's holdings, listed one by one."""

    def __init__(self, holdings: Holdings, exits: Exits, units: Units, carry: Carry) -> None:
        self._holdings = holdings
        self._carry = carry
        self._alive = units.last.copy()  # what lasts to the next execution
        self._alive[dead(exits, units)] = 0.0
        self._amount = np.zeros(len(holdings.cell) + 1)  # the last one is no holding's: −1
        aside = holdings.aside
        self.aside_segment = holdings.segment[aside]
        self.aside_last = units.last[aside]
        self._gone = exits.kind[aside] == GONE
        self.names = holdings.by_segment.size
        last = units.last
        if len(aside):
            self.names = self.names - np.bincount(self.aside_segment, minlength=len(self.names))
            last = last.copy()
            last[aside] = 0.0
        self.last = holdings.by_segment.sum(last)

    def bring_forward(
        self, target: FloatArray, aside_share: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        holdings = self._holdings
        amount = self._amount[:-1]
        np.multiply(target.take(holdings.segment), self._alive, out=amount)
        amount[holdings.aside] = aside_share * self._alive[holdings.aside]
        self._held = self._amount[holdings.previous]
        self._held[: holdings.opening] = self._carry.amount[holdings.name[: holdings.opening]]
        total = np.empty(len(target))
        total[0] = self._carry.total
        sums = holdings.by_segment.sum(amount)
        total[1:] = sums[:-1]
        self._total = float(sums[-1])
        held_aside = self._held[holdings.aside]
        held_aside[self._gone] = 0.0
        return held_aside, total

    def match(self, scale: FloatArray) -> FloatArray:
        held = self._held
        held *= scale.take(self._holdings.segment)
        held[self._holdings.aside] = 0.0
        matched = self._holdings.by_segment.sum(held)
        held[self._holdings.aside] = NEVER
        return matched

    def below(self, target: FloatArray) -> tuple[FloatArray, FloatArray]:
        by_segment = self._holdings.by_segment
        more = (self._held < target.take(self._holdings.segment)).astype(np.float64)
        return by_segment.sum(more), by_segment.sum(self._held * more)

    def hand_over(self, exits: Exits, units: Units, closing: float) -> Carry:
        """What the next segments need to know, after the last `bring_forward`."""
        holdings, first = self._holdings, self._holdings.closing
        carry = Carry.nothing(len(self._carry.amount))
        lasting = first + np.flatnonzero((exits.kind[first:] == 0) & (units.exit_day[first:] == 0))
        name = holdings.name[lasting]
        carry.amount[name] = self._amount[lasting]
        carry.reference[name] = exits.reference[lasting]
        carry.forced = exits.forced
        carry.total = self._total
        carry.value = closing
        return carry


def keep_account(
    holdings: Holdings,
    exits: Exits,
    units: Units,
    weight: FloatArray,
    cost: float,
    carry: Carry,
) -> Account:
    """Settle a candidate's holdings.

    Parameters
    ----------
    weight
        [segments] target weight of every name bought.
    carry
        From the segments before.
    """
    book, stint = HoldingsBook(holdings, exits, units, carry), holdings.stint
    settled = settle(book, weight, cost, carry.value)
    settled.ratio[stint.pause] = 1.0  # the end of a candidate's dates: nothing is sold
    share = settled.target[holdings.segment]
    share[holdings.aside] = settled.aside_share
    opened = np.ones(len(weight))
    at_once = np.flatnonzero(exits.kind == AT_ONCE)
    if len(at_once):
        number = np.bincount(holdings.segment[at_once], minlength=len(weight))
        opened -= cost * settled.target * number
    gross = daily_growth(
        settled,
        stint.day_segment,
        units.daily,
        (book.aside_segment, units.aside_daily),
        opened,
    )
    sold = holdings.by_segment.sum(share * units.sold)
    next_carry = None
    if stint.goes_on:
        next_carry = book.hand_over(exits, units, float(settled.closing[-1]))
    return Account(
        gross=gross,
        traded=settled.traded + settled.ratio * sold,
        share=share,
        carry=next_carry,
        idle=settled.idle,
    )
