"""Years and months: what the portfolio and the universe returned in each."""

from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray, IntArray
from mech_exo.tearsheet.parts.courses import Course, Courses
from mech_exo.tearsheet.parts.missing import Missing


@dataclass(frozen=True, eq=False)
class CalendarReturns:
    """Compound returns by calendar.

    Attributes
    ----------
    years
        [Y] calendar years; the first and the last as far as they go.
    months
        [Y, 12] of the portfolio; NaN where there is no session.
    portfolio, universe
        [Y] compound returns of the years.
    drawdown
        [Y] largest loss of the portfolio from a peak within the year.
    """

    years: IntArray
    months: FloatArray
    portfolio: FloatArray
    universe: FloatArray
    drawdown: FloatArray


def calendar_returns(found: Courses | Missing) -> CalendarReturns | Missing:
    """From the courses, the holdout included."""
    if isinstance(found, Missing):
        return found
    month = _number(found.portfolio.dates, "M")
    years = np.unique(month // 12)
    table = np.full((len(years), 12), np.nan)
    for each in np.unique(month):
        within = found.portfolio.returns[month == each]
        table[np.searchsorted(years, each // 12), each % 12] = np.prod(1.0 + within) - 1.0
    return CalendarReturns(
        years=years + 1970,
        months=table,
        portfolio=_by_year(found.portfolio, years),
        universe=_by_year(found.universe, years),
        drawdown=_losses(found.portfolio, years),
    )


def _number(dates: DateArray, unit: str) -> IntArray:
    return dates.astype(f"datetime64[{unit}]").astype(np.int64)


def _by_year(course: Course, years: IntArray) -> FloatArray:
    of = _number(course.dates, "Y")
    return np.array([np.prod(1.0 + course.returns[of == year]) - 1.0 for year in years])


def _losses(course: Course, years: IntArray) -> FloatArray:
    from mech_exo.backtest.metrics import max_drawdown

    of = _number(course.dates, "Y")
    return np.array([max_drawdown(course.returns[of == year]) for year in years])
