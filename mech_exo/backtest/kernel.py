"""The prepared backtest: one panel and one set of rules, then any number of candidates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.account import Account
from mech_exo.backtest.bankruptcy import returns_of
from mech_exo.backtest.benchmark import Universe, benchmark_growth, gather_universe
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.growth import Growth, grow
from mech_exo.backtest.holdings import Carry
from mech_exo.backtest.kernel_version import KERNEL_VERSION
from mech_exo.backtest.leg_run import LegMarket
from mech_exo.backtest.names import Names
from mech_exo.backtest.positions import PositionLog
from mech_exo.backtest.result import BacktestResult, Positions
from mech_exo.backtest.schedule import Schedule, Stint, check_returns, plan
from mech_exo.backtest.score_table import Scores, lay_out
from mech_exo.backtest.scratch import Scratch
from mech_exo.backtest.selection import Selector
from mech_exo.backtest.simulation import choose, grouped, simulate
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.decision_data import DecisionData
from mech_exo.data.panel import FloatArray, IntArray, Panel

__all__ = ["KERNEL_VERSION", "Kernel", "Observer"]

Observer = Callable[[int, BacktestResult], bool]

_PARTS: dict[str, type] = {
    "schedule": Schedule,
    "growth": Growth,
    "scores": Scores,
    "universe": Universe,
    "names": Names,
}
_KNOWN: dict[str, type] = {"decisions": DecisionData}  # where it is prepared


class Kernel:
    """Backtests candidates on one panel, by the rules of docs/conventions.md.

    A weight decided at the close of a date is traded `execution_lag` sessions later and earns its
    first return the session after that.

    Parameters
    ----------
    panel
        Scores may be NaN (unknown), returns too (no price).
    rules
        Timing, costs and stops.
    decisions
        Whether to prepare what is known at the decisions beside the scores, which candidates need
        whose mandate is not plain, and all where trading has an impact.

    Raises
    ------
    ExoError
        If the returns are impossible or stale, or no decision can be executed.
    """

    def __init__(self, panel: Panel, rules: BacktestSettings, *, decisions: bool = False) -> None:
        in_sessions = panel.frequency.rules(rules)
        check_returns(panel, in_sessions.delist_after)
        schedule = plan(panel, rules.execution_lag)
        growth = grow(panel.returns, schedule, in_sessions)
        tradable = np.ascontiguousarray(panel.tradable[: len(schedule.executed)])
        # before the scores: it takes memory for a moment, and they take it for good
        universe = gather_universe(growth, schedule, tradable, rules.cost)
        scores = lay_out(panel, len(schedule.executed))
        names = Names.of(panel.sectors)
        known = DecisionData.of(panel, len(schedule.executed)) if decisions else None
        self._set_up(schedule, growth, scores, universe, names, rules, known)

    def _set_up(
        self,
        schedule: Schedule,
        growth: Growth,
        scores: Scores,
        universe: Universe,
        names: Names,
        rules: BacktestSettings,
        decisions: DecisionData | None = None,
    ) -> None:
        self.rules = rules
        self.decisions = decisions
        self.schedule = schedule
        self.growth = growth
        self.scores = scores
        self.universe = universe
        self.names = names
        self._sectors = names.sectors
        self._selector = Selector(scores)
        self._scratch = Scratch()
        self._leg_market: LegMarket | None = None

    @property
    def checkpoints(self) -> IntArray:
        """Exclusive date positions [Y] of the calendar year-ends, the last one T."""
        return self.schedule.checkpoints

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything prepared, as plain arrays that processes can share read-only."""
        return {
            f"{part}.{f.name}": getattr(getattr(self, part), f.name)
            for part, kind in (_PARTS if self.decisions is None else _PARTS | _KNOWN).items()
            for f in fields(kind)
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], rules: BacktestSettings) -> Self:
        """The kernel whose `arrays` these are; `rules` must be those it was prepared with."""
        parts = {
            part: kind(**{f.name: arrays[f"{part}.{f.name}"] for f in fields(kind)})
            for part, kind in (_PARTS | _KNOWN).items()
            if f"{part}.{fields(kind)[0].name}" in arrays
        }
        kernel = cls.__new__(cls)
        kernel._set_up(**parts, rules=rules)
        return kernel

    def on(self, growth: Growth, universe: Universe, selector: Selector) -> Self:
        """The kernel of the same decisions on other returns; it shares this one's buffers."""
        kernel = type(self).__new__(type(self))
        vars(kernel).update(vars(self), growth=growth, universe=universe, _selector=selector)
        return kernel

    def run(
        self,
        candidate: Candidate,
        observe: Observer | None = None,
        *,
        keep_holdings: bool = False,
    ) -> BacktestResult:
        """Backtest one candidate.

        Parameters
        ----------
        candidate
            Weights [K] in the order of the panel's factors.
        observe
            Called with the number of each checkpoint but the last and the result so far; if it
            returns True, the later years are not simulated.
        keep_holdings
            Keep `result.positions` from this run rather than simulate again when asked.
        """
        factors = self.scores.scores.shape[1]
        if candidate.weights.shape != (factors,):
            raise ValueError(f"{len(candidate.weights)} weights for {factors} factors")
        if not candidate.mandate.plain or self.rules.impact:
            target = self.legs.targets(candidate)
            return self.run_targets(target, candidate, observe, keep_holdings=keep_holdings)
        log = PositionLog(self.growth, self.schedule) if keep_holdings else None
        first, sessions = self.schedule.first, len(self.schedule.dates)
        gross = np.ones(sessions - first)
        traded = np.zeros(len(self.schedule.executed))
        carry = Carry.nothing(self.scores.scores.shape[2])
        start = 0
        for step, checkpoint in enumerate(self.checkpoints.tolist() if observe else [sessions]):
            stop = self.schedule.segments_before(checkpoint)
            if stop > start:
                carry = self._simulate(candidate, start, stop, carry, gross, traded, log)
            start = stop
            if observe is None or checkpoint == sessions:
                break
            days = checkpoint - first
            if observe(step, self._result(candidate, gross[:days], traded[:stop])):
                return self._result(candidate, gross[:days], traded[:stop], step, log)
        return self._result(candidate, gross, traded, None, log)

    def run_all(self, candidates: Sequence[Candidate]) -> Iterator[BacktestResult]:
        """Backtest each candidate, with the bits of `run`; those of few names in one pass."""
        for group in grouped(candidates, len(self.schedule.dates)):
            if len(group) == 1 or self.rules.impact:
                yield from map(self.run, group)
                continue
            stint = self.schedule.stint(0, len(self.schedule.executed), len(group))
            account = self._account(group, stint, Carry.nothing(self.scores.scores.shape[2]))
            gross = account.gross[:-1].reshape(len(group), -1)
            traded = account.traded.reshape(len(group), -1)[:, :-1]
            yield from map(self._result, group, gross, traded)

    def run_targets(
        self,
        target: FloatArray,
        candidate: Candidate,
        observe: Observer | None = None,
        *,
        keep_holdings: bool = False,
    ) -> BacktestResult:
        """Backtest target weights, by a candidate's stop and by the trading rules of its mandate.

        Parameters
        ----------
        target
            [G, N] signed, finite, 0 for what is not held; the others are as in `run`.

        Raises
        ------
        ExoError
            If the trading in the names is needed and not known.
        """
        run = self.legs.run(target, candidate, partial(self._result, candidate))
        return run.result(observe, keep_holdings=keep_holdings)

    @property
    def legs(self) -> LegMarket:
        """What runs the mandates that are not plain."""
        market = self._leg_market
        if market is None or market.growth is not self.growth:
            parts = self.schedule, self.growth, self.rules, self._selector, self._scratch
            market = self._leg_market = LegMarket(*parts, self.decisions)
        return market

    def benchmark_returns(self, cash_pct: float) -> FloatArray:
        """Daily returns of the equal-weighted universe at the invested share 1 − cash_pct."""
        growth = benchmark_growth(self.universe, self.schedule, 1.0 - cash_pct, self.rules.cost)
        return returns_of(growth)[0]

    def _simulate(
        self,
        candidate: Candidate,
        start: int,
        stop: int,
        carry: Carry,
        gross: FloatArray,
        traded: FloatArray,
        log: PositionLog | None,
    ) -> Carry:
        """Simulate segments `start` to `stop`; fills their part of `gross` and `traded`."""
        account = self._account([candidate], self.schedule.stint(start, stop), carry, log)
        begin = int(self.schedule.executed[start]) - self.schedule.first
        account.gross[0] *= gross[begin]
        gross[begin : begin + len(account.gross)] = account.gross
        traded[start:stop] = account.traded
        return account.carry or carry

    def _account(
        self,
        candidates: list[Candidate],
        stint: Stint,
        carry: Carry,
        log: PositionLog | None = None,
    ) -> Account:
        choice = choose(self._selector, candidates, stint, self.scores.scores.shape[2])
        return simulate(self.growth, self.rules, stint, choice, carry, self._scratch, log)

    def _result(
        self,
        candidate: Candidate,
        gross: FloatArray,
        traded: FloatArray,
        stopped_at: int | None = None,
        log: PositionLog | None = None,
    ) -> BacktestResult:
        returns, ruined = returns_of(gross)
        first = self.schedule.first
        traded = traded.copy()
        traded[self.schedule.segments_before(first + ruined) :] = 0.0

        def positions() -> Positions:
            if log is None:
                return self.run(candidate, keep_holdings=True).positions.until(
                    len(returns), len(traded)
                )
            return log.positions(len(returns), len(traded), ruined)

        return BacktestResult(
            dates=self.schedule.dates[first : first + len(returns)],
            returns=returns,
            traded=traded,
            risk_free=self.rules.risk_free,
            stopped_at=stopped_at,
            first=first,
            periods_per_year=float(self.schedule.periods_per_year[0]),
            _benchmark=lambda: self.benchmark_returns(candidate.cash_pct),
            _positions=positions,
            _tied=lambda: self._selector.tied(candidate),
            _wanted=lambda: candidate.positions,
            _sectors=self._sectors,
        )
