"""Metrics of a path of simple returns, one a session: pure functions of arrays, and what each is.

A metric is a function and its entry in `METRICS` at the end; all else follows from the entry: the
attribute of a result, `--objectives`, tables, JSON, factor file, `exo verify`, docs/metrics.md.

Formulas and sources stand in docs/conventions.md. Every function takes returns [T] without NaN
(fractions, not per cent), or their `PathFigures`, and gives a plain float, NaN where the metric is
undefined; `periods` is the number of sessions a year.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mech_exo.backtest.track import Returns, Track, figures_of
from mech_exo.data.frequency import YEAR
from mech_exo.data.panel import FloatArray

PERIODS = YEAR  # sessions a year, where nothing else is said
FLAT = 1e-12  # a return or a standard deviation below this is a rounding error


def total_return(returns: Returns) -> float:
    """Growth of the whole path, Π(1 + r) − 1."""
    return figures_of(returns).growth - 1.0


def annual_return(returns: Returns, periods: float = PERIODS) -> float:
    """Compound growth a year; NaN for an empty path."""
    if not len(returns):
        return math.nan
    return float((1.0 + total_return(returns)) ** (periods / len(returns)) - 1.0)


def volatility(returns: Returns, periods: float = PERIODS) -> float:
    """Sample standard deviation (ddof = 1) a year; NaN for fewer than two returns."""
    return figures_of(returns).deviation * math.sqrt(periods)


def sharpe(returns: Returns, risk_free: float = 0.0, periods: float = PERIODS) -> float:
    """Sharpe ratio (Sharpe 1994) a year; NaN for a flat or constant path.

    `risk_free` is a year's simple rate.
    """
    path = figures_of(returns)
    if not path.deviation >= FLAT:
        return math.nan
    return (path.mean - risk_free / periods) / path.deviation * math.sqrt(periods)


def sortino(returns: Returns, risk_free: float = 0.0, periods: float = PERIODS) -> float:
    """Sortino ratio (Sortino and Price 1994) a year, target `risk_free`; NaN without a loss."""
    path = figures_of(returns)
    if not len(path):
        return math.nan
    excess = path.returns - risk_free / periods
    mean = float(np.add.reduce(excess)) / len(path)
    losses = np.minimum(excess, 0.0, out=excess)
    downside = math.sqrt(float(np.add.reduce(np.square(losses, out=losses))) / len(path))
    return mean / downside * math.sqrt(periods) if downside >= FLAT else math.nan


def max_drawdown(returns: Returns) -> float:
    """Largest loss from a peak, a positive fraction; the start counts as a peak."""
    path = figures_of(returns)
    return float(path.drawdowns.max()) if len(path) else math.nan


def ulcer_index(returns: Returns) -> float:
    """Root mean square of the drawdowns from the running peak; the start counts as a peak."""
    path = figures_of(returns)
    if not len(path):
        return math.nan
    return math.sqrt(float(np.add.reduce(np.square(path.drawdowns))) / len(path))


def calmar(returns: Returns, periods: float = PERIODS) -> float:
    """Compound growth a year over the largest drawdown (Young 1991); NaN without a drawdown."""
    path = figures_of(returns)
    drawdown = max_drawdown(path)
    return annual_return(path, periods) / drawdown if drawdown > 0.0 else math.nan


def hit_rate(returns: Returns) -> float:
    """Share of gains among the sessions that moved by more than `FLAT`; NaN if none did."""
    daily = figures_of(returns).returns
    gained = np.count_nonzero(daily > FLAT)
    moved = gained + np.count_nonzero(daily < -FLAT)
    return float(gained / moved) if moved else math.nan


def turnover(traded: FloatArray, sessions: int, periods: float = PERIODS) -> float:
    """One-way turnover a year, from the traded value [M] of each rebalance (both sides)."""
    return 0.5 * float(np.sum(traded)) * periods / sessions if sessions else math.nan


def active_return(active: Returns, periods: float = PERIODS) -> float:
    """Mean of the returns over the benchmark's, a year."""
    path = figures_of(active)
    return path.mean * periods if len(path) else math.nan


def information_ratio(active: Returns, periods: float = PERIODS) -> float:
    """Active return over its standard deviation (Grinold and Kahn 2000); NaN if that is flat."""
    return sharpe(active, 0.0, periods)


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name
        As an attribute of a result, and in files.
    function
        Its value on a track; NaN where undefined.
    label
        How tables call it.
    unit
        A `fraction` is written as a percentage.
    better
        Which way a search goes that has it as an objective.
    of_benchmark
        Whether the universe has it too: it compares with nothing and asks for returns alone.
    formula, source
        As docs/metrics.md shows them.
    """

    name: str
    function: Callable[[Track], float]
    label: str
    unit: Literal["ratio", "fraction"]
    better: Literal["higher", "lower"]
    of_benchmark: bool
    formula: str
    source: str = ""


def _register(*entries: Metric) -> dict[str, Metric]:
    return {entry.name: entry for entry in entries}


METRICS = _register(
    Metric(
        "sharpe",
        lambda t: sharpe(t.figures, t.risk_free, t.periods_per_year),
        "Sharpe ratio",
        "ratio",
        "higher",
        True,
        "mean(r − ρ)/std(r)·√P; undefined where std < 1e-12",
        "Sharpe (1994); empyrical `sharpe_ratio` with `risk_free=ρ`",
    ),
    Metric(
        "sortino",
        lambda t: sortino(t.figures, t.risk_free, t.periods_per_year),
        "Sortino ratio",
        "ratio",
        "higher",
        True,
        "P·mean(r − ρ) / (√mean(min(r − ρ, 0)²)·√P); undefined without a loss",
        "Sortino and Price (1994); empyrical `sortino_ratio` with `required_return=ρ`",
    ),
    Metric(
        "calmar",
        lambda t: calmar(t.figures, t.periods_per_year),
        "Calmar ratio",
        "ratio",
        "higher",
        True,
        "`annual_return` / `max_drawdown`; undefined without a drawdown",
        "Young (1991); empyrical `calmar_ratio`",
    ),
    Metric(
        "total_return",
        lambda t: total_return(t.figures),
        "total return",
        "fraction",
        "higher",
        True,
        "Π(1 + r) − 1",
        "empyrical `cum_returns_final`",
    ),
    Metric(
        "annual_return",
        lambda t: annual_return(t.figures, t.periods_per_year),
        "return a year",
        "fraction",
        "higher",
        True,
        "(Π(1 + r))^(P/T) − 1",
        "empyrical `annual_return`",
    ),
    Metric(
        "volatility",
        lambda t: volatility(t.figures, t.periods_per_year),
        "volatility a year",
        "fraction",
        "lower",
        True,
        "std(r)·√P",
        "empyrical `annual_volatility`",
    ),
    Metric(
        "max_drawdown",
        lambda t: max_drawdown(t.figures),
        "largest drawdown",
        "fraction",
        "lower",
        True,
        "max over t of 1 − W_t / max(1, W_1 … W_t), W the growth of 1; a positive number",
        "−empyrical `max_drawdown`",
    ),
    Metric(
        "ulcer_index",
        lambda t: ulcer_index(t.figures),
        "ulcer index",
        "fraction",
        "lower",
        True,
        "√mean((1 − W_t / max(1, W_1 … W_t))²)",
        "Martin and McCann (1989)",
    ),
    Metric(
        "hit_rate",
        lambda t: hit_rate(t.figures),
        "sessions that gained",
        "fraction",
        "higher",
        True,
        "sessions with r > 1e-12 over those with \\|r\\| > 1e-12; a residue of rounding is no move",
        "",
    ),
    Metric(
        "turnover",
        lambda t: turnover(t.traded, len(t.returns), t.periods_per_year),
        "turnover a year",
        "fraction",
        "lower",
        False,
        "½·(Σ traded)·P/T, one-way, a year",
        "",
    ),
    Metric(
        "active_return",
        lambda t: active_return(t.active, t.periods_per_year),
        "active return a year",
        "fraction",
        "higher",
        False,
        "P·mean(r − b)",
        "",
    ),
    Metric(
        "information_ratio",
        lambda t: information_ratio(t.active, t.periods_per_year),
        "information ratio",
        "ratio",
        "higher",
        False,
        "mean(r − b)/std(r − b)·√P; undefined where std < 1e-12",
        "Grinold and Kahn (2000); empyrical `excess_sharpe`·√P",
    ),
)
"""Name -> metric, in the order in which they are shown and stored."""
