"""Figures of what a result is measured against."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mech_exo.backtest.metrics import METRICS
from mech_exo.backtest.result import BacktestResult
from mech_exo.backtest.track import PathFigures
from mech_exo.data.panel import FloatArray


@dataclass(frozen=True, eq=False)
class _Universe:
    """The universe's path, of which no metric asks more than its returns."""

    returns: FloatArray
    risk_free: float
    periods_per_year: float

    @property
    def traded(self) -> FloatArray:
        return np.empty(0)

    @property
    def benchmark_returns(self) -> FloatArray:
        return self.returns

    @cached_property
    def figures(self) -> PathFigures:
        return PathFigures(self.returns)

    @cached_property
    def active(self) -> PathFigures:
        return PathFigures(self.returns - self.benchmark_returns)


def universe_metrics(result: BacktestResult) -> dict[str, float]:
    """Metrics of the equal-weighted universe; none that compare with it. NaN where undefined."""
    return passive_metrics(result.benchmark_returns, result.risk_free, result.periods_per_year)


def passive_metrics(
    returns: FloatArray, risk_free: float, periods_per_year: float
) -> dict[str, float]:
    """Metrics of what portfolios are measured against, from its returns [T'] alone."""
    path = _Universe(returns, risk_free, periods_per_year)
    return {m.name: float(m.function(path)) for m in METRICS.values() if m.of_benchmark}
