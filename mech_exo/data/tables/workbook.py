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
        rows = list(book[sheet or book.sheetnames[0]].iter_rows(values_only=True))
    except (InvalidFileException, *DAMAGED) as error:
        raise ExoError(f"{path}: is not a readable workbook ({first_line(error)}).") from error
    return _table(path, rows)


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
