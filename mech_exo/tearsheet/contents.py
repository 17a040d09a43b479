"""The sections of the page, one entry each, in the order in which they are read."""

from collections.abc import Callable
from typing import NamedTuple

from mech_exo.report.page.page_blocks import PageSection, ReportPage
from mech_exo.tearsheet.sections.book_section import book_section
from mech_exo.tearsheet.sections.calendar_section import calendar_section
from mech_exo.tearsheet.sections.costs_section import costs_section
from mech_exo.tearsheet.sections.courses_section import courses_section
from mech_exo.tearsheet.sections.data_section import data_section
from mech_exo.tearsheet.sections.factors_section import factors_section
from mech_exo.tearsheet.sections.limits_section import limits_section
from mech_exo.tearsheet.sections.luck_section import luck_section
from mech_exo.tearsheet.sections.origin_section import origin_section
from mech_exo.tearsheet.sections.performance_section import performance_section
from mech_exo.tearsheet.sections.section_words import Blocks
from mech_exo.tearsheet.sections.trials_section import trials_section
from mech_exo.tearsheet.sections.verdict_section import verdict_section
from mech_exo.tearsheet.sections.weights_section import weights_section
from mech_exo.tearsheet.tear_sheet import TearSheet


class SectionEntry(NamedTuple):
    """One section: its anchor, its heading, and what makes its blocks of the record."""

    key: str
    title: str
    blocks: Callable[[TearSheet], Blocks]


SECTIONS = (
    SectionEntry("verdict", "Is it skill or luck?", verdict_section),
    SectionEntry("figures", "What it earned", performance_section),
    SectionEntry("growth", "What would have happened to 100", courses_section),
    SectionEntry("luck", "What luck finds", luck_section),
    SectionEntry("costs", "What it cost, and what if", costs_section),
    SectionEntry("weights", "What it is made of", weights_section),
    SectionEntry("factors", "Which factor matters", factors_section),
    SectionEntry("trials", "What was tried", trials_section),
    SectionEntry("calendar", "Years and months", calendar_section),
    SectionEntry("book", "What was held", book_section),
    SectionEntry("limits", "Limits, and how near they are", limits_section),
    SectionEntry("data", "The data, and which are doubtful", data_section),
    SectionEntry("origin", "How to compute it again", origin_section),
)


def page_of(sheet: TearSheet) -> ReportPage:
    """The page of a record; the same for the same record."""
    return ReportPage(
        title=_title(sheet),
        subtitle=_subtitle(sheet),
        sections=tuple(PageSection(e.key, e.title, e.blocks(sheet)) for e in SECTIONS),
        footer="Made by exo report. All figures are after costs.",
    )


def _title(sheet: TearSheet) -> str:
    if sheet.kind == "file" or not sheet.label:
        return sheet.label or f"study {sheet.name}"
    return f"{sheet.label} of study {sheet.name}"


def _subtitle(sheet: TearSheet) -> str:
    spans = [d for d in (sheet.performance.in_sample, sheet.performance.out_of_sample) if d]
    words = "a tear sheet" if sheet.kind == "study" else f"factor file {sheet.name}"
    if not spans:
        return words
    return f"{words}; data from {spans[0][0]} to {spans[-1][1]}"
