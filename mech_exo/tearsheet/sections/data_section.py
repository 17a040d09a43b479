"""The data: what they are, which are doubtful, how far they are known."""

from collections.abc import Iterator

import numpy as np

from mech_exo.report.charts.chart_units import ChartUnit
from mech_exo.report.charts.heat_map import HeatMap
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.formats import percent
from mech_exo.report.page.page_blocks import Block, Paragraph
from mech_exo.tearsheet.parts.data_coverage import DataCoverage, JudgedFinding
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.sections.section_words import Blocks, drawn, listed, not_there
from mech_exo.tearsheet.tear_sheet import TearSheet

SHARE = ChartUnit("share", factor=100.0, suffix=" %", digits=1, short_digits=0)
MOST_FINDINGS = 30
"""Findings in the table; `exo data check` names all."""


def data_section(sheet: TearSheet) -> Blocks:
    """What is doubtful first."""
    found = sheet.data
    if isinstance(found, Missing):
        return not_there(found)
    return tuple(_blocks(found))


def _blocks(found: DataCoverage) -> Iterator[Block]:
    yield Paragraph(f"{_doubt(found)} The data: {found.source}.")
    if found.findings:
        yield _findings(found)
    facts = found.facts
    if facts is not None:
        yield Paragraph(
            f"{facts.names} names and {facts.sessions} sessions, {facts.first} to {facts.last}. "
            f"{facts.late_listings} names begin later, {facts.delistings} end before the last "
            f"session; between the first and the last price of a name {percent(facts.gaps)} of "
            "its sessions have none."
        )
        yield from drawn(_coverage(found))
    if found.missing:
        yield Paragraph(f"There are no data for {listed(found.missing)}: their weight is 0.")


def _doubt(found: DataCoverage) -> str:
    count = len(found.open)
    if not found.findings:
        return "The data check found nothing doubtful."
    accepted = len(found.findings) - count
    if not count:
        are = "one that is" if accepted == 1 else f"{accepted} that are"
        return f"The data check found nothing but {are} accepted by name."
    things = "one thing" if count == 1 else f"{count} things"
    words = f"The data check found {things} that nobody has accepted"
    if not accepted:
        return f"{words}."
    return f"{words}, and {accepted} that {'is' if accepted == 1 else 'are'} accepted by name."


def _findings(found: DataCoverage) -> TextTable:
    shown = found.findings[:MOST_FINDINGS]
    more = len(found.findings) - len(shown)
    return TextTable(
        caption="Which data are doubtful",
        columns=("finding", "what it is", "what to do", "accepted"),
        rows=tuple(_row(finding) for finding in shown),
        words=(0, 1, 2, 3),
        note=f"And {more} more: exo data check." if more else "",
    )


def _row(finding: JudgedFinding) -> tuple[str, ...]:
    return (
        f"{finding.name} ({finding.severity})" if finding.severity else finding.name,
        finding.message,
        finding.remedy,
        "yes" if finding.accepted else "no",
    )


def _coverage(found: DataCoverage) -> HeatMap:
    names = tuple(found.known)
    return HeatMap(
        title="How much of each factor is known",
        caption="Share of the tradable names with a value, by year. The last row is the number of "
        "names with a price, as a share of the most.",
        rows=(*names, "names with a price"),
        columns=tuple(str(year) for year in found.years),
        values=np.vstack([*found.known.values(), found.names / max(1, int(found.names.max()))]),
        unit=SHARE,
        row_name="factor",
        column_name="year",
    )
