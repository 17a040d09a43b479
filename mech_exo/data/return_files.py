"""A market from returns of each name instead of prices (`data.returns`)."""

from pathlib import Path

import numpy as np

from mech_exo.config.settings import PriceKeys
from mech_exo.data.layouts.price_keys import date_column, return_column
from mech_exo.data.layouts.registry import plain_returns
from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, DateArray, FloatArray
from mech_exo.data.price_files import Layout, long_values, symbols_of, wide
from mech_exo.data.tables.cells import Table
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

FIRST_LEVEL = 100.0
LEAST_GROWTH = 1e-9
"""A total loss leaves a billionth, so that levels stay positive."""
FRACTIONS = "Write returns as fractions: 0.012 for 1.2 %."


def read_returns(
    path: Path, layout: Layout = "auto", keys: PriceKeys | None = None, part: str | None = None
) -> Market:
    """A market whose closes are levels that grow by the returns of a file.

    A name's level begins on its first row; the return of that row, if it has one, is of a close
    before the file and not used. A row without a return is a day without a price, and the next
    return spans it, as CRSP's does.

    Raises
    ------
    ExoError
        For a return below −1, a duplicate date (and symbol), and as `read_prices`.
    """
    reading = plain_returns(read_table(path, part), keys or PriceKeys())
    table = reading.table
    symbol = symbols_of(reading, layout)
    if symbol is None:
        dates, symbols, returns = wide(table, positive=False, date=reading.keys.date)
        listed = ~np.isnan(returns)
        column = ""
        _check_fractions(table, dates, symbols, returns)
    else:
        column = return_column(reading)
        values = _fractions(table, column)
        day = date_column(table, reading.keys.date, "of a long table of returns")
        dates, symbols, returns = long_values(table, day, symbol, values)
        # A row without a return is there all the same: the name's level may begin on it.
        listed = ~np.isnan(long_values(table, day, symbol, np.ones(len(values)))[2])
    if np.isnan(returns).all():
        raise ExoError(f"{table.path}: holds no return.")
    return Market(
        dates=dates,
        symbols=symbols,
        close=levels(returns, listed),
        findings=reading.findings,
        price_column=column,
        notes=reading.notes,
    )


def levels(returns: FloatArray, listed: BoolArray) -> FloatArray:
    """Levels [T, N] that grow by the returns; NaN where there is none.

    Parameters
    ----------
    returns
        [T, N] simple returns over the last known level; NaN where there is none.
    listed
        [T, N] whether a name has a row; its first one has the level 100.
    """
    first = np.zeros_like(listed)
    some = listed.any(axis=0)
    first[listed.argmax(axis=0)[some], np.flatnonzero(some)] = True
    growth = np.where(np.isnan(returns) | first, 1.0, np.maximum(1.0 + returns, LEAST_GROWTH))
    level = FIRST_LEVEL * np.cumprod(growth, axis=0)
    known: FloatArray = np.where((listed & ~np.isnan(returns)) | first, level, np.nan)
    return known


def _check_fractions(
    table: Table, dates: DateArray, symbols: tuple[str, ...], returns: FloatArray
) -> None:
    bad = np.argwhere(returns < -1.0)
    if len(bad):
        row, name = bad[0]
        raise ExoError(
            f"{table.path}: the return of {symbols[name]} on {dates[row]} is "
            f"{returns[row, name]:g}, below −1.",
            hint=FRACTIONS,
        )


def _fractions(table: Table, column: str) -> FloatArray:
    values = table.numbers(column)
    bad = values < -1.0
    if bad.any():
        at = int(np.argmax(bad))
        raise ExoError(
            f"{table.where(at)}: {column} is {values[at]:g}, below −1.",
            hint=FRACTIONS,
        )
    return values
