"""Every section says something of every record, and what it cannot say it names."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from mech_exo.report.page.page_blocks import CommandLines, Paragraph
from mech_exo.tearsheet.contents import SECTIONS, page_of
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.report_document import report_document
from mech_exo.tearsheet.report_file import report_text
from mech_exo.tearsheet.tear_sheet import TearSheet
from tests.unit.tearsheet.conftest import inputs, request_of
from tests.unit.tearsheet.test_collection import sheet_of

NEVER_MISSING = {"kind", "name", "label", "cautions", "exit_code", "performance", "origin"}
WHY = Missing("Nobody knows why.", "exo find-out")


@pytest.fixture(scope="module")
def sheet(judged: Path) -> TearSheet:
    return sheet_of(request_of(judged))


def test_anchors_are_unique_and_every_section_has_blocks(sheet: TearSheet) -> None:
    page = page_of(sheet)
    assert len({entry.key for entry in SECTIONS}) == len(SECTIONS) == len(page.sections)
    assert all(section.blocks for section in page.sections)


PARTS = [f.name for f in fields(TearSheet) if f.name not in NEVER_MISSING]


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_part_is_said_with_its_command(name: str, sheet: TearSheet) -> None:
    changed: dict[str, Any] = {name: WHY}
    without = replace(sheet, **changed)
    blocks = [block for section in page_of(without).sections for block in section.blocks]
    assert WHY.reason in report_text(without)
    assert any(isinstance(b, CommandLines) and "exo find-out" in b.lines for b in blocks)
    assert report_document(without)["missing"] == {name: WHY.reason}


def test_a_part_without_a_command_is_a_sentence(sheet: TearSheet) -> None:
    without = replace(sheet, data=Missing("No data."))
    blocks = next(s for s in page_of(without).sections if s.key == "data").blocks
    assert blocks == (Paragraph("No data."),)


def test_the_page_of_other_data_has_all_sections(judged: Path, tmp_path: Path) -> None:
    other = sheet_of(request_of(judged, inputs=inputs(tmp_path, data__demo__seed=9)))
    page = page_of(other)
    assert all(section.blocks for section in page.sections)
    assert "another fingerprint" in report_text(other)


def test_names_cannot_leave_the_element_with_the_figures(sheet: TearSheet) -> None:
    hostile = replace(sheet, name="</script><script>alert(1)</script>", label="<b>&")
    text = report_text(hostile)
    assert "<script>alert" not in text
    assert text.count("</script>") == 2  # the figures, and the page's own script


def test_the_same_record_gives_the_same_bytes(judged: Path, sheet: TearSheet) -> None:
    assert report_text(sheet) == report_text(sheet_of(request_of(judged)))
