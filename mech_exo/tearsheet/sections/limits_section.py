"""The constraints, and how near they are."""

from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.formats import WRITTEN, percent
from mech_exo.report.page.page_blocks import Paragraph
from mech_exo.tearsheet.parts.limit_distances import LimitDistance
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.sections.section_words import Blocks, listed, not_there
from mech_exo.tearsheet.tear_sheet import TearSheet


def limits_section(sheet: TearSheet) -> Blocks:
    """Which are broken or near, then all."""
    found = sheet.limits
    if isinstance(found, Missing):
        return not_there(found)
    return Paragraph(_sentence(found)), _table(found)


def _sentence(found: tuple[LimitDistance, ...]) -> str:
    broken = [one.name for one in found if not one.satisfied]
    near = [one.name for one in found if one.near]
    if broken:
        return f"It does not keep {listed(broken)}."
    if near:
        return f"It keeps all limits, {listed(near)} only just: a search goes as far as it may."
    return "It keeps all limits, and none is near."


def _table(found: tuple[LimitDistance, ...]) -> TextTable:
    return TextTable(
        caption="Limits of the objective file, in sample",
        columns=("limit", "it has", "allowed", "used", "kept"),
        rows=tuple(
            (
                one.name,
                WRITTEN[one.unit](one.value),
                f"{one.keeps} {WRITTEN[one.unit](one.limit)}",
                percent(one.used, 0),
                "yes" if one.satisfied else "no",
            )
            for one in found
        ),
        words=(0, 4),
        marked=tuple(i for i, one in enumerate(found) if not one.satisfied),
    )
