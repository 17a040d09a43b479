"""Metrics of a path of daily simple returns: pure functions of arrays.

Formulas and sources stand in docs/conventions.md. Every function takes returns [T] without NaN
(fractions, not per cent) and gives a plain float, NaN where the metric is undefined.
"""

import math

import numpy as np

from mech_exo.data.panel import FloatArray

PERIODS = 252  # trading days a year
FLAT = 1e-12  # a return or a standard deviation below this is a rounding error


def total_return(returns: FloatArray) -> float:
    """Growth of the whole path, Π(1 + r) − 1."""
    return float(np.prod(1.0 + returns)) - 1.0


def annual_return(returns: FloatArray, periods: int = PERIODS) -> float:
    """Compound growth a year; NaN for an empty path."""
    if not len(returns):
        return math.nan
    return float((1.0 + total_return(returns)) ** (periods / len(returns)) - 1.0)


def deviation(returns: FloatArray) -> float:
    """Sample standard deviation (ddof = 1) of the daily returns; NaN for fewer than two."""
    return float(np.std(returns, ddof=1)) if len(returns) > 1 else math.nan


def volatility(returns: FloatArray, periods: int = PERIODS) -> float:
    """Standard deviation a year."""
    return deviation(returns) * math.sqrt(periods)


def sharpe(returns: FloatArray, risk_free: float = 0.0, periods: int = PERIODS) -> float:
    """Sharpe ratio (Sharpe 1994) a year; NaN for a flat or constant path.

    `risk_free` is a year's simple rate.
    """
    sigma = deviation(returns)
    if not sigma >= FLAT:
        return math.nan
    return float(np.mean(returns) - risk_free / periods) / sigma * math.sqrt(periods)


def sortino(returns: FloatArray, risk_free: float = 0.0, periods: int = PERIODS) -> float:
    """Sortino ratio (Sortino and Price 1994) a year, target `risk_free`; NaN without a loss."""
    if not len(returns):
        return math.nan
    excess = returns - risk_free / periods
    downside = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)))
    if downside < FLAT:
        return math.nan
    return float(np.mean(excess)) / downside * math.sqrt(periods)


def max_drawdown(returns: FloatArray) -> float:
    """Largest loss from a peak, a positive fraction; the start counts as a peak."""
    if not len(returns):
        return math.nan
    wealth = np.cumprod(1.0 + returns)
    peak = np.maximum(np.maximum.accumulate(wealth), 1.0)
    return float(np.max(1.0 - wealth / peak))


def calmar(returns: FloatArray, periods: int = PERIODS) -> float:
    """Compound growth a year over the largest drawdown (Young 1991); NaN without a drawdown."""
    drawdown = max_drawdown(returns)
    return annual_return(returns, periods) / drawdown if drawdown > 0.0 else math.nan


def hit_rate(returns: FloatArray) -> float:
    """Share of the days that gained among those that moved by more than `FLAT`; NaN if none did."""
    moved = np.count_nonzero(np.abs(returns) > FLAT)
    return float(np.count_nonzero(returns > FLAT) / moved) if moved else math.nan


def turnover(traded: FloatArray, sessions: int, periods: int = PERIODS) -> float:
    """One-way turnover a year, from the traded value [M] of each rebalance (both sides)."""
    return 0.5 * float(np.sum(traded)) * periods / sessions if sessions else math.nan


def active_return(returns: FloatArray, benchmark: FloatArray, periods: int = PERIODS) -> float:
    """Mean return over the benchmark's, a year."""
    return float(np.mean(returns - benchmark)) * periods if len(returns) else math.nan


def information_ratio(returns: FloatArray, benchmark: FloatArray, periods: int = PERIODS) -> float:
    """Active return over its standard deviation (Grinold and Kahn 2000); NaN if that is flat."""
    return sharpe(returns - benchmark, 0.0, periods)
