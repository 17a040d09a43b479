"""Exposures, sectors, turnover, number of names, capacity."""

from collections.abc import Iterator, Mapping

import numpy as np

from mech_exo.backtest.calendar_years import broken_years
from mech_exo.config.doc_pages import page_command
from mech_exo.data.panel import FloatArray
from mech_exo.report.charts.chart_units import PERCENT
from mech_exo.report.charts.curve_plot import Curve
from mech_exo.report.charts.curves import Curves
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.charts.year_columns import YearColumns
from mech_exo.report.formats import about, percent
from mech_exo.report.page.page_blocks import Block, KeyFigure, KeyFigures, Paragraph
from mech_exo.tearsheet.parts.book_history import BookHistory
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.sections.section_words import BROKEN_YEAR, Blocks, drawn, not_there
from mech_exo.tearsheet.tear_sheet import TearSheet

MOST_SECTORS = 6
"""Sectors that have a line; the largest on average."""


def book_section(sheet: TearSheet) -> Blocks:
    """What was held, and how much it was traded."""
    found = sheet.book
    if isinstance(found, Missing):
        return not_there(found)
    return tuple(_blocks(found))


def _blocks(found: BookHistory) -> Iterator[Block]:
    yield KeyFigures(tuple(_key_figures(found)))
    yield from drawn(_exposures(found))
    if found.sectors is None:
        yield Paragraph(
            "The sectors of the names are not known (data.sectors names a file of them).",
            kind="note",
        )
    else:
        yield from drawn(_sectors(found, found.sectors))
    yield from drawn(_turnover(found))
    yield from _capacity(found)


def _key_figures(found: BookHistory) -> Iterator[KeyFigure]:
    low, high = int(found.names.min()), int(found.names.max())
    yield KeyFigure("names held", str(int(np.median(found.names))), f"median; {low} to {high}")
    yield KeyFigure("invested, net", percent(float(found.net.mean())), "mean")
    if found.sells_short:
        yield KeyFigure("sold short", percent(float(found.short.mean())), "mean")
        yield KeyFigure("gross", percent(float(found.gross.mean())), "mean")
    else:
        yield KeyFigure("cash", percent(float(1.0 - found.net.mean())), "mean")
    capacity = found.capacity
    if capacity is not None and capacity.half is not None:
        note = "capital at which half of the active return is left"
        yield KeyFigure("capacity", about(capacity.half), note)


def _exposures(found: BookHistory) -> Curves:
    lines = [Curve("invested, net", found.net)]
    if found.sells_short:
        lines += [Curve("gross", found.gross), Curve("sold short", found.short)]
    else:
        lines.append(Curve("cash", 1.0 - found.net))
    return Curves(
        title="Exposure",
        caption="Share of the portfolio at each close. A position that hits its stop is sold, and "
        "stays cash until the next rebalance.",
        x=found.dates,
        curves=tuple(lines),
        unit=PERCENT,
        base=0.0,
    )


def _sectors(found: BookHistory, shares: Mapping[str, FloatArray]) -> Curves:
    largest = sorted(shares, key=lambda name: -float(np.abs(shares[name]).mean()))
    return Curves(
        title="Sectors",
        caption="Share of each after a rebalance"
        + (f"; the {MOST_SECTORS} largest." if len(largest) > MOST_SECTORS else "."),
        x=found.executions,
        curves=tuple(Curve(name, shares[name]) for name in largest[:MOST_SECTORS]),
        unit=PERCENT,
        base=0.0,
    )


def _turnover(found: BookHistory) -> YearColumns:
    one_way = np.array([year.metrics["turnover"] for year in found.years])
    return YearColumns(
        title="Turnover of each year",
        caption="One-way, a year: 100 % means that the portfolio was bought once. Stops are "
        f"counted. {BROKEN_YEAR}",
        groups=tuple(str(year.year) for year in found.years),
        series=(Curve("turnover", one_way),),
        starred=broken_years(found.years),
    )


def _capacity(found: BookHistory) -> Iterator[Block]:
    capacity = found.capacity
    if capacity is None:
        yield Paragraph(
            "The data do not say how much is traded (data.volume, data.traded_value), so the "
            "capacity is not known.",
            kind="note",
        )
        return
    yield TextTable(
        caption="Active return at each capital, in sample",
        columns=("capital", "active return a year"),
        rows=(
            ("trades move no price", percent(capacity.unmoved)),
            *((about(p.capital), percent(p.active_return)) for p in capacity.points),
        ),
        note=f"With a square-root impact of Y = {capacity.impact:g} "
        f"({page_command('conventions')}).",
    )
