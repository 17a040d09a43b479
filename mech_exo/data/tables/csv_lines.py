"""CSV, line by line: slow, and it knows the line of whatever is wrong."""

import csv
import gzip
import io
import zlib
from array import array
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.columns import Column
from mech_exo.data.tables.dialect import dialect_of
from mech_exo.data.tables.file_kinds import BEGINNING, UTF8, seems_utf16
from mech_exo.data.tables.header import check_header, first_line
from mech_exo.data.tables.parquet import decompressed_zst
from mech_exo.errors import ExoError
from mech_exo.system.user_file import CHECK_PATH, read_bytes, read_in_parts, room, too_large

START = 1_000_000
"""Characters of a file that its first lines lie in."""

COMMON = 100_000
"""Different texts of a column up to which each is kept once."""

BLOCK_ROWS = 10_000


def read_lines(path: Path) -> Table:
    """A CSV file, or a compressed one; as `read_table`."""
    text = _lines(path)
    lines = csv.reader(text, strict=True)
    numbers = array("q")
    try:
        dialect = dialect_of(text.read(START))
        header = list(dialect.header)
        check_header(path, header)
        text.seek(0)
        lines = csv.reader(text, strict=True, delimiter=dialect.separator)
        list(islice(lines, dialect.lines))
        columns = [_Texts() for _ in header]
        rows = _rows(path, lines, len(header), numbers)
        while block := list(islice(rows, BLOCK_ROWS)):
            for column, cells in zip(columns, zip(*block, strict=True), strict=True):
                column.add(cells)
    except csv.Error as error:
        raise ExoError(f"{path}, line {lines.line_num}: is not CSV ({error}).") from error
    found: dict[str, Column] = {n: c.cells for n, c in zip(header, columns, strict=True)}
    return Table(path, found, np.array(numbers, dtype=np.int64))


def _rows(path: Path, lines: Any, width: int, numbers: "array[int]") -> Iterator[list[str]]:
    """The rows that are not blank, each of `width` cells; their lines are added to `numbers`."""
    for row in lines:
        if not row or (len(row) == 1 and not row[0].strip()):
            continue
        if len(row) != width:
            raise ExoError(
                f"{path}, line {lines.line_num}: has {len(row)} cells, the header has {width}.",
                hint="Is the file cut off, or a cell with a comma not quoted?",
            )
        numbers.append(lines.line_num)
        yield row


class _Texts:
    """Cells of one column without surrounding blanks; of equal ones, one text is kept."""

    def __init__(self) -> None:
        self.cells: list[str] = []
        self._known: dict[str, str] = {}

    def add(self, cells: Iterable[str]) -> None:
        stripped = [cell.strip() for cell in cells]
        if len(self._known) <= COMMON:
            stripped = [self._known.setdefault(cell, cell) for cell in stripped]
        self.cells += stripped


def _lines(path: Path) -> io.TextIOWrapper:
    """The text of a file, decompressed if its name says so."""
    content = read_bytes(path, limit=None, hint=CHECK_PATH)
    try:
        if path.name.lower().endswith(".gz"):
            content = _decompressed(path, content)
        if path.name.lower().endswith(".zst"):
            content = decompressed_zst(path, content)
        if seems_utf16(content[:BEGINNING]):
            raise ExoError(f"{path}: seems to be text in UTF-16.", hint=UTF8)
        content.decode("utf-8")  # a mistake is told before all others
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ExoError(
            f"{path}: is a truncated or damaged gzip file ({first_line(error)}).",
            hint="Copy or download it again.",
        ) from error
    except UnicodeDecodeError as error:
        raise ExoError(f"{path}: is not UTF-8 text (byte {error.start}).", hint=UTF8) from error
    return io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")


def _decompressed(path: Path, content: bytes) -> bytes:
    """The text of a gzip file, which can be a thousand times as large."""
    most = room()
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        text = read_in_parts(file, most)
    if len(text) > most:
        raise too_large(path, most)
    return text
