"""Parquet files."""

from pathlib import Path

import numpy as np

from mech_exo.data.tables.cells import Column, Table
from mech_exo.data.tables.header import check_header, first_line
from mech_exo.errors import ExoError
from mech_exo.system.user_file import CHECK_PATH, read_bytes

UNNAMED_INDEX = "__index_level_0__"
"""How Parquet files written by pandas name an index without a name; here it is a date."""


def read_parquet(path: Path) -> Table:
    """A Parquet file; as `read_table`."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ExoError(
            f"{path}: reading Parquet needs pyarrow.",
            hint="Install it: pip install 'mech-exo[parquet]', or save the table as CSV.",
        ) from error
    content = read_bytes(path, limit=None, hint=CHECK_PATH)
    try:
        table = pq.read_table(pa.BufferReader(content))
        names = ["date" if name == UNNAMED_INDEX else name.strip() for name in table.column_names]
        columns = [column.to_numpy() for column in table.columns]
    except (OSError, ValueError, pa.ArrowException) as error:  # a ValueError: text that is no UTF-8
        raise ExoError(f"{path}: is not a readable Parquet file ({first_line(error)}).") from error
    check_header(path, names)
    cells: dict[str, Column] = {}
    for name, field, column in zip(names, table.schema, columns, strict=True):
        if pa.types.is_timestamp(field.type) and field.type.tz is not None:
            raise ExoError(f"{path}: {name!r} has a time zone.", hint="Store plain dates.")
        cells[name] = column
    return Table(path, cells, np.arange(1, table.num_rows + 1), "row")
