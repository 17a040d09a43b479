"""What the search found against what luck finds."""

import numpy as np

from mech_exo.report.charts.spread import MarkedValue, Spread
from mech_exo.report.page.page_blocks import Paragraph
from mech_exo.tearsheet.parts.luck import Luck
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.sections.section_words import Blocks, chance, drawn, not_there
from mech_exo.tearsheet.tear_sheet import TearSheet


def luck_section(sheet: TearSheet) -> Blocks:
    """The placebos, and the winner among them."""
    found = sheet.luck
    if isinstance(found, Missing):
        return not_there(found)
    said = (
        Paragraph(
            f"The same search was repeated {found.placebos} times on data in which the scores say "
            f"nothing about what follows. {_reached(found)} By these searches by themselves, luck "
            f"finds as much with a chance of {chance(found.p)}; the verdict puts them together "
            "with the other tests."
        ),
    )
    if not len(found.placebo_ratios):
        return (
            *said,
            Paragraph(
                "The study file here does not keep the single placebo searches, so their spread "
                "is not drawn.",
                kind="note",
            ),
        )
    return (*said, *drawn(_ranks(found), _ratios(found)))


def _reached(found: Luck) -> str:
    values, mine = found.placebo_rank_ts, found.rank_t
    if np.isnan(mine):
        values, mine = found.placebo_ratios, found.ratio
    if not len(values):
        return ""
    count = int((~(values < mine)).sum())
    if not count:
        return "None of them found as much."
    return f"{count} of them found as much or more."


def _ranks(found: Luck) -> Spread:
    return Spread(
        title="How well the scores ranked what followed: your search among the placebos",
        caption="Each dot is the winner of one placebo search. This measure decides: it uses all "
        "names, not only those that were held.",
        values=found.placebo_rank_ts,
        marks=(MarkedValue(found.rank_t, "your search"),),
        what="placebo searches",
        x_name="t of the winner's information coefficients",
    )


def _ratios(found: Luck) -> Spread:
    return Spread(
        title="The ratio of what was held: your search among the placebos",
        caption="Yearly return over the benchmark's share of it, by its own deviation, in sample. "
        "Even where nothing is to be found, a search finds something: that is the spread.",
        values=found.placebo_ratios,
        marks=(
            MarkedValue(found.ratio, "your search"),
            MarkedValue(found.line, "luck exceeds this in 5 %"),
        ),
        what="placebo searches",
        x_name="ratio of the winner in sample",
    )
