"""Closes from a price file, wide (a column for each symbol) or long (a row for each close)."""

from pathlib import Path
from typing import Any, Literal

import numpy as np

from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray
from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

Layout = Literal["auto", "long", "wide"]
DATE, SYMBOL = ("date", ""), ("symbol", "ticker")
PRICE = ("adj_close", "adjusted_close", "total_return", "close", "price")
"""Names of the price column of a long file, the first that is there counts."""

FROZEN_SESSIONS = 5
"""Unchanged closes of all names over the last so many sessions are a stale feed."""


def read_prices(path: Path, layout: Layout = "auto") -> Market:
    """The closes of a file, as a market without facts or source words.

    Raises
    ------
    ExoError
        For a duplicate date (and symbol), a cell that is no number or not positive, missing
        columns; see `read_table` for the file itself.
    """
    return market_of(read_table(path), layout)


def market_of(table: Table, layout: Layout = "auto") -> Market:
    """The closes of a table; as `read_prices`."""
    long, column = is_long(table, layout), ""
    if long:
        column = table.find(*PRICE) or table.require("of a long price table", "close")
    dates, symbols, close = _long(table, column) if long else wide(table, positive=True)
    priced: BoolArray = np.asarray(~np.isnan(close).all(axis=1))
    if not priced.any():
        raise ExoError(f"{table.path}: holds no price.")
    # A date without any price is a holiday, unless it is the last: then `check_live` objects.
    priced[-1] = True
    return Market(dates[priced], symbols, close[priced], price_column=column)


def is_long(table: Table, layout: Layout) -> bool:
    """Whether a table has a row for each name and date: it has a column `symbol`."""
    return table.find(*SYMBOL) is not None if layout == "auto" else layout == "long"


def wide(table: Table, *, positive: bool) -> tuple[DateArray, tuple[str, ...], FloatArray]:
    """Dates [T] sorted, symbols [N] sorted, values [T, N] of a wide table."""
    date = table.require("of a wide table", *DATE)
    days = table.dates(date)
    order = np.argsort(days, kind="stable")
    repeated = np.flatnonzero(days[order][1:] == days[order][:-1])
    if len(repeated):
        at = int(order[repeated[0] + 1])
        raise ExoError(f"{table.where(at)}: the date {days[at]} is there twice.")
    symbols = tuple(sorted(c for c in table.columns if c != date))
    values = np.empty((len(days), len(symbols)))
    for i, symbol in enumerate(symbols):
        values[:, i] = table.numbers(symbol)
        if positive:
            _check_positive(table, values[:, i], days, np.full(len(days), symbol))
    return days[order], symbols, values[order]


def _long(table: Table, column: str) -> tuple[DateArray, tuple[str, ...], FloatArray]:
    what = "of a long price table"
    days = table.dates(table.require(what, *DATE))
    names = table.texts(table.require(what, *SYMBOL))
    price = table.numbers(column)
    _check_positive(table, price, days, names)
    dates, row = np.unique(days, return_inverse=True)
    symbols, place = np.unique(names, return_inverse=True)
    repeated = repeats(row, place)
    if len(repeated):
        at = int(repeated[0])
        raise ExoError(f"{table.where(at)}: {names[at]} has a second price on {days[at]}.")
    close = np.full((len(dates), len(symbols)), np.nan)
    close[row, place] = price
    return dates, tuple(str(s) for s in symbols), close


def repeats(*keys: np.ndarray[Any, Any]) -> IntArray:
    """Positions, sorted, of rows whose keys all equal those of an earlier row."""
    order = np.lexsort(keys)  # stable: equal rows keep their order
    same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    return np.sort(order[1:][same])


def _check_positive(
    table: Table, price: FloatArray, days: DateArray, names: np.ndarray[Any, np.dtype[np.str_]]
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
    if frozen >= FROZEN_SESSIONS:
        raise ExoError(
            f"{market.source}: is stale, all prices stand still since "
            f"{dates[changes[-1] + 1]}, {frozen} sessions.",
            hint="Refresh the prices, or set data.end.",
        )
