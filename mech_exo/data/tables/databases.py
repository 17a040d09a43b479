"""Tables of SQLite and DuckDB files, whole or by a query."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.columns import Column
from mech_exo.data.tables.header import check_header, first_line
from mech_exo.errors import ExoError
from mech_exo.system.user_file import CHECK_PATH, read_bytes

SQLITE_MAGIC, DUCKDB_MAGIC = b"SQLite format 3\0", b"DUCK"


def read_database(path: Path, query: str | None) -> Table:
    """What a query gives, or the only table of a database; as `read_table`.

    The file is opened for reading only, and its own first bytes say whether it is SQLite's or
    DuckDB's.
    """
    start = read_bytes(path, limit=None, hint=CHECK_PATH, first=16)
    if start == SQLITE_MAGIC:
        return _read_sqlite(path, query)
    if start[8:12] == DUCKDB_MAGIC:
        return _read_duckdb(path, query)
    raise ExoError(f"{path}: is neither a SQLite nor a DuckDB database.")


def _read_sqlite(path: Path, query: str | None) -> Table:
    uri = f"{path.resolve().as_uri()}?mode=ro"
    try:
        connection = sqlite3.connect(uri, uri=True)
        try:
            connection.execute("PRAGMA query_only = ON")
            names = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
            tables = [str(row[0]) for row in connection.execute(names)]
            cursor = connection.execute(_query(path, query, tables))
            return _table(path, cursor.description, cursor.fetchall())
        finally:
            connection.close()
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _failed(path, query, error) from error


def _read_duckdb(path: Path, query: str | None) -> Table:
    try:
        import duckdb
    except ImportError as error:
        raise ExoError(
            f"{path}: reading DuckDB files needs duckdb.",
            hint="Install it: pip install 'mech-exo[duckdb]', or export the table as CSV.",
        ) from error
    # One thread, so that rows come in one order; and nothing but this file is read or written.
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": "1",
        "enable_external_access": "false",
    }
    try:
        connection = duckdb.connect(str(path), read_only=True, config=config)
        try:
            shown = connection.execute("SHOW TABLES").fetchall()
            tables = sorted(str(row[0]) for row in shown)
            cursor = connection.execute(_query(path, query, tables))
            return _table(path, cursor.description, cursor.fetchall())
        finally:
            connection.close()
    except duckdb.Error as error:
        raise _failed(path, query, error) from error


def _query(path: Path, query: str | None, tables: list[str]) -> str:
    if query is not None:
        return query
    if len(tables) != 1:
        raise ExoError(
            f"{path}: holds {len(tables)} tables ({', '.join(tables[:8])}).",
            hint="Say what is wanted: data.query (or query of a factor table): SELECT * FROM ….",
        )
    name = tables[0].replace('"', '""')
    return f'SELECT * FROM "{name}"'  # noqa: S608 - the name of its only table


def _failed(path: Path, query: str | None, error: Exception) -> ExoError:
    if query is None:
        return ExoError(f"{path}: is not a readable database ({first_line(error)}).")
    return ExoError(
        f"{path}: the query fails ({first_line(error)}).",
        hint="It must be one SELECT: data.query, or query of the table in data.factors.",
    )


def _table(path: Path, description: Sequence[Any] | None, rows: list[tuple[Any, ...]]) -> Table:
    if description is None:
        raise ExoError(f"{path}: the query gives no columns.", hint="It must be one SELECT.")
    header = [str(column[0]).strip() for column in description]
    check_header(path, header)
    cells: dict[str, Column] = {}
    for i, name in enumerate(header):
        column = np.empty(len(rows), dtype=object)
        column[:] = [row[i] for row in rows]
        cells[name] = column
    return Table(path, cells, np.arange(1, len(rows) + 1), "row")
