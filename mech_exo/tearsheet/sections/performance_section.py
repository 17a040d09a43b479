"""Key figures, in and out of sample, beside the universe and the incumbent."""

from collections.abc import Iterator, Mapping

from mech_exo.backtest.metrics import METRICS
from mech_exo.config.doc_pages import page_command
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.formats import WRITTEN, look_words
from mech_exo.report.page.page_blocks import Block, KeyFigure, KeyFigures, Paragraph
from mech_exo.tearsheet.parts.performance import Performance, PortfolioRecord
from mech_exo.tearsheet.sections.section_words import Blocks
from mech_exo.tearsheet.tear_sheet import TearSheet
from mech_exo.workflow.figures import Dates

SHOWN = ("sharpe", "annual_return", "max_drawdown", "active_return", "turnover")
"""Metrics that stand large above the table."""

CASH = "cash"  # what a portfolio is measured against that has both sides


def performance_section(sheet: TearSheet) -> Blocks:
    """The figures, the reader's questions first."""
    found = sheet.performance
    if not found.records:
        return (Paragraph(_nothing(sheet)),)
    return tuple(_blocks(found))


def _nothing(sheet: TearSheet) -> str:
    missing = sheet.missing.get("courses")
    return "There are no figures." if missing is None else missing.reason


def _blocks(found: Performance) -> Iterator[Block]:
    mine = found.records[0]
    for sentence in _sentences(found):
        yield Paragraph(sentence)
    yield KeyFigures(tuple(_key_figures(mine)))
    yield _table(found)
    for record in found.records:
        if record.remark:
            yield Paragraph(f"{record.remark}.", kind="note")


def _sentences(found: Performance) -> Iterator[str]:
    beside = {record.role: record for record in found.records}
    mine, universe = found.records[0], beside.get("universe")
    if found.in_sample is not None:
        dates = _dates(found, found.in_sample)
        yield _sentence(f"In sample ({dates})", mine.in_sample, universe, inside=True)
    if found.out_of_sample is not None:
        words = look_words(found.look, found.looks)
        seen = f" This is {words}." if found.look else f" {words.capitalize()}." * (found.looks > 0)
        yield (
            _sentence(
                f"On the holdout, which no trial saw ({_dates(found, found.out_of_sample)})",
                mine.out_of_sample,
                universe,
                inside=False,
            )
            + seen
        )
    elif found.looks:
        words = look_words(found.look, found.looks)
        yield f"The holdout is not computed anew. This portfolio's was {words}."
    elif found.in_sample is not None:
        yield "There is no holdout (holdout.fraction is 0): every figure is in sample."


def _dates(found: Performance, ends: Dates) -> str:
    return f"{'data of ' if found.of_data else ''}{ends[0]} to {ends[1]}"


def _sentence(
    where: str,
    figures: Mapping[str, float] | None,
    universe: PortfolioRecord | None,
    *,
    inside: bool,
) -> str:
    words = (
        f"{where}, it returned {_value(figures, 'annual_return')} a "
        f"year with a Sharpe ratio of {_value(figures, 'sharpe')}"
    )
    theirs = None if universe is None else universe.in_sample if inside else universe.out_of_sample
    if universe is None or theirs is None:
        return f"{words}."
    if universe.label == CASH:
        return f"{words}. Its figures are measured against cash."
    return (
        f"{words}; {_called(universe)} returned {_value(theirs, 'annual_return')} a year with "
        f"{_value(theirs, 'sharpe')}."
    )


def _called(record: PortfolioRecord) -> str:
    return "the equal-weighted universe" if record.label == "universe" else record.label


def _value(figures: Mapping[str, float] | None, name: str) -> str:
    metric = METRICS[name]
    return WRITTEN[metric.unit](None if figures is None else figures.get(name))


def _key_figures(mine: PortfolioRecord) -> Iterator[KeyFigure]:
    outside = mine.out_of_sample
    for name in SHOWN:
        if outside is None:
            yield KeyFigure(METRICS[name].label, _value(mine.in_sample, name), "in sample")
        else:
            note = f"on the holdout; {_value(mine.in_sample, name)} in sample"
            yield KeyFigure(METRICS[name].label, _value(outside, name), note)


def _table(found: Performance) -> TextTable:
    columns = [
        (f"{record.label}, {part}", figures)
        for record in found.records
        for part, figures in (
            ("in sample", record.in_sample),
            ("holdout", record.out_of_sample),
        )
        if figures is not None
    ]
    return TextTable(
        caption="All figures, after costs",
        columns=("figure", *(name for name, _ in columns)),
        rows=tuple(
            (metric.label, *(_value(figures, metric.name) for _, figures in columns))
            for metric in METRICS.values()
        ),
        note=f"{page_command('metrics')} says how each is computed. – : not defined, or not known.",
    )
