"""Where the figures come from, and the commands that compute them again."""

from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.page.page_blocks import CommandLines, Paragraph
from mech_exo.tearsheet.sections.section_words import Blocks
from mech_exo.tearsheet.tear_sheet import TearSheet


def origin_section(sheet: TearSheet) -> Blocks:
    """The commands first."""
    found = sheet.origin
    lines = [text for line in found.commands for text in (f"# {line.does}", line.text)]
    return (
        CommandLines("In the project's folder, with the same data:", tuple(lines)),
        Paragraph(
            "The same data, settings, objective file, seed and versions give the same figures to "
            "the last bit, whatever the number of processes."
        ),
        _table("Hashes and versions", {**found.facts, **found.versions}),
        TextTable(
            caption="Settings that are not the default",
            columns=("setting", "value", "default"),
            rows=tuple((name, *values) for name, values in found.settings.items()),
            words=(0, 1, 2),
        )
        if found.settings
        else Paragraph(
            "It does not state its settings."
            if found.settings is None
            else "All settings are the default."
        ),
    )


def _table(caption: str, values: dict[str, str]) -> TextTable:
    return TextTable(caption, ("what", "value"), tuple(values.items()), words=(0, 1))
