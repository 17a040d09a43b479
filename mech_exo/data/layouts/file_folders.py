"""A folder of files, one a symbol: `AAPL.csv`, `MSFT.csv`, as of zipline's csvdir or yfinance."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mech_exo.config.settings import FactKeys, FactorTable, PriceKeys
from mech_exo.data.check.finding import Finding
from mech_exo.data.layouts.price_keys import date_column, price_column
from mech_exo.data.layouts.reading import Reading
from mech_exo.data.layouts.registry import plain_prices
from mech_exo.data.layouts.single_stock import is_single_stock
from mech_exo.data.layouts.spellings import PRICES, plain, spelled, stated, symbol_column
from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.columns import Column
from mech_exo.data.tables.file_formats import ending_of, read_table
from mech_exo.errors import ExoError

DAILY = "daily"
"""Where zipline's csvdir has the daily files, beside `minute`."""


def files_in(folder: Path) -> list[Path]:
    """The data files in a folder and below it, sorted; of `daily/` only where that is there.

    Raises
    ------
    ExoError
        If there are none, or two for one symbol.
    """
    inner = folder / DAILY if (folder / DAILY).is_dir() else folder
    below = (path for path in sorted(inner.rglob("*")) if path.is_file())
    files = [p for p in below if ending_of(p) and not p.name.startswith((".", "_"))]
    if not files:
        raise ExoError(
            f"{folder}: holds no data file.", hint="One file a symbol is read: AAPL.csv, MSFT.csv."
        )
    of: dict[str, Path] = {}
    for path in files:
        first = of.setdefault(stem(path), path)
        if first is not path:
            raise ExoError(f"{path}: is of the same symbol as {first}.", hint="Keep one of them.")
    return files


def stem(path: Path) -> str:
    """A file's name without the ending of its format: `BRK.B` of BRK.B.csv."""
    return path.name[: len(path.name) - len(ending_of(path))]


def folder_prices(folder: Path, keys: PriceKeys, part: str | None) -> Reading:
    """The closes of all files as one long table; a file without symbols is that of its name.

    Raises
    ------
    ExoError
        For a file that is neither, and where one has an adjusted column and another has none.
    """
    parts: list[Table] = []
    columns: dict[str, tuple[str, Path]] = {}
    notes: list[str] = []
    findings: list[Finding] = []
    shared: list[str] | None = None
    for path in files_in(folder):
        reading = _one(path, read_table(path, part), keys)
        column = reading.price_column or price_column(reading)
        columns.setdefault(plain(column), (column, path))
        shared = _in_common(shared, reading.table)
        parts.append(_closes(reading, column))
        notes += [f"{path.name}: {note}" for note in reading.notes]
        findings += reading.findings
    if len(columns) > 1:
        (one, first), (other, second), *_ = columns.values()
        raise ExoError(
            f"{second}: has {other!r} as the price, {first} has {one!r}.",
            hint=f"Name one that all have: data.keys.price: {shared[0]}."
            if shared
            else "No column of prices is in all of them: give each file the same.",
        )
    column = next(iter(columns.values()))[0]
    return Reading(
        stacked(folder, parts),
        PriceKeys("date", "symbol", "price"),
        column,
        tuple(notes),
        tuple(findings),
    )


def _in_common(so_far: list[str] | None, table: Table) -> list[str]:
    """The columns of prices of a table that all tables before it have, the best first."""
    here = spelled(table, [name for rank in PRICES for name in rank])
    if so_far is None:
        return here
    names = {plain(column) for column in here}
    return [column for column in so_far if plain(column) in names]


def _one(path: Path, table: Table, keys: PriceKeys) -> Reading:
    if keys.symbol is None and symbol_column(table, prices=True) is None:
        if is_single_stock(table) or keys.price is not None:
            cells: dict[str, Column] = {
                "symbol": np.full(len(table.rows), stem(path), dtype=object)
            }
            named = replace(table, cells={**table.cells, **cells})
            return Reading(named, replace(keys, symbol="symbol"))
        reading = plain_prices(table, keys)
        if not reading.price_column and symbol_column(reading.table, prices=True) is None:
            raise ExoError(
                f"{path}: holds neither the prices of one stock nor a column 'symbol'.",
                hint=f"Columns: {', '.join(table.columns[:8])}. data.keys names them.",
            )
        return reading
    return plain_prices(table, keys)


def _named(table: Table, path: Path) -> Table:
    """The table with a column `symbol` that holds the file's name without ending."""
    symbol = np.full(len(table.rows), stem(path), dtype=object)
    return replace(table, cells={**table.cells, "symbol": symbol})


def _closes(reading: Reading, column: str) -> Table:
    table, keys = reading.table, reading.keys
    symbol = stated(table, keys.symbol, "data.keys.symbol") or symbol_column(table, prices=True)
    date = date_column(table, keys.date, "of prices")
    if symbol is None:  # a frame of fields: a column for each symbol
        table, symbol, column = _melted(table, date), "symbol", "price"
    cells: dict[str, Column] = {
        "date": table.dates(date),
        "symbol": table.texts(symbol).astype(object),
        "price": table.numbers(column),
    }
    return replace(table, cells=cells)


def _melted(table: Table, date: str) -> Table:
    """A wide table as a long one with the columns `symbol` and `price`."""
    symbols = [name for name in table.columns if name != date]
    length, dates = len(table.rows), table.dates(date)
    cells: dict[str, Column] = {
        date: np.tile(dates, len(symbols)),
        "symbol": np.repeat(np.array(symbols, dtype=object), length),
        "price": np.concatenate([table.numbers(name) for name in symbols]),
    }
    return replace(table, cells=cells, rows=np.tile(table.rows, len(symbols)))


def folder_facts(folder: Path, settings: FactorTable, part: str | None) -> Table:
    """The rows of all files of a folder as one factor table, its symbols from names of files
    where they have no column of them.
    """
    parts = []
    for path in files_in(folder):
        table = read_table(path, part)
        if (settings.keys or FactKeys()).symbol is None and symbol_column(table) is None:
            cells: dict[str, Column] = {
                "symbol": np.full(len(table.rows), stem(path), dtype=object)
            }
            table = replace(table, cells={**cells, **table.cells})
        parts.append(table)
    return stacked(folder, parts)


def stacked(folder: Path, parts: Sequence[Table]) -> Table:
    """Tables with the same columns as one; each row knows its file.

    Raises
    ------
    ExoError
        For one that has other columns than the first.
    """
    columns = parts[0].columns
    for part in parts[1:]:
        other = set(part.columns) ^ set(columns)
        if other:
            raise ExoError(
                f"{part.path}: has other columns than {parts[0].path} ({sorted(other)[0]!r})."
            )
    cells: dict[str, Column] = {}
    for name in columns:
        arrays = [part.cells[name] for part in parts]
        typed = {a.dtype.kind if isinstance(a, np.ndarray) else "list" for a in arrays}
        if typed == {"list"}:
            cells[name] = [cell for column in arrays for cell in column]
        elif len(typed) == 1:
            cells[name] = np.concatenate([np.asarray(a) for a in arrays])
        else:
            cells[name] = np.concatenate([np.asarray(a, dtype=object) for a in arrays])
    lengths = [len(part.rows) for part in parts]
    return Table(
        folder,
        cells,
        np.concatenate([part.rows for part in parts]),
        parts[0].unit,
        tuple(part.path for part in parts),
        np.repeat(np.arange(len(parts)), lengths),
    )
