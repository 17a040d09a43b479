"""Formulas in workbooks."""

import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

ROWS = [["date", "A", "B"], ["2020-01-01", 1.5, 2.5], ["2020-01-02", 3.5, 4.5]]


def saved(folder: Path, changed: dict[str, object], sheet: str = "one") -> Path:
    """A workbook of two sheets of `ROWS`, with other cells in one of them."""
    book: Any = openpyxl.Workbook()
    book.active.title = "one"
    for name in ("one", "two"):
        page = book["one"] if name == "one" else book.create_sheet("two")
        for row in ROWS:
            page.append(row)
    for place, value in changed.items():
        book[sheet][place] = value
    path = folder / "t.xlsx"
    book.save(path)
    return path


def with_values(path: Path, old: str, new: str) -> Path:
    """The workbook as Excel saves it: with the values of its formulas."""
    whole = zipfile.ZipFile(path)
    parts = {name: whole.read(name) for name in whole.namelist()}
    whole.close()
    name = "xl/worksheets/sheet1.xml"
    assert old.encode() in parts[name]
    parts[name] = parts[name].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w") as made:
        for part, content in parts.items():
            made.writestr(part, content)
    return path


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("B3", "row 3, column B (A)"),
        ("C2", "row 2, column C (B)"),
        ("A3", "row 3, column A (date)"),
    ],
)
def test_a_formula_without_its_value_is_refused(place: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ExoError) as caught:
        read_table(saved(tmp_path, {place: "=B2*2"}))
    assert f"t.xlsx, {words}: holds a formula whose value was not saved" in caught.value.message
    assert "Open the file in Excel" in caught.value.hint


def test_so_is_a_row_of_nothing_else_and_a_name_of_a_column(tmp_path: Path) -> None:
    for changed in ({"A4": "=A3+1", "B4": "=B3", "C4": "=C3"}, {"C1": '="B"'}):
        with pytest.raises(ExoError, match="whose value was not saved"):
            read_table(saved(tmp_path, dict(changed)))


def test_values_that_were_saved_count_and_an_empty_text_is_one(tmp_path: Path) -> None:
    path = with_values(
        saved(tmp_path, {"B3": "=B2*2"}),
        '<c r="B3"><f>B2*2</f><v></v></c>',
        '<c r="B3"><f>B2*2</f><v>3</v></c>',
    )
    assert read_table(path).numbers("A").tolist() == [1.5, 3.0]
    path = with_values(
        saved(tmp_path, {"B3": '=""'}),
        '<c r="B3"><f>""</f><v></v></c>',
        '<c r="B3" t="str"><f>""</f><v></v></c>',
    )
    assert read_table(path).empty("A").tolist() == [False, True]


def test_formulas_of_another_sheet_do_not_count(tmp_path: Path) -> None:
    path = saved(tmp_path, {"B3": "=B2*2"}, sheet="two")
    assert read_table(path).numbers("A").tolist() == [1.5, 3.5]
    with pytest.raises(ExoError, match="whose value was not saved"):
        read_table(path, "two")
