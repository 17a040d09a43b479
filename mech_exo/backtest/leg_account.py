"""The account of a portfolio of two legs: target weights, traded, stopped and paid for."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.depth import TradingTerms
from mech_exo.backtest.exits import AT_ONCE, HELD, Exits
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.leg_settlement import LegBook, LegSettlement
from mech_exo.backtest.leg_units import LegUnits, Rates
from mech_exo.backtest.legs import Legs, list_legs, stop_legs
from mech_exo.backtest.schedule import Schedule
from mech_exo.backtest.scratch import Scratch
from mech_exo.backtest.settlement import gross_returns_of
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Ends:
    """Holdings that end other than by a rebalance, in order of segments and names.

    Attributes
    ----------
    holding, segment
        [E] which of the H holdings, and its segment.
    day
        [E] close, counted from the first execution's.
    delisted
        [E] whether it was delisted rather than stopped.
    """

    holding: IntArray
    segment: IntArray
    day: IntArray
    delisted: IntArray

    def before(self, ruined: int) -> IntArray:
        """Those that come before a bankruptcy: on its own day, a delisting does."""
        return np.flatnonzero(self.day + (1 - self.delisted) <= ruined)


@dataclass(eq=False)
class LegAccount:
    """The account of target weights over all segments.

    Attributes
    ----------
    legs, exits, units, settled, ends
        The holdings, and what has become of them.
    opened
        [G] value after an execution and the stops at its close.
    value
        [days] value at each close after the first execution's.
    gross
        [1 + days] gross return of each close from the first execution's on.
    target
        [G, N] what each execution could buy.
    """

    legs: Legs
    exits: Exits
    units: LegUnits
    settled: LegSettlement
    ends: Ends
    opened: FloatArray
    value: FloatArray
    gross: FloatArray
    target: FloatArray

    @property
    def wanted(self) -> int:
        """Most names that an execution could buy."""
        return int(np.count_nonzero(self.target, axis=1).max(initial=0))

    def traded(self, ruined: int) -> FloatArray:
        """[G] value traded by each execution and until the next one, over the value before.

        Parameters
        ----------
        ruined
            Day of a bankruptcy, after which nothing is traded; the number of days: none.
        """
        ends, settled = self.ends, self.settled
        there = ends.before(ruined)
        of = ends.holding[there]
        sold = np.abs(settled.share[of]) * self.units.sold[of]
        further = np.bincount(ends.segment[there], sold, len(settled.ratio))
        return settled.traded + settled.ratio * further

    def exposures(self) -> tuple[FloatArray, FloatArray]:
        """[1 + days] net share invested and share sold short, at each close."""
        short = np.minimum(self.settled.share, 0.0)
        return self._invested(self.settled.share), -self._invested(short)

    def _invested(self, share: FloatArray) -> FloatArray:
        opening, daily = self.units.held(share)
        begin = self.units.begin[:-1]
        invested = np.zeros(len(self.gross))
        invested[1:] = _over(daily, self.value)
        invested[begin] = _over(opening, self.opened)
        return invested


def _over(values: FloatArray, whole: FloatArray) -> FloatArray:
    return np.divide(values, whole, out=np.zeros_like(values), where=whole > 0.0)


@dataclass(frozen=True, eq=False)
class LegRules:
    """By what rules the account of a candidate is kept."""

    rates: Rates
    terms: TradingTerms
    stop_loss: float
    stop_reference: str
    stop_lag: int

    @classmethod
    def of(
        cls, rules: BacktestSettings, terms: TradingTerms, stop_loss: float, periods_per_year: float
    ) -> "LegRules":
        """Of the settings and a candidate."""
        borrow = (rules.borrow_cost or 0.0) - (rules.short_rebate or 0.0)
        rates = Rates(rules.cost, borrow / periods_per_year)
        return cls(rates, terms, stop_loss, rules.stop_reference, rules.stop_lag)


def keep_legs(
    growth: Growth,
    mirror: Callable[[], Growth],
    schedule: Schedule,
    target: FloatArray,
    rules: LegRules,
    scratch: Scratch,
) -> LegAccount:
    """The account of target weights [G, N].

    What was bought for nothing was not bought: it is taken out, and the account kept again.

    Parameters
    ----------
    mirror
        Makes the growth that the stop of a short looks at.
    """
    target = wanted = rules.terms.can_trade(target)
    while True:
        legs = list_legs(growth, target, schedule.stint(0, len(target)), scratch)
        loss, reference, lag = rules.stop_loss, rules.stop_reference, rules.stop_lag
        exits = stop_legs(growth, mirror, legs, loss, reference, lag)
        units = LegUnits(growth, schedule.length, legs, exits, rules.rates)
        settled = LegBook(legs, units, rules.terms).settle()
        if not len(settled.idle):
            return _account(schedule, legs, exits, units, settled, wanted)
        target = target.copy()
        target[settled.idle[0]] = 0.0


def _account(
    schedule: Schedule,
    legs: Legs,
    exits: Exits,
    units: LegUnits,
    settled: LegSettlement,
    target: FloatArray,
) -> LegAccount:
    holdings, share = legs.holdings, settled.share
    kind = exits.kind
    ended = np.flatnonzero((units.sold > 0.0) | (units.exit_day > 0) | (kind == AT_ONCE))
    segment = holdings.segment[ended]
    ends = Ends(
        holding=ended,
        segment=segment,
        day=schedule.executed[segment] - schedule.first + units.exit_day[ended],
        delisted=(kind[ended] == HELD).astype(np.int64),
    )
    cash = 1.0 - holdings.by_segment.sum(share)
    at_once = np.where(kind == AT_ONCE, units.rates.cost * np.abs(share) + settled.exit_cost, 0.0)
    value = units.daily(share) + cash[schedule.day_segment(0, len(cash))]
    if settled.exit_cost.any():
        value -= _paid(ends, settled.exit_cost, units.begin)
    opened = 1.0 - holdings.by_segment.sum(at_once)
    gross = gross_returns_of(value, units.begin, opened, settled.ratio)
    return LegAccount(legs, exits, units, settled, ends, opened, value, gross, target)


def _paid(ends: Ends, exit_cost: FloatArray, begin: IntArray) -> FloatArray:
    """[days] what exits have cost by each close, since the execution before."""
    paid = np.zeros(int(begin[-1]))
    for h, g, day in zip(ends.holding, ends.segment, ends.day, strict=True):
        # day d of the path is close d − 1 after the first execution's; at its own close: from there
        paid[max(day - 1, begin[g]) : begin[g + 1]] += exit_cost[h]
    return paid
