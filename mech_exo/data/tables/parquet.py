"""Files that pyarrow reads: Parquet, Feather, and what is compressed by Zstandard."""

import contextlib
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mech_exo.data.tables.arrow_columns import column_of, release_unused
from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.columns import Column
from mech_exo.data.tables.header import check_header, first_line
from mech_exo.errors import ExoError
from mech_exo.system.probe import ProcessEndedError, probe
from mech_exo.system.user_file import (
    CHECK_PATH,
    open_regular,
    read_in_parts,
    room,
    size_of,
    too_large,
)

UNNAMED_INDEX = "__index_level_0__"
"""How Parquet files written by pandas name an index without a name; here it is a date."""


def read_parquet(path: Path) -> Table:
    """A Parquet file; as `read_table`."""

    def opened(source: Any) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = pq.ParquetFile(source).schema_arrow
        texts = [field.name for field in schema if pa.types.is_string(field.type)]
        return pq.ParquetFile(source, read_dictionary=texts, pre_buffer=False).read()

    return _arrow_table(path, "Parquet", opened)


def read_feather(path: Path) -> Table:
    """A Feather (Arrow IPC) file; as `read_table`.

    A damaged one can end the process that reads it, so it is read in another one first.
    """

    def opened(source: Any) -> Any:
        import pyarrow.feather

        return pyarrow.feather.read_table(source)

    def tried() -> None:
        with contextlib.suppress(OSError, ValueError):  # macOS has no such limit
            resource.setrlimit(resource.RLIMIT_AS, (2 * room(), 2 * room()))
        _arrow_table(path, "Feather", opened)

    try:
        probe(tried, f"{path}: reading it")
    except ProcessEndedError as error:
        raise ExoError(
            f"{path}: is not a readable Feather file (reading it ends the process).",
            hint="Copy or download it again.",
        ) from error
    return _arrow_table(path, "Feather", opened)


def _arrow_table(path: Path, kind: str, opened: Callable[[Any], Any]) -> Table:
    try:
        import pyarrow as pa
    except ImportError as error:
        raise _needs_pyarrow(path, f"reading {kind}", "save the table as CSV") from error
    if size_of(path) > room():
        raise too_large(path, room())
    try:
        with open_regular(path, hint=CHECK_PATH) as file:
            table = opened(pa.PythonFile(file, "r"))
        rows = table.num_rows
        names = ["date" if name == UNNAMED_INDEX else name.strip() for name in table.column_names]
        columns = []
        while table.num_columns:
            columns.append(column_of(table.column(0)))
            table = table.remove_column(0)  # its memory is free now
        release_unused()
    except (OSError, ValueError, pa.ArrowException) as error:  # a ValueError: text that is no UTF-8
        raise ExoError(f"{path}: is not a readable {kind} file ({first_line(error)}).") from error
    check_header(path, names)
    cells: dict[str, Column] = dict(zip(names, columns, strict=True))
    return Table(path, cells, np.arange(1, rows + 1), "row")


def decompressed_zst(path: Path, content: bytes) -> bytes:
    """The bytes of a Zstandard file, which can be a thousand times as large."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise _needs_pyarrow(path, "decompressing .zst", "decompress it first") from error
    most = room()
    try:
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            text = read_in_parts(stream, most)
    except (OSError, pa.ArrowException) as error:
        raise ExoError(
            f"{path}: is a truncated or damaged Zstandard file ({first_line(error)}).",
            hint="Copy or download it again.",
        ) from error
    if len(text) > most:
        raise too_large(path, most)
    return text


def _needs_pyarrow(path: Path, what: str, instead: str) -> ExoError:
    return ExoError(
        f"{path}: {what} needs pyarrow.",
        hint=f"Install it: pip install 'mech-exo[parquet]', or {instead}.",
    )
