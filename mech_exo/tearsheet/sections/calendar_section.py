"""Years and months."""

import numpy as np

from mech_exo.report.charts.chart_units import PERCENT
from mech_exo.report.charts.curve_plot import Curve
from mech_exo.report.charts.heat_map import HeatMap
from mech_exo.report.charts.year_columns import YearColumns
from mech_exo.report.page.page_blocks import Paragraph
from mech_exo.tearsheet.parts.calendar_returns import CalendarReturns
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.sections.section_words import Blocks, drawn, not_there
from mech_exo.tearsheet.tear_sheet import TearSheet

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def calendar_section(sheet: TearSheet) -> Blocks:
    """Each year beside the universe, each month by itself."""
    found = sheet.calendar
    if isinstance(found, Missing):
        return not_there(found)
    ahead = int((found.portfolio > found.universe).sum())
    lost = int((found.portfolio < 0.0).sum())
    months = found.months[np.isfinite(found.months)]
    return (
        Paragraph(
            f"It was ahead of the universe in {ahead} of {len(found.years)} years, and lost money "
            f"in {lost}. {int((months > 0.0).sum())} of {len(months)} months gained."
        ),
        *drawn(_years(found), _months(found)),
    )


def _years(found: CalendarReturns) -> YearColumns:
    return YearColumns(
        title="Return of each year",
        caption="After costs, in sample and on the holdout, not annualised. * : no whole year.",
        groups=tuple(str(year) for year in found.years),
        series=(
            Curve("portfolio", found.portfolio),
            Curve("universe", found.universe),
        ),
        starred=found.broken,
    )


def _months(found: CalendarReturns) -> HeatMap:
    return HeatMap(
        title="Return of each month, in per cent",
        caption="Compound returns after costs; the last column is the year.",
        rows=tuple(str(year) for year in found.years),
        columns=MONTHS,
        values=found.months,
        unit=PERCENT,
        row_name="year",
        column_name="month",
        diverging=True,
        totals=("year", found.portfolio),
    )
