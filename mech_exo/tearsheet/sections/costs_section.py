"""What trading cost, and what happens under other assumptions."""

from collections.abc import Iterator, Mapping

from mech_exo.backtest.calendar_years import broken_years
from mech_exo.report.charts.chart_units import ChartUnit
from mech_exo.report.charts.curve_plot import Curve
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.charts.year_columns import YearColumns
from mech_exo.report.formats import number, percent
from mech_exo.report.page.page_blocks import Paragraph
from mech_exo.tearsheet.parts.cost_record import FREE, Assumed, CostRecord
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.sections.section_words import BROKEN_YEAR, Blocks, drawn, not_there
from mech_exo.tearsheet.tear_sheet import TearSheet

MEANS = {
    "as it is": "as it is",
    FREE: "without commission and slippage",
    "cost=2x": "twice the cost",
    "lag=+1": "traded one session later",
    "stop=none": "without a stop",
    "positions=0.5x": "half as many names",
    "positions=2x": "twice as many names",
    "delay=30": "every fact public 30 days later",
}
"""What was assumed -> in words."""

FINE = ChartUnit("fine percent", factor=100.0, suffix=" %", digits=2, short_digits=2)


def costs_section(sheet: TearSheet) -> Blocks:
    """Costs first, then how fragile the result is."""
    found = sheet.costs
    if isinstance(found, Missing):
        return not_there(found)
    return (
        *(Paragraph(sentence) for sentence in _sentences(found)),
        _table(found),
        *drawn(_paid(found)),
    )


def _sentences(found: CostRecord) -> Iterator[str]:
    yield (
        f"Each trade costs {found.commission_bps:g} basis points of commission and "
        f"{found.slippage_bps:g} of slippage. That took {percent(found.paid_a_year, 2)} of the "
        f"portfolio a year{_impact(found)}."
    )
    here, twice = (_named(found, name) for name in ("as it is", "cost=2x"))
    if here is None or twice is None:
        return
    sentence = (
        f"At twice the cost the Sharpe ratio in sample is {_value(twice.inside, 'sharpe')} instead "
        f"of {_value(here.inside, 'sharpe')}"
    )
    if here.outside is not None and twice.outside is not None:
        sentence += (
            f", and on the holdout {_value(twice.outside, 'sharpe')} instead of "
            f"{_value(here.outside, 'sharpe')}"
        )
    yield f"{sentence}."


def _impact(found: CostRecord) -> str:
    if found.impact is None:
        return ""
    return f"; the impact of its own trades (Y = {found.impact:g}) comes on top"


def _named(found: CostRecord, name: str) -> Assumed | None:
    return next((one for one in found.assumed if one.name == name), None)


def _value(figures: Mapping[str, float] | None, name: str) -> str:
    return "–" if figures is None else number(figures.get(name), 2)


def _table(found: CostRecord) -> TextTable:
    return TextTable(
        caption="The same portfolio under other assumptions",
        columns=("assumed", "Sharpe", "a year", "active", "drawdown", "Sharpe, holdout"),
        rows=tuple(_row(one) for one in found.assumed),
        marked=(0,),
        note="In sample, but for the last column. Active: return over the benchmark's, a year. On "
        "the holdout only that was run which leaves the portfolio as it is; exo backtest "
        "--what-if tries others.",
    )


def _row(one: Assumed) -> tuple[str, ...]:
    inside = one.inside or {}
    return (
        " ".join(filter(None, (MEANS.get(one.name, one.name), one.failure))),
        number(inside.get("sharpe"), 2),
        percent(inside.get("annual_return")),
        percent(inside.get("active_return")),
        percent(inside.get("max_drawdown")),
        _value(one.outside, "sharpe"),
    )


def _paid(found: CostRecord) -> YearColumns:
    return YearColumns(
        title="Commission and slippage of each year",
        caption=f"A share of the portfolio, a year. {BROKEN_YEAR}",
        groups=tuple(str(year.year) for year in found.years),
        series=(Curve("paid", found.paid),),
        unit=FINE,
        starred=broken_years(found.years),
    )
