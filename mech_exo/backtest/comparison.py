"""Figures of what a result is measured against."""

from mech_exo.backtest import metrics
from mech_exo.backtest.result import BacktestResult


def universe_metrics(result: BacktestResult) -> dict[str, float]:
    """Metrics of the equal-weighted universe; none that compare with it. NaN where undefined."""
    path = result.benchmark_returns
    return {
        "sharpe": metrics.sharpe(path, result.risk_free),
        "sortino": metrics.sortino(path, result.risk_free),
        "calmar": metrics.calmar(path),
        "total_return": metrics.total_return(path),
        "annual_return": metrics.annual_return(path),
        "volatility": metrics.volatility(path),
        "max_drawdown": metrics.max_drawdown(path),
        "hit_rate": metrics.hit_rate(path),
    }
