"""What sections have in common: how a missing part is said, and how figures are written."""

from collections.abc import Iterable, Sequence

from mech_exo.report.charts.chart import Chart, draw
from mech_exo.report.formats import percent
from mech_exo.report.page.page_blocks import Block, CommandLines, Paragraph
from mech_exo.tearsheet.parts.missing import Missing

BROKEN_YEAR = "* : annualised from a part of a year."
"""Of a chart by year whose figures are of a year; a part of one says little."""

LEAST = 0.001
"""Chances below it are not written in figures."""

Blocks = tuple[Block, ...]


def not_there(missing: Missing) -> Blocks:
    """That a part is missing, and what would fill it."""
    said = Paragraph(missing.reason)
    if not missing.command:
        return (said,)
    return said, CommandLines("This would fill it:", (missing.command,))


def drawn(*charts: Chart) -> Blocks:
    """Charts as figures."""
    return tuple(draw(chart) for chart in charts)


def listed(words: Sequence[str]) -> str:
    """Words in a sentence: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def chance(p: float | None) -> str:
    """A chance under luck; what rounds to nothing is not called nothing."""
    if p is not None and 0.0 <= p < LEAST:
        return f"under {percent(LEAST)}"
    return percent(p)


def text_rows(rows: Iterable[Sequence[object]]) -> tuple[tuple[str, ...], ...]:
    """Rows of a table as texts."""
    return tuple(tuple(str(cell) for cell in row) for row in rows)
