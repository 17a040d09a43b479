"""Reading CSV, CSV.gz and Parquet files into a `Table`."""

import csv
import gzip
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mech_exo.data.cells import Column, Table
from mech_exo.errors import ExoError
from mech_exo.system.user_file import read_bytes, room, too_large

_CHECK = "Check the path; one in a settings file is relative to that file."
UNNAMED_INDEX = "__index_level_0__"
"""How Parquet files written by pandas name an index without a name; here it is a date."""


def read_table(path: Path) -> Table:
    """Read a file; the ending of its name says the format.

    Raises
    ------
    ExoError
        For a file that is missing, unreadable, empty, damaged, of an unknown format, has the
        same column twice, or a line with more or fewer cells than columns.
    """
    name = path.name.lower()
    reader = next((FORMATS[ending] for ending in FORMATS if name.endswith(ending)), None)
    if reader is None:
        raise ExoError(
            f"{path}: is of no known format.", hint=f"Known endings: {', '.join(FORMATS)}."
        )
    try:
        table = reader(path)
    except MemoryError as error:
        raise too_large(path, room()) from error
    if not len(table.rows):
        raise ExoError(f"{path}: has no rows.")
    return table


def _read_text(path: Path) -> str:
    """The whole text of a file, decompressed if its name says so."""
    content = read_bytes(path, limit=None, hint=_CHECK)
    try:
        if path.name.lower().endswith(".gz"):
            content = _decompressed(path, content)
        return content.decode("utf-8-sig")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ExoError(
            f"{path}: is a truncated or damaged gzip file ({_first(error)}).",
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


def _read_csv(path: Path) -> Table:
    text = _read_text(path)
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    numbers: list[int] = []
    try:
        header = [name.strip() for name in next(lines, [])]
        _check_header(path, header)
        for row in lines:
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


def _read_parquet(path: Path) -> Table:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ExoError(
            f"{path}: reading Parquet needs pyarrow.",
            hint="Install it: pip install 'mech-exo[parquet]', or save the table as CSV.",
        ) from error
    content = read_bytes(path, limit=None, hint=_CHECK)
    try:
        table = pq.read_table(pa.BufferReader(content))
        names = ["date" if name == UNNAMED_INDEX else name.strip() for name in table.column_names]
        columns = [column.to_numpy() for column in table.columns]
    except (OSError, ValueError, pa.ArrowException) as error:  # a ValueError: text that is no UTF-8
        raise ExoError(f"{path}: is not a readable Parquet file ({_first(error)}).") from error
    _check_header(path, names)
    cells: dict[str, Column] = {}
    for name, field, column in zip(names, table.schema, columns, strict=True):
        if pa.types.is_timestamp(field.type) and field.type.tz is not None:
            raise ExoError(f"{path}: {name!r} has a time zone.", hint="Store plain dates.")
        cells[name] = column
    return Table(path, cells, np.arange(1, table.num_rows + 1), "row")


def _check_header(path: Path, header: list[str]) -> None:
    if not header:
        raise ExoError(f"{path}: is empty.")
    if len(header) == 1:
        raise ExoError(
            f"{path}: has a single column, {header[0][:60]!r}.",
            hint="Separate the columns by commas.",
        )
    seen: set[str] = set()
    for position, name in enumerate(header, start=1):
        if not name and position > 1:
            raise ExoError(f"{path}: column {position} has no name.")
        if name in seen:
            raise ExoError(f"{path}: has the column {name!r} twice, again as number {position}.")
        seen.add(name)


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


FORMATS: dict[str, Callable[[Path], Table]] = {
    ".csv": _read_csv,
    ".csv.gz": _read_csv,
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
}
"""Ending of a file's name -> what reads it into named columns with the number of each row."""
