"""Files that pyarrow reads: Parquet, Feather, and what is compressed by Zstandard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mech_exo.data.tables.cells import Column, Table
from mech_exo.data.tables.header import check_header, first_line
from mech_exo.errors import ExoError
from mech_exo.system.user_file import CHECK_PATH, read_bytes, room, too_large

UNNAMED_INDEX = "__index_level_0__"
"""How Parquet files written by pandas name an index without a name; here it is a date."""


def read_parquet(path: Path) -> Table:
    """A Parquet file; as `read_table`."""

    def opened(source: Any) -> Any:
        import pyarrow.parquet

        return pyarrow.parquet.read_table(source)

    return _arrow_table(path, "Parquet", opened)


def read_feather(path: Path) -> Table:
    """A Feather (Arrow IPC) file; as `read_table`."""

    def opened(source: Any) -> Any:
        import pyarrow.feather

        return pyarrow.feather.read_table(source)

    return _arrow_table(path, "Feather", opened)


def _arrow_table(path: Path, kind: str, opened: Callable[[Any], Any]) -> Table:
    try:
        import pyarrow as pa
        import pyarrow.compute as pc
    except ImportError as error:
        raise _needs_pyarrow(path, f"reading {kind}", "save the table as CSV") from error
    content = read_bytes(path, limit=None, hint=CHECK_PATH)
    try:
        table = opened(pa.BufferReader(content))
        names = ["date" if name == UNNAMED_INDEX else name.strip() for name in table.column_names]
        columns = [
            pc.local_timestamp(column) if pa.types.is_timestamp(kind) and kind.tz else column
            for column, kind in zip(table.columns, table.schema.types, strict=True)
        ]
        arrays = [column.to_numpy() for column in columns]
    except (OSError, ValueError, pa.ArrowException) as error:  # a ValueError: text that is no UTF-8
        raise ExoError(f"{path}: is not a readable {kind} file ({first_line(error)}).") from error
    check_header(path, names)
    cells: dict[str, Column] = dict(zip(names, arrays, strict=True))
    return Table(path, cells, np.arange(1, table.num_rows + 1), "row")


def decompressed_zst(path: Path, content: bytes) -> bytes:
    """The bytes of a Zstandard file, which can be a thousand times as large."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise _needs_pyarrow(path, "decompressing .zst", "decompress it first") from error
    most = room()
    try:
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            text: bytes = stream.read(most + 1)
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
