"""Years and months: what the portfolio and the universe returned in each."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.calendar_years import CalendarYear, broken_years
from mech_exo.backtest.comparison import passive_metrics
from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.tearsheet.parts.courses import no_backtest
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported
from mech_exo.workflow.track_record import TrackRecord


@dataclass(frozen=True, eq=False)
class CalendarReturns:
    """Compound returns by calendar.

    Attributes
    ----------
    years
        [Y] calendar years; the first and the last as far as they go.
    broken
        Positions of those that are no whole years.
    months
        [Y, 12] of the portfolio; NaN where there is no session.
    portfolio, universe
        [Y] compound returns of the years.
    drawdown, turnover
        [Y] largest loss of the portfolio from a peak within the year; one-way turnover a year.
    """

    years: IntArray
    broken: tuple[int, ...]
    months: FloatArray
    portfolio: FloatArray
    universe: FloatArray
    drawdown: FloatArray
    turnover: FloatArray


def calendar_returns(reported: Reported) -> CalendarReturns | Missing:
    """From the one run over all dates, as `exo backtest` has its years and months."""
    runs = reported.runs
    if runs is None or reported.best is None:
        return no_backtest(reported)
    track = runs.whole
    years = np.array([year.year for year in track.years])
    month = track.months.month.astype(np.int64)
    table = np.full((len(years), 12), np.nan)
    table[np.searchsorted(years, month // 12 + 1970), month % 12] = track.months.returns
    return CalendarReturns(
        years=years,
        broken=broken_years(track.years),
        months=table,
        portfolio=np.array([year.metrics["total_return"] for year in track.years]),
        universe=np.array([_universe(track, year) for year in track.years]),
        drawdown=np.array([year.metrics["max_drawdown"] for year in track.years]),
        turnover=np.array([year.metrics["turnover"] for year in track.years]),
    )


def _universe(track: TrackRecord, year: CalendarYear) -> float:
    within = (track.dates >= year.first) & (track.dates <= year.last)
    rates = track.result.risk_free, track.result.periods_per_year
    return passive_metrics(track.universe[within], *rates)["total_return"]
