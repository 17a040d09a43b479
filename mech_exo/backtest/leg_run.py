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
from mech_exo.backtest.selection import Selector
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.mandate import Mandate
from mech_exo.construction.room import Room
from mech_exo.construction.sides import half_of
from mech_exo.construction.targets import target_weights
from mech_exo.data.panel import BoolArray, FloatArray

Observed = Callable[[int, BacktestResult], bool]
Finished = Callable[[FloatArray, FloatArray, int | None], BacktestResult]


@dataclass(eq=False)
class LegMarket:
    """All that a portfolio of two legs is run on.

    Attributes
    ----------
    decisions
        What was known at the decisions beside the scores; None: it was not prepared.
    """

    schedule: Schedule
    growth: Growth
    rules: BacktestSettings
    selector: Selector
    scratch: Scratch
    decisions: DecisionData | None

    @cached_property
    def _mirror(self) -> Growth:
        return mirrored(self.growth, self.schedule.length)

    @cached_property
    def _depth(self) -> Depth | None:
        return Depth.known(self.decisions)

    def targets(self, candidate: Candidate) -> FloatArray:
        """Target weights [G, N] of a candidate.

        What a position may be of a name's trading is no part of them: that depends on how large
        the portfolio has become.

        Raises
        ------
        ValueError
            If what was known at the decisions was not prepared.
        """
        if self.decisions is None:
            raise ValueError(f"the kernel is not prepared for {candidate.mandate}")
        room = Room(candidate.positions, candidate.invested, candidate.position_size_pct)
        mandate = candidate.mandate
        ends = self.selector.ends(candidate) if mandate.even_ends else None
        if ends is not None:
            return _even(*ends, room, mandate)
        scores = self.selector.composite(candidate)
        return target_weights(scores, self.decisions, room, mandate)

    def run(self, target: FloatArray, candidate: Candidate, finished: Finished) -> "LegRun":
        """Run target weights [G, N] by a candidate's stop and mandate; see `LegRun`."""
        terms = TradingTerms.of(self.rules, candidate.mandate, lambda: self._depth)
        year = float(self.schedule.periods_per_year[0])
        rules = LegRules.of(self.rules, terms, candidate.stop_loss_pct, year)
        account = keep_legs(
            self.growth, lambda: self._mirror, self.schedule, target, rules, self.scratch
        )
        return LegRun(self, account, candidate, finished)

    def tied(self, candidate: Candidate) -> BoolArray:
        """[G] decisions at which symbols decided about the last places of a side."""
        mandate, tied = candidate.mandate, self.selector.tied
        if mandate.construct is not None or mandate.neutralise:  # composite scores do not decide
            return np.zeros(len(self.schedule.executed), dtype=bool)
        if mandate.side == "long":
            return tied(candidate)
        return tied(candidate) | tied(replace(candidate, weights=-candidate.weights))


def _even(best: BoolArray, worst: BoolArray, room: Room, mandate: Mandate) -> FloatArray:
    """The same weight for the n best and the n worst of each date, with the bits of the rules."""
    weight = min(half_of(room, mandate) / room.names, room.largest)
    target: FloatArray = (best.view(np.int8) - worst.view(np.int8)) * np.float64(weight)
    return target


class LegRun:
    """A whole run, which can be looked at from checkpoint to checkpoint.

    Parameters
    ----------
    market, account, candidate
        Of all segments, on what market, and of whom.
    finished
        Makes the result of gross returns [T'], of the value traded [M'] and of the checkpoint at
        which the run was given up.
    """

    def __init__(
        self,
        market: LegMarket,
        account: LegAccount,
        candidate: Candidate,
        finished: Finished,
    ) -> None:
        self._market, self._account = market, account
        self._schedule = market.schedule
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
            _tied=lambda: self._market.tied(self._candidate),
            _wanted=lambda: self._account.wanted,
        )

    @cached_property
    def positions(self) -> Positions:
        """Positions of the whole run; none from a bankruptcy on."""
        account, ruined = self._account, self._ruined
        holdings, ends = account.legs.holdings, account.ends
        held = np.zeros(self._market.growth.index.shape)
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
