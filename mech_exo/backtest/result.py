"""The result of one backtest."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mech_exo.backtest import metrics
from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray

# name -> larger is better
METRICS: dict[str, bool] = {
    "sharpe": True,
    "sortino": True,
    "calmar": True,
    "total_return": True,
    "annual_return": True,
    "volatility": False,
    "max_drawdown": False,
    "hit_rate": True,
    "turnover": False,
    "active_return": True,
    "information_ratio": True,
}


@dataclass(frozen=True, eq=False)
class Positions:
    """What a portfolio held, and how positions ended other than by a rebalance.

    Attributes
    ----------
    holdings
        [M', N] share of the portfolio at each execution, after trading, before stops.
    exit_date, exit_name
        [E] position in the result's dates, and in the symbols.
    exit_reason
        [E] `stop` or `delisting`.
    exposure
        [T'] share invested at each close.
    """

    holdings: FloatArray
    exit_date: IntArray
    exit_name: IntArray
    exit_reason: tuple[str, ...]
    exposure: FloatArray

    def until(self, days: int, executions: int) -> "Positions":
        """The part of the first days and executions."""
        kept = int(np.searchsorted(self.exit_date, days))
        return Positions(
            holdings=self.holdings[:executions],
            exit_date=self.exit_date[:kept],
            exit_name=self.exit_name[:kept],
            exit_reason=self.exit_reason[:kept],
            exposure=self.exposure[:days],
        )


@dataclass(frozen=True)
class Occupancy:
    """How often a portfolio was something else than its n best names.

    Attributes
    ----------
    positions
        n, the number of names that the candidate wants to hold.
    executions
        Number of executions of the path.
    above
        Executions after which more than n names were held, because sales were blocked.
    tied
        Executions whose decision had more names of one score than last places; symbols decided.
    """

    positions: int
    executions: int
    above: int
    tied: int


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """Daily path of a candidate's portfolio and its metrics (docs/conventions.md).

    Attributes
    ----------
    dates
        [T'] from the first execution date on.
    returns
        [T'] simple daily returns after costs.
    traded
        [M'] value traded at each execution and until the next one, over the value before.
    risk_free
        A year's simple rate.
    stopped_at
        Checkpoint at which the run was given up; None: it reached the last date.
    first
        Position of the first date in the panel's dates.
    """

    dates: DateArray
    returns: FloatArray
    traded: FloatArray
    risk_free: float
    stopped_at: int | None = None
    first: int = 0
    _benchmark: Callable[[], FloatArray] = field(repr=False, kw_only=True)
    _positions: Callable[[], Positions] = field(repr=False, kw_only=True)
    _tied: Callable[[], BoolArray] = field(repr=False, kw_only=True)
    _wanted: int = field(repr=False, kw_only=True)

    @cached_property
    def sharpe(self) -> float:
        """Sharpe ratio a year; NaN for a flat path."""
        return metrics.sharpe(self.returns, self.risk_free)

    @cached_property
    def sortino(self) -> float:
        """Sortino ratio a year; NaN without a loss."""
        return metrics.sortino(self.returns, self.risk_free)

    @cached_property
    def calmar(self) -> float:
        """Growth a year over the largest drawdown; NaN without one."""
        return metrics.calmar(self.returns)

    @cached_property
    def total_return(self) -> float:
        """Growth of the whole path."""
        return metrics.total_return(self.returns)

    @cached_property
    def annual_return(self) -> float:
        """Compound growth a year."""
        return metrics.annual_return(self.returns)

    @cached_property
    def volatility(self) -> float:
        """Standard deviation a year."""
        return metrics.volatility(self.returns)

    @cached_property
    def max_drawdown(self) -> float:
        """Largest loss from a peak, a positive fraction."""
        return metrics.max_drawdown(self.returns)

    @cached_property
    def hit_rate(self) -> float:
        """Share of gaining days among those that moved."""
        return metrics.hit_rate(self.returns)

    @cached_property
    def turnover(self) -> float:
        """One-way turnover a year."""
        return metrics.turnover(self.traded, len(self.returns))

    @cached_property
    def active_return(self) -> float:
        """Mean return over the benchmark's, a year."""
        return metrics.active_return(self.returns, self.benchmark_returns)

    @cached_property
    def information_ratio(self) -> float:
        """Active return over its standard deviation."""
        return metrics.information_ratio(self.returns, self.benchmark_returns)

    @cached_property
    def benchmark_returns(self) -> FloatArray:
        """[T'] returns of the equal-weighted universe at the same invested share."""
        return self._benchmark()[: len(self.returns)]

    @property
    def exposure(self) -> FloatArray:
        """[T'] share invested at each close."""
        return self.positions.exposure

    @property
    def holdings(self) -> FloatArray:
        """[M', N] share of each name at each execution, after trading."""
        return self.positions.holdings

    @cached_property
    def positions(self) -> Positions:
        """What was held; simulated again unless the run kept it."""
        return self._positions()

    @cached_property
    def occupancy(self) -> Occupancy:
        """Executions with more than n names, and those decided by a tie; computed when asked."""
        executions = len(self.traded)
        held = np.count_nonzero(self.holdings > 0.0, axis=1)
        return Occupancy(
            positions=self._wanted,
            executions=executions,
            above=int(np.count_nonzero(held > self._wanted)),
            tied=int(np.count_nonzero(self._tied()[:executions])),
        )

    def metrics(self) -> dict[str, float]:
        """All metrics by name, in a fixed order; NaN where undefined."""
        return {name: float(getattr(self, name)) for name in METRICS}
