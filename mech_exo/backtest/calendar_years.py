"""A path by calendar year and by calendar month, with what it is measured against."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mech_exo.backtest.comparison import passive_metrics
from mech_exo.backtest.metrics import METRICS
from mech_exo.backtest.result import BacktestResult
from mech_exo.backtest.track import PathFigures
from mech_exo.data.panel import DateArray, FloatArray, IntArray

WHOLE = 0.95
"""Share of a year's sessions from which on it is a whole one: a path may begin a week later."""


@dataclass(frozen=True, eq=False)
class CalendarYear:
    """One calendar year of a path, as far as the path goes.

    Attributes
    ----------
    year
        Such as 2015.
    first, last
        First and last session of the path in it.
    sessions
        Number of them.
    whole
        Whether they are (nearly) those of a whole year. What is annualised of fewer says little.
    metrics, benchmark_metrics
        Metric -> value on these sessions alone: a drawdown begins with the year. NaN where
        undefined; the benchmark has those that compare with nothing.
    """

    year: int
    first: np.datetime64
    last: np.datetime64
    sessions: int
    whole: bool
    metrics: dict[str, float]
    benchmark_metrics: dict[str, float]


@dataclass(frozen=True, eq=False)
class Months:
    """Compound returns of calendar months, the first and last as far as the path goes.

    Attributes
    ----------
    month
        [K] datetime64[M], in order.
    returns, benchmark
        [K] of the path, and of its benchmark.
    """

    month: DateArray
    returns: FloatArray
    benchmark: FloatArray


@dataclass(frozen=True, eq=False)
class _Piece:
    """Some sessions of a path in a row: all that a metric asks of a track."""

    returns: FloatArray
    benchmark_returns: FloatArray
    traded: FloatArray
    risk_free: float
    periods_per_year: float

    @cached_property
    def figures(self) -> PathFigures:
        return PathFigures(self.returns)

    @cached_property
    def active(self) -> PathFigures:
        return PathFigures(self.returns - self.benchmark_returns)


def calendar_years(result: BacktestResult, executed: IntArray) -> Iterator[CalendarYear]:
    """Each calendar year of a path.

    Parameters
    ----------
    executed
        [M'] positions of the executions in the result's dates. What is traded between two of them
        counts in the year of the first, as the result has it.
    """
    dates = result.dates
    for days in _spans(dates.astype("datetime64[Y]")):
        trades = slice(*np.searchsorted(executed, (days.start, days.stop)).tolist())
        piece = _Piece(
            returns=result.returns[days],
            benchmark_returns=result.benchmark_returns[days],
            traded=result.traded[trades],
            risk_free=result.risk_free,
            periods_per_year=result.periods_per_year,
        )
        yield CalendarYear(
            year=int(dates[days.start].astype("datetime64[Y]").astype(np.int64)) + 1970,
            first=dates[days.start],
            last=dates[days.stop - 1],
            sessions=len(piece.returns),
            whole=len(piece.returns) >= WHOLE * result.periods_per_year,
            metrics={name: float(metric.function(piece)) for name, metric in METRICS.items()},
            benchmark_metrics=passive_metrics(
                piece.benchmark_returns, result.risk_free, result.periods_per_year
            ),
        )


def calendar_months(result: BacktestResult) -> Months:
    """Each calendar month of a path."""
    month = result.dates.astype("datetime64[M]")
    starts = np.flatnonzero(np.append(True, month[1:] != month[:-1]))
    benchmark = np.multiply.reduceat(1.0 + result.benchmark_returns, starts) - 1.0
    return Months(month[starts], result.monthly, benchmark)


def broken_years(years: Sequence[CalendarYear]) -> tuple[int, ...]:
    """Positions of those that are no whole years."""
    return tuple(i for i, year in enumerate(years) if not year.whole)


def _spans(labels: DateArray) -> Iterator[slice]:
    """The stretches of equal labels [T], one after the other; none of an empty path."""
    if not len(labels):
        return
    edges = np.flatnonzero(labels[1:] != labels[:-1]) + 1
    starts = [0, *edges.tolist()]
    yield from (slice(a, b) for a, b in zip(starts, [*starts[1:], len(labels)], strict=True))
