"""What was tried: which parameters matter, the trials, and the plateau around the best."""

from collections.abc import Iterator

from mech_exo.report.charts.chart_units import PERCENT
from mech_exo.report.charts.heat_map import HeatMap
from mech_exo.report.charts.interval_bars import IntervalBar, IntervalBars
from mech_exo.report.charts.parallel_lines import ParallelAxis, ParallelLines
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.formats import number, percent
from mech_exo.report.importance_tables import METHODS
from mech_exo.report.page.page_blocks import Block, CommandLines, Paragraph
from mech_exo.tearsheet.parts.luck import number_of
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.parts.trial_cloud import TrialCloud
from mech_exo.tearsheet.parts.trial_grid import TrialGrid
from mech_exo.tearsheet.parts.verdict_found import VerdictFound
from mech_exo.tearsheet.sections.section_words import Blocks, drawn, not_there
from mech_exo.tearsheet.tear_sheet import TearSheet
from mech_exo.tuning.importance import Importances

MOST_FRONT = 40
"""Trials of the front in the table."""


def trials_section(sheet: TearSheet) -> Blocks:
    """Counts, importance, parallel coordinates, plateau."""
    found = sheet.trials
    if isinstance(found, Missing):
        return not_there(found)
    return tuple(_blocks(sheet, found))


def _blocks(sheet: TearSheet, found: TrialCloud) -> Iterator[Block]:
    yield Paragraph(_counts(found))
    if len(found.directions) > 1:
        yield _front(found)
        yield CommandLines("A page of one of them:", ("exo report --trial NUMBER",))
    if isinstance(sheet.importance, Missing):
        yield from not_there(sheet.importance)
    else:
        yield from drawn(_importance(sheet.importance))
        if sheet.importance.doubt:
            yield Paragraph(f"{sheet.importance.doubt}.", kind="note")
    if found.parameters:
        yield from drawn(_lines(found))
    if isinstance(sheet.plateau, Missing):
        if sheet.plateau != sheet.importance:  # else it has been said
            yield from not_there(sheet.plateau)
    else:
        yield from drawn(_plateau(found, sheet.plateau))
    yield from _neighbours(sheet)


def _counts(found: TrialCloud) -> str:
    feasible = int(found.feasible.sum())
    words = (
        f"{found.finished} trials were made; {found.complete} are complete, and {feasible} of them "
        "keep all limits."
    )
    if found.pruned:
        words += f" {found.pruned} were given up early."
    if found.failed:
        words += f" {found.failed} failed."
    return words


def _front(found: TrialCloud) -> TextTable:
    shown = found.front[:MOST_FRONT]
    more = len(found.front) - len(shown)
    return TextTable(
        caption="Trials that no other one beats in everything",
        columns=("trial", *found.objectives),
        rows=tuple(
            (str(found.numbers[i]), *(f"{value:.4g}" for value in found.values[i])) for i in shown
        ),
        note=f"And {more} more." if more else "",
    )


def _importance(found: Importances) -> IntervalBars:
    caption = (
        f"Shares by {METHODS[found.evaluator]} over {found.trials} feasible trials: where the best "
        "of them differ from the others."
    )
    if found.halves:
        caption += " The line goes from one half of the trials to the "
        "other: what differs between them is chance, and the share of all may lie outside."
    if found.local:
        caption += (
            f" The sampler ({found.sampler}) looks mostly where it is good, so the shares are "
            "about that region."
        )
    return IntervalBars(
        title=f"Which parameters decide the {found.target}",
        caption=caption,
        bars=tuple(
            IntervalBar(name, share, *found.halves.get(name, ()))
            for name, share in found.shares.items()
        ),
        value_name="share",
        item_name="parameter",
        interval_name="both halves" if found.halves else "",
        unit=PERCENT,
    )


def _lines(found: TrialCloud) -> ParallelLines:
    sign = 1.0 if found.directions[0] == "maximize" else -1.0
    axes = [
        ParallelAxis(name, found.points[:, k], names=found.choices.get(name, ()))
        for k, name in enumerate(found.parameters)
    ]
    values = [ParallelAxis(n, found.values[:, k]) for k, n in enumerate(found.objectives)]
    return ParallelLines(
        title="The trials, parameter by parameter",
        caption="A line is a trial. Where the best lines run together, the search has settled; "
        "where they spread, the parameter does not matter much.",
        axes=(*values, *axes),
        numbers=found.numbers,
        merit=sign * found.values[:, 0],
        feasible=found.feasible,
    )


def _plateau(found: TrialCloud, grid: TrialGrid) -> HeatMap:
    return HeatMap(
        title=f"The plateau: {grid.rows.name} and {grid.columns.name}",
        caption=f"Median {found.objectives[0]} of the trials in each cell; an empty cell was not "
        "tried. A real effect is broad; a lone bright cell is luck.",
        rows=grid.rows.labels,
        columns=grid.columns.labels,
        values=grid.median,
        row_name=grid.rows.name,
        column_name=grid.columns.name,
        marked=grid.chosen,
        marked_name="this portfolio",
    )


def _neighbours(sheet: TearSheet) -> Iterator[Block]:
    """What the verdict found around the portfolio."""
    block = sheet.verdict.block if isinstance(sheet.verdict, VerdictFound) else {}
    plateau = block.get("plateau")
    if not isinstance(plateau, dict):
        return
    value, median, low, feasible = (
        number_of(plateau.get(name)) for name in ("value", "median", "low", "feasible")
    )
    yield Paragraph(
        f"The objective is {number(value)} here; after small moves of all parameters it is "
        f"{number(median)} (median), and {number(low)} in the worst tenth. {percent(feasible, 0)} "
        "of such moves keep the limits."
    )
