"""CSV, line by line: slow, and it knows the line of whatever is wrong."""

import csv
import gzip
import io
import zlib
from itertools import islice
from pathlib import Path

import numpy as np

from mech_exo.data.tables.cells import Column, Table
from mech_exo.data.tables.dialect import dialect_of
from mech_exo.data.tables.header import check_header, first_line
from mech_exo.data.tables.parquet import decompressed_zst
from mech_exo.errors import ExoError
from mech_exo.system.user_file import CHECK_PATH, read_bytes, room, too_large

START = 1_000_000
"""Characters of a file that its first lines lie in."""


def _read_text(path: Path) -> str:
    """The whole text of a file, decompressed if its name says so."""
    content = read_bytes(path, limit=None, hint=CHECK_PATH)
    try:
        if path.name.lower().endswith(".gz"):
            content = _decompressed(path, content)
        if path.name.lower().endswith(".zst"):
            content = decompressed_zst(path, content)
        return content.decode("utf-8-sig")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ExoError(
            f"{path}: is a truncated or damaged gzip file ({first_line(error)}).",
            hint="Copy or download it again.",
        ) from error
    except UnicodeDecodeError as error:
        raise ExoError(f"{path}: is not UTF-8 text (byte {error.start}).") from error


def _decompressed(path: Path, content: bytes) -> bytes:
    """The text of a gzip file, which can be a thousand times as large."""
    most = room()
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        text = file.read(most + 1)
    if len(text) > most:
        raise too_large(path, most)
    return text


def read_csv(path: Path) -> Table:
    """A CSV file, or a compressed one; as `read_table`."""
    text = _read_text(path)
    rows: list[list[str]] = []
    numbers: list[int] = []
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        dialect = dialect_of(text[:START])
        header = list(dialect.header)
        check_header(path, header)
        lines = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=dialect.separator)
        for row in islice(lines, dialect.lines, None):
            if not row or (len(row) == 1 and not row[0].strip()):
                continue  # a blank line
            if len(row) != len(header):
                raise ExoError(
                    f"{path}, line {lines.line_num}: has {len(row)} cells, "
                    f"the header has {len(header)}.",
                    hint="Is the file cut off, or a cell with a comma not quoted?",
                )
            rows.append(row)
            numbers.append(lines.line_num)
    except csv.Error as error:
        raise ExoError(f"{path}, line {lines.line_num}: is not CSV ({error}).") from error
    columns = zip(*rows, strict=True) if rows else ([] for _ in header)
    cells: dict[str, Column] = {
        name: [cell.strip() for cell in column]
        for name, column in zip(header, columns, strict=True)
    }
    return Table(path, cells, np.array(numbers, dtype=np.int64))
