"""Runs of target weights on a prepared market, and their results."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mech_exo.backtest.bankruptcy import returns_of
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.depth import Depth, TradingTerms
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.leg_account import LegAccount, LegRules, keep_legs
from mech_exo.backtest.mirror import mirrored
from mech_exo.backtest.result import BacktestResult, Positions
from mech_exo.backtest.schedule import Schedule
from mech_exo.backtest.scratch import Scratch
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import FloatArray

Observed = Callable[[int, BacktestResult], bool]
Finished = Callable[[FloatArray, FloatArray, int | None], BacktestResult]


@dataclass(eq=False)
class LegMarket:
    """All that a portfolio of two legs is run on.

    Attributes
    ----------
    depth
        Of the trading in the names; None: not known.
    """

    schedule: Schedule
    growth: Growth
    rules: BacktestSettings
    scratch: Scratch
    depth: Depth | None = None

    @cached_property
    def _mirror(self) -> Growth:
        return mirrored(self.growth, self.schedule.length)

    def run(self, target: FloatArray, candidate: Candidate, finished: Finished) -> "LegRun":
        """Run target weights [G, N] by a candidate's stop and mandate; see `LegRun`."""
        terms = TradingTerms.of(self.rules, candidate.mandate, self.depth)
        year = float(self.schedule.periods_per_year[0])
        rules = LegRules.of(self.rules, terms, candidate.stop_loss_pct, year)
        account = keep_legs(
            self.growth, lambda: self._mirror, self.schedule, target, rules, self.scratch
        )
        return LegRun(self.schedule, account, target.shape[1], candidate, finished)


class LegRun:
    """A whole run, which can be looked at from checkpoint to checkpoint.

    Parameters
    ----------
    schedule, account
        Of all segments.
    names
        Number N of names.
    candidate
        Whose account it is.
    finished
        Makes the result of gross returns [T'], of the value traded [M'] and of the checkpoint at
        which the run was given up.
    """

    def __init__(
        self,
        schedule: Schedule,
        account: LegAccount,
        names: int,
        candidate: Candidate,
        finished: Finished,
    ) -> None:
        self._schedule, self._account, self._names = schedule, account, names
        self._candidate, self._finished = candidate, finished
        _, self._ruined = returns_of(account.gross)
        self._traded = account.traded(self._ruined)

    def result(self, observe: Observed | None, *, keep_holdings: bool) -> BacktestResult:
        """Its result, as far as the observer lets it go.

        Parameters
        ----------
        keep_holdings
            Compute the positions now.
        """
        first = self._schedule.first
        days, stopped_at = len(self._account.gross), None
        for step, checkpoint in enumerate(self._schedule.checkpoints[:-1].tolist()):
            if observe is None:
                break
            if observe(step, self._until(checkpoint - first, None)):
                days, stopped_at = checkpoint - first, step
                break
        result = self._until(days, stopped_at)
        if keep_holdings:
            _ = result.positions
        return result

    def _until(self, days: int, stopped_at: int | None) -> BacktestResult:
        executions = self._schedule.segments_before(self._schedule.first + days)
        traded = self._traded[:executions]
        result = self._finished(self._account.gross[:days], traded, stopped_at)
        cash = self._candidate.mandate.cash_benchmark
        return replace(
            result,
            _benchmark=(lambda: np.zeros(days)) if cash else result._benchmark,
            _positions=lambda: self.positions.until(days, executions),
            _wanted=self._account.wanted,
        )

    @cached_property
    def positions(self) -> Positions:
        """Positions of the whole run; none from a bankruptcy on."""
        account, ruined = self._account, self._ruined
        holdings, ends = account.legs.holdings, account.ends
        held = np.zeros((len(self._schedule.executed), self._names))
        held[holdings.segment, holdings.name] = account.settled.share
        held[self._schedule.executed - self._schedule.first >= ruined] = 0.0
        there = ends.before(ruined)
        order = there[np.lexsort((holdings.name[ends.holding[there]], ends.day[there]))]
        invested, short = account.exposures()
        for share in (invested, short):
            share[ruined:] = 0.0
        return Positions(
            holdings=held,
            exit_date=ends.day[order],
            exit_name=holdings.name[ends.holding[order]],
            exit_reason=tuple("delisting" if d else "stop" for d in ends.delisted[order]),
            exposure=invested,
            short_exposure=short,
        )
