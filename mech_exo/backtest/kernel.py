"""The prepared backtest: one panel and one set of rules, then any number of candidates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.account import Account, keep_account
from mech_exo.backtest.benchmark import Universe, benchmark_growth, gather_universe
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.growth import Growth, grow
from mech_exo.backtest.holdings import Carry, list_holdings
from mech_exo.backtest.kernel_version import KERNEL_VERSION
from mech_exo.backtest.positions import PositionLog
from mech_exo.backtest.result import BacktestResult, Positions
from mech_exo.backtest.schedule import Schedule, check_returns, plan
from mech_exo.backtest.scratch import Scratch
from mech_exo.backtest.selection import Scores, Selector, lay_out
from mech_exo.backtest.stops import stop_out
from mech_exo.backtest.units import follow
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import BoolArray, FloatArray, IntArray, Panel
from mech_exo.data.sector_history import SectorHistory

__all__ = ["BANKRUPT", "KERNEL_VERSION", "Kernel", "Observer"]

Observer = Callable[[int, BacktestResult], bool]


@dataclass(frozen=True, eq=False)
class Names:
    """What is known of the names beside their returns.

    Attributes
    ----------
    labels
        [S] the sectors; [0] where they are not known.
    sector
        [N] or [M, N] positions in `labels`, as `SectorHistory` has them; [0] where not known.
    """

    labels: NDArray[np.str_]
    sector: NDArray[np.int32]

    @classmethod
    def of(cls, sectors: SectorHistory | None) -> Self:
        """The arrays of the sectors."""
        known = sectors or SectorHistory.of(())
        return cls(np.array(known.labels, dtype=np.str_), known.code)

    @property
    def sectors(self) -> SectorHistory | None:
        """The sectors of the arrays."""
        if not len(self.labels):
            return None
        return SectorHistory(tuple(self.labels.tolist()), self.sector)


_PARTS: dict[str, type] = {
    "schedule": Schedule,
    "growth": Growth,
    "scores": Scores,
    "universe": Universe,
    "names": Names,
}
BANKRUPT = 1e-12  # a gross daily return at or below this is a total loss


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

    Raises
    ------
    ExoError
        If the returns are impossible or stale, or no decision can be executed.
    """

    def __init__(self, panel: Panel, rules: BacktestSettings) -> None:
        in_sessions = panel.frequency.rules(rules)
        check_returns(panel, in_sessions.delist_after)
        schedule = plan(panel, rules.execution_lag)
        growth = grow(panel.returns, schedule, in_sessions)
        tradable = np.ascontiguousarray(panel.tradable[: len(schedule.executed)])
        # before the scores: it takes memory for a moment, and they take it for good
        universe = gather_universe(growth, schedule, tradable, rules.cost)
        scores = lay_out(panel, len(schedule.executed))
        names = Names.of(panel.sectors)
        self._set_up(schedule, growth, scores, universe, names, rules)

    def _set_up(
        self,
        schedule: Schedule,
        growth: Growth,
        scores: Scores,
        universe: Universe,
        names: Names,
        rules: BacktestSettings,
    ) -> None:
        self.rules = rules
        self.schedule = schedule
        self.growth = growth
        self.scores = scores
        self.universe = universe
        self.names = names
        self._sectors = names.sectors
        self._selector = Selector(scores)
        self._scratch = Scratch(growth.index.size)

    @property
    def checkpoints(self) -> IntArray:
        """Exclusive date positions [Y] of the calendar year-ends, the last one T."""
        return self.schedule.checkpoints

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything prepared, as plain arrays that processes can share read-only."""
        return {
            f"{part}.{f.name}": getattr(getattr(self, part), f.name)
            for part, kind in _PARTS.items()
            for f in fields(kind)
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], rules: BacktestSettings) -> Self:
        """The kernel whose `arrays` these are; `rules` must be those it was prepared with."""
        parts = {
            part: kind(**{f.name: arrays[f"{part}.{f.name}"] for f in fields(kind)})
            for part, kind in _PARTS.items()
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

    def benchmark_returns(self, cash_pct: float) -> FloatArray:
        """Daily returns of the equal-weighted universe at the invested share 1 − cash_pct."""
        growth = benchmark_growth(self.universe, self.schedule, 1.0 - cash_pct, self.rules.cost)
        return _returns(growth)[0]

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
        names = self.scores.scores.shape[2]
        chosen = np.empty((stop - start, names), dtype=bool)
        number = np.empty(stop - start, dtype=np.int64)
        self._selector.choose(candidate, start, stop, chosen, number)
        weight = np.minimum(candidate.position_size_pct, candidate.invested / np.maximum(number, 1))
        account = self._keep(candidate, chosen, weight, start, carry, log)
        begin = int(self.schedule.executed[start]) - self.schedule.first
        account.gross[0] *= gross[begin]
        gross[begin : begin + len(account.gross)] = account.gross
        traded[start:stop] = account.traded
        return account.carry or carry

    def _keep(
        self,
        candidate: Candidate,
        chosen: BoolArray,
        weight: FloatArray,
        start: int,
        carry: Carry,
        log: PositionLog | None,
    ) -> Account:
        """The account of the names chosen [segments, N], which is overwritten.

        What was bought for nothing was not bought: it is taken out, and the account kept again.
        """
        rules, growth, scratch = self.rules, self.growth, self._scratch
        loss, reference, lag = candidate.stop_loss_pct, rules.stop_reference, rules.stop_lag
        length = self.schedule.length[start : start + len(chosen)]
        while True:
            holdings = list_holdings(growth, chosen, start, carry, scratch)
            exits = stop_out(growth, holdings, loss, reference, lag, carry)
            units = follow(growth, length, holdings, exits, rules.cost, scratch)
            account = keep_account(self.schedule, holdings, exits, units, weight, rules.cost, carry)
            if not len(account.idle):
                break
            chosen[account.idle[0]] = False
        if log is not None:
            log.add(holdings, exits, units, account, rules.cost)
        return account

    def _result(
        self,
        candidate: Candidate,
        gross: FloatArray,
        traded: FloatArray,
        stopped_at: int | None = None,
        log: PositionLog | None = None,
    ) -> BacktestResult:
        returns, ruined = _returns(gross)
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
            _wanted=candidate.positions,
            _sectors=self._sectors,
        )


def _returns(gross: FloatArray) -> tuple[FloatArray, int]:
    """Simple returns, and the day of a bankruptcy (their number: none)."""
    returns = gross - 1.0
    if gross.min() > BANKRUPT:  # not so for NaN, which only a bankruptcy leaves behind
        return returns, len(returns)
    ruined = int(np.flatnonzero(gross <= BANKRUPT)[0])
    returns[ruined] = -1.0
    returns[ruined + 1 :] = 0.0
    return returns, ruined
