"""Sheets of Excel workbooks."""

import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.columns import Column
from mech_exo.data.tables.header import check_header, first_line
from mech_exo.errors import ExoError
from mech_exo.system.user_file import CHECK_PATH, read_bytes, room, too_large

DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError),
    *(SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError),
)
"""What comes of a damaged file: openpyxl relies on what the XML in it says."""


def read_workbook(path: Path, sheet: str | None) -> Table:
    """A sheet of a workbook, the first if none is named; as `read_table`.

    Its first row with content holds the names. Dates are cells of Excel's own type or texts; of
    formulas the values count that were saved with them.

    Raises
    ------
    ExoError
        For a file that is damaged or too large, and a formula whose value was not saved.
    """
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        raise ExoError(
            f"{path}: reading workbooks needs openpyxl.",
            hint="Install it: pip install 'mech-exo[excel]', or save the sheet as CSV.",
        ) from error
    content = read_bytes(path, limit=None, hint=CHECK_PATH)
    try:
        most, whole = room(), zipfile.ZipFile(io.BytesIO(content)).infolist()
        if sum(part.file_size for part in whole) > most:
            raise too_large(path, most)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        if sheet is not None and sheet not in book.sheetnames:
            raise ExoError(
                f"{path}: has no sheet {sheet!r}.", hint=f"Sheets: {', '.join(book.sheetnames)}."
            )
        name = sheet or book.sheetnames[0]
        rows = list(book[name].iter_rows(values_only=True))
        formula = _first_unsaved(content, name)
    except (InvalidFileException, *DAMAGED) as error:
        raise ExoError(f"{path}: is not a readable workbook ({first_line(error)}).") from error
    if formula is not None:
        raise _unsaved(path, rows, formula)
    return _table(path, rows)


Place = tuple[int, int]
"""Row and column of a cell, from 1."""


def _first_unsaved(content: bytes, sheet: str) -> Place | None:
    """The first formula of a sheet that was saved without its value, as programs write them.

    Excel saves an empty text as the value of a formula that gives none; that is no such cell.
    """
    import openpyxl

    whole = zipfile.ZipFile(io.BytesIO(content))
    parts = (name for name in whole.namelist() if name.startswith("xl/worksheets/"))
    if not any(b"<f" in whole.read(name) for name in parts if not name.endswith("/")):
        return None
    both = (
        openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=values)[sheet]
        for values in (True, False)
    )
    for values, formulas in zip(*(one.iter_rows() for one in both), strict=False):
        for value, formula in zip(values, formulas, strict=False):
            if formula.data_type == "f" and value.value is None and value.data_type != "str":
                return formula.row, formula.column
    return None


def _unsaved(path: Path, rows: Sequence[tuple[object, ...]], place: Place) -> ExoError:
    from openpyxl.utils import get_column_letter

    row, column = place
    names = next((row for row in rows if any(cell is not None for cell in row)), ())
    name = _cell(names, column - 1)
    words = f"column {get_column_letter(column)}" + (f" ({name})" if name is not None else "")
    return ExoError(
        f"{path}, row {row}, {words}: holds a formula whose value was not saved.",
        hint="Open the file in Excel or LibreOffice and save it there, or write values in place "
        "of formulas: what writes a workbook without one of these does not compute them.",
    )


def _table(path: Path, rows: Sequence[tuple[object, ...]]) -> Table:
    filled = [(i, row) for i, row in enumerate(rows, 1) if any(cell is not None for cell in row)]
    if not filled:
        raise ExoError(f"{path}: is empty.")
    (_, first), body = filled[0], filled[1:]
    width = max(i for i, cell in enumerate(first, 1) if cell is not None)
    header = ["" if cell is None else str(cell).strip() for cell in first[:width]]
    check_header(path, header)
    for number, row in body:
        if any(cell is not None for cell in row[width:]):
            raise ExoError(
                f"{path}, row {number}: has a cell to the right of the last column with a name."
            )
    cells: dict[str, Column] = {
        name: np.array([_cell(row, i) for _, row in body], dtype=object)
        for i, name in enumerate(header)
    }
    return Table(path, cells, np.array([i for i, _ in body], dtype=np.int64), "row")


def _cell(row: tuple[object, ...], position: int) -> object:
    return row[position] if position < len(row) else None
