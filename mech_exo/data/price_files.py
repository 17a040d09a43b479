"""Closes from a price file, wide (a column for each symbol) or long (a row for each close)."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mech_exo.config.settings import PriceKeys
from mech_exo.data.layouts.file_folders import folder_prices
from mech_exo.data.layouts.price_keys import date_column, price_column, unadjusted
from mech_exo.data.layouts.reading import Reading
from mech_exo.data.layouts.registry import plain_prices
from mech_exo.data.layouts.spellings import (
    stated,
    symbol_column,
)
from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray
from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.columns import Coded
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError
from mech_exo.system.user_file import is_folder

Layout = Literal["auto", "long", "wide"]
MOST_KEYS = 2**62
DENSE = 16
"""Possible keys for each row up to which a flag for each of them is quicker than sorting."""

FROZEN_DAYS = 5
"""Unchanged closes of all names over the last so many days are a stale feed."""


def read_prices(
    path: Path, layout: Layout = "auto", keys: PriceKeys | None = None, part: str | None = None
) -> Market:
    """The closes of a file, as a market without facts or source words.

    Parameters
    ----------
    keys
        Which column is what (`data.keys`), where the names do not say it.
    part
        Which table of a file that holds several (`read_table`).

    Raises
    ------
    ExoError
        For a duplicate date (and symbol), a cell that is no number or not positive, missing
        columns, columns of which two could be meant; see `read_table` for the file itself.
    """
    keys = keys or PriceKeys()
    if is_folder(path):
        return _market(folder_prices(path, keys, part), "long")
    return _market(plain_prices(read_table(path, part), keys), layout)


def market_of(table: Table, layout: Layout = "auto", keys: PriceKeys | None = None) -> Market:
    """The closes of a table; as `read_prices`."""
    return _market(plain_prices(table, keys or PriceKeys()), layout)


def _market(reading: Reading, layout: Layout) -> Market:
    table = reading.table
    symbol = symbols_of(reading, layout)
    if symbol is None:
        _check_no_price_key(reading)
        dates, symbols, close = wide(table, positive=True, date=reading.keys.date)
        price = ""
    else:
        price = price_column(reading)
        reading = replace(
            reading, findings=reading.findings + unadjusted(table.path.name, price, table.columns)
        )
        dates, symbols, close = _long(reading, symbol, price)
    priced: BoolArray = np.asarray(~np.isnan(close).all(axis=1))
    if not priced.any():
        raise ExoError(f"{table.path}: holds no price.")
    # A date without any price is a holiday, unless it is the last: then `check_live` objects.
    priced[-1] = True
    return Market(
        dates=dates[priced],
        symbols=symbols,
        close=close[priced],
        findings=reading.findings,
        price_column=reading.price_column or price,
        notes=reading.notes,
    )


def _check_no_price_key(reading: Reading) -> None:
    if reading.keys.price is not None:
        raise ExoError(
            f"{reading.table.path}: is a wide table, a column for each symbol: data.keys.price "
            f"{reading.keys.price!r} has no meaning in it.",
            hint="Leave it out, or name the column of symbols: data.keys.symbol.",
        )


def symbols_of(reading: Reading, layout: Layout) -> str | None:
    """The column of symbols of a long table; None for a wide one."""
    if layout == "wide":
        return None
    named = stated(reading.table, reading.keys.symbol, "data.keys.symbol")
    found = named or symbol_column(reading.table, prices=True)
    if found is None and layout == "long":
        return reading.table.require("of a long price table", "symbol")
    return found


def wide(
    table: Table, *, positive: bool, date: str | None = None
) -> tuple[DateArray, tuple[str, ...], FloatArray]:
    """Dates [T] sorted, symbols [N] sorted, values [T, N] of a wide table."""
    column = date_column(table, date, "of a wide table")
    days = table.dates(column)
    order = np.argsort(days, kind="stable")
    repeated = np.flatnonzero(days[order][1:] == days[order][:-1])
    if len(repeated):
        at = int(order[repeated[0] + 1])
        raise ExoError(
            f"{table.where(at)}: the date {days[at]} is there twice.",
            hint="Keep one row for each day. Is this a long table, and its symbols have no name "
            "that is known? data.keys.symbol names them.",
        )
    symbols = tuple(sorted(c for c in table.columns if c != column))
    values = np.empty((len(days), len(symbols)))
    for i, symbol in enumerate(symbols):
        values[:, i] = table.numbers(symbol)
        if positive:
            _check_positive(table, values[:, i], days, [symbol] * len(days))
    return days[order], symbols, values[order]


def _long(
    reading: Reading, symbol: str, column: str
) -> tuple[DateArray, tuple[str, ...], FloatArray]:
    table = reading.table
    date = date_column(table, reading.keys.date, "of a long price table")
    price = table.numbers(column)
    _check_positive(table, price, table.dates(date), table.coded(symbol))
    return long_values(table, date, symbol, price)


def long_values(
    table: Table, date: str, symbol: str, values: FloatArray
) -> tuple[DateArray, tuple[str, ...], FloatArray]:
    """Dates [T] sorted, symbols [N] sorted, and [T, N] of one value a row of a long table."""
    days, names = table.dates(date), table.coded(symbol)
    dates, row = ranked(days)
    repeated = repeats(row, names.codes)
    if len(repeated):
        at = int(repeated[0])
        first = int(np.flatnonzero((days == days[at]) & (names.codes == names.codes[at]))[0])
        same = values[first] == values[at]
        raise ExoError(
            f"{table.where(at)}: {names[at]} has a second price on {days[at]}, "
            f"{'the same as' if same else 'another than'} {table.where(first)}.",
            hint="Remove one of the two rows."
            if same
            else "Remove the wrong one; two shares, or two times of a day, need a symbol each.",
        )
    close = np.full((len(dates), len(names.texts)), np.nan)
    close[row, names.codes] = values
    return dates, names.texts, close


def ranked(days: DateArray) -> tuple[DateArray, IntArray]:
    """The days that are there, sorted, and the position of each row's among them."""
    number = days.astype("datetime64[D]").astype(np.int64)
    first = int(number.min())
    number -= first
    present = np.zeros(int(number.max()) + 1, dtype=np.bool_)
    present[number] = True
    dates = (np.flatnonzero(present) + first).astype("datetime64[D]")
    return dates, (np.cumsum(present) - 1)[number]


def repeats(*keys: np.ndarray[Any, Any]) -> IntArray:
    """Positions, sorted, of rows whose keys (whole numbers or days) all equal an earlier row's."""
    if _all_differ(keys):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort(keys)  # stable: equal rows keep their order
    same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    return np.sort(order[1:][same])


def _all_differ(keys: tuple[np.ndarray[Any, Any], ...]) -> bool:
    """Whether no two rows have the same keys; False also where that takes more than it saves."""
    rows = len(keys[0])
    if not rows:
        return True
    whole, size = np.zeros(rows, dtype=np.int64), 1
    for key in keys:
        low, high = (int(k.astype(np.int64)) for k in (key.min(), key.max()))
        size *= high - low + 1
        if size > MOST_KEYS:
            return False
        whole *= high - low + 1
        whole += key.astype(np.int64)
        whole -= low
    if size <= DENSE * rows:
        seen = np.zeros(size, dtype=np.bool_)
        seen[whole] = True
        return int(np.count_nonzero(seen)) == rows
    whole.sort()
    return bool((whole[1:] != whole[:-1]).all())


def _check_positive(
    table: Table, price: FloatArray, days: DateArray, names: list[str] | Coded
) -> None:
    bad = price <= 0.0
    if bad.any():
        at = int(np.argmax(bad))
        raise ExoError(
            f"{table.where(at)}: the price of {names[at]} on {days[at]} is {price[at]:g}, "
            "not positive.",
            hint="Leave the cell empty where there is no price.",
        )


def check_live(market: Market) -> None:
    """Refuse prices that stopped for all names before the last date."""
    close, dates = market.close, market.dates
    last = int(np.flatnonzero(~np.isnan(close).all(axis=1))[-1])
    if last < len(dates) - 1:
        raise ExoError(
            f"{market.source}: is stale, no name has a price after {dates[last]} "
            f"(dates go on to {dates[-1]}).",
            hint="Refresh the prices, or set data.end.",
        )
    moved = (np.nan_to_num(close[1:]) != np.nan_to_num(close[:-1])).any(axis=1)
    changes = np.flatnonzero(moved)
    frozen = len(dates) - 2 - int(changes[-1]) if len(changes) else 0
    if frozen >= market.frequency.sessions(FROZEN_DAYS, least=2):
        raise ExoError(
            f"{market.source}: is stale, all prices stand still since "
            f"{dates[changes[-1] + 1]}, {frozen} sessions.",
            hint="Refresh the prices, or set data.end.",
        )
