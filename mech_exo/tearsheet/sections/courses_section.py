"""What would have happened to 100, and how far it fell on the way."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray
from mech_exo.report.charts.chart_units import GROWTH
from mech_exo.report.charts.curve_plot import Curve, Mark, Shade
from mech_exo.report.charts.curves import Curves
from mech_exo.report.charts.drawdowns import Drawdowns
from mech_exo.report.formats import percent
from mech_exo.report.page.page_blocks import Block, Paragraph
from mech_exo.tearsheet.parts.courses import START, Course, Courses
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.sections.section_words import Blocks, drawn, not_there
from mech_exo.tearsheet.tear_sheet import TearSheet


def courses_section(sheet: TearSheet) -> Blocks:
    """Growth and drawdowns."""
    found = sheet.courses
    if isinstance(found, Missing):
        return not_there(found)
    dates = np.unique(np.concatenate([course.dates for course in found.shown]))
    return (
        Paragraph(_sentence(found)),
        *drawn(_growth(found, dates), _falls(sheet, found, dates)),
        *_remarks(sheet, found),
    )


def _sentence(found: Courses) -> str:
    last = found.portfolio.dates[-1]
    mine, universe = found.portfolio.value[-1], found.universe.value[-1]
    return (
        f"100 became {mine:,.0f} by {last}, after costs; in {_universe(found)} it became "
        f"{universe:,.0f}."
    )


def _universe(found: Courses) -> str:
    label = found.universe.label
    return "the equal-weighted universe" if label == "universe" else label


def _growth(found: Courses, dates: DateArray) -> Curves:
    return Curves(
        title="What would have happened to 100",
        caption="After costs, on a scale on which equal growth is equally steep. "
        + " ".join(_reading(found)),
        x=dates,
        curves=tuple(_curve(course, course.value, dates) for course in found.shown),
        unit=GROWTH,
        shades=_shades(found, dates),
        marks=_marks(found),
        log=True,
        base=START,
    )


def _reading(found: Courses) -> Iterator[str]:
    if found.split is not None:
        yield (
            "Shaded: the dates that the search saw. Here the portfolio is held through; the "
            "holdout's figures above are of a run that begins there, with cash."
        )
    if found.walk_forward is not None:
        yield (
            "Walk-forward: weights that were tuned on earlier dates only, held over what followed; "
            "it begins with what the universe was worth then."
        )


def _falls(sheet: TearSheet, found: Courses, dates: DateArray) -> Drawdowns:
    limit = None
    if not isinstance(sheet.limits, Missing):
        limit = next((-one.limit for one in sheet.limits if one.name == "max_drawdown"), None)
    pair = [c for c in (found.portfolio, found.universe, found.incumbent) if c is not None]
    return Drawdowns(
        title="How far it fell from its highest value",
        caption="The dashed line is the limit of the objective file, which holds in sample."
        if limit is not None
        else "Loss from the highest value so far.",
        dates=dates,
        curves=tuple(_curve(course, -course.drawdown, dates) for course in pair),
        shades=_shades(found, dates),
        limit=limit,
    )


def _curve(course: Course, values: FloatArray, dates: DateArray) -> Curve:
    """On the common dates; a gap where the course has none."""
    whole = np.full(len(dates), np.nan)
    whole[np.searchsorted(dates, course.dates)] = values
    return Curve(course.label, whole)


def _shades(found: Courses, dates: DateArray) -> tuple[Shade, ...]:
    if found.split is None:
        return (Shade(dates[0], dates[-1], "in sample"),)
    return (Shade(dates[0], found.split, "in sample"),)


def _marks(found: Courses) -> tuple[Mark, ...]:
    marks = [] if found.split is None else [Mark(found.split, "holdout")]
    if found.pieces:
        marks.insert(0, Mark(found.pieces[0], "walk-forward"))
    return tuple(marks)


def _remarks(sheet: TearSheet, found: Courses) -> Iterator[Block]:
    deepest = int(np.argmax(found.portfolio.drawdown))
    fall = float(found.portfolio.drawdown[deepest])
    if fall > 0.0:
        yield Paragraph(
            f"The largest loss from a peak was {percent(fall)}, on "
            f"{found.portfolio.dates[deepest]}."
        )
    if found.walk_forward is None:
        weights = sheet.weights
        if not isinstance(weights, Missing) and isinstance(weights.windows, Missing):
            yield Paragraph("There is no walk-forward line: ", weights.windows.reason, kind="note")
