"""CRSP: `PERMNO, date, PRC, RET, DLRET, CFACPR`."""

from dataclasses import replace

import numpy as np

from mech_exo.config.settings import PriceKeys
from mech_exo.data.check.finding import Finding
from mech_exo.data.layouts.price_keys import date_column, return_column
from mech_exo.data.layouts.reading import Reading
from mech_exo.data.layouts.spellings import spelled, stated
from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.data.tables.cells import Table, cell_text
from mech_exo.data.tables.columns import Column
from mech_exo.errors import ExoError

NO_RETURN = (-66.0, -77.0, -88.0, -99.0)
"""CRSP's numbers for a return that is not there; its letters are B, C and others."""


def is_crsp(table: Table) -> bool:
    """Whether the table has CRSP's identifier beside its prices or returns."""
    figures = spelled(table, ("prc", "ret"))
    return bool(spelled(table, ("permno",)) and figures)


def crsp_prices(table: Table, keys: PriceKeys) -> Reading:
    """Prices as they are paid: a negative PRC is the mean of bid and ask, 0 is none.

    Divided by CFACPR, where that is there, they are adjusted for splits. They are never adjusted
    for dividends; `data.returns` is.
    """
    symbol, price = _symbol(table, keys), spelled(table, ("prc",))
    if keys.price is not None:
        return Reading(table, replace(keys, symbol=symbol))
    if not price:
        raise ExoError(
            f"{table.path}: has returns and no prices.",
            hint="Name the file as data.returns instead of data.prices.",
        )
    raw = table.numbers(price[0])
    close = np.where(raw == 0.0, np.nan, np.abs(raw))
    notes, factor = [], spelled(table, ("cfacpr",))
    if (raw < 0.0).any():
        notes.append(f"{price[0]}: {int((raw < 0.0).sum())} cells are means of bid and ask")
    if factor:
        close = close / _positive(table, factor[0])
        notes.append(f"{price[0]} is divided by {factor[0]}: adjusted for splits, not dividends")
    date = date_column(table, keys.date, "of CRSP")
    cells: dict[str, Column] = {
        **{name: table.cells[name] for name in (date, symbol)},
        price[0]: close,
    }
    plain = replace(table, cells=cells)
    findings = () if factor else (_unadjusted(table, price[0]),)
    return Reading(plain, PriceKeys(date, symbol, price[0]), price[0], tuple(notes), findings)


def crsp_returns(table: Table, keys: PriceKeys) -> Reading:
    """Returns, the one of a delisting compounded on its day; letters and codes are no return.

    Raises
    ------
    ExoError
        If a name has several delisting returns.
    """
    symbol, date = _symbol(table, keys), date_column(table, keys.date, "of CRSP")
    column = return_column(Reading(table, keys))
    value, coded = _returns(table, column)
    notes = [f"{column}: {coded} cells hold a code instead of a return"] if coded else []
    delisting = spelled(table, ("dlret",))
    if delisting:
        last, _ = _returns(table, delisting[0])
        at = np.flatnonzero(~np.isnan(last))
        _check_once(table, symbol, delisting[0], at)
        value[at] = (1.0 + np.nan_to_num(value[at])) * (1.0 + last[at]) - 1.0
        notes.append(f"{delisting[0]}: {len(at)} delistings are in the returns")
    cells: dict[str, Column] = {
        **{name: table.cells[name] for name in (date, symbol)},
        column: value,
    }
    return Reading(
        replace(table, cells=cells), PriceKeys(date, symbol, column), column, tuple(notes)
    )


def _symbol(table: Table, keys: PriceKeys) -> str:
    """PERMNO, unless another is stated: a company's ticker changes, and goes to another one."""
    named = stated(table, keys.symbol, "data.keys.symbol")
    return named or spelled(table, ("permno",))[0]


def _returns(table: Table, column: str) -> tuple[FloatArray, int]:
    """[R] returns, NaN for a code, and how many codes there are."""
    texts = [cell_text(cell) for cell in table.cells[column]]
    letter = np.array([len(text) == 1 and text.isalpha() for text in texts], dtype=np.bool_)
    value = np.full(len(texts), np.nan)
    value[~letter] = table.rows_where(~letter).numbers(column)
    code = np.isin(value, NO_RETURN)
    value[code] = np.nan
    return value, int(letter.sum() + code.sum())


def _positive(table: Table, column: str) -> FloatArray:
    factor = table.numbers(column)
    bad = factor <= 0.0
    if bad.any():
        at = int(np.argmax(bad))
        raise ExoError(f"{table.where(at)}: {column} is {factor[at]:g}, not positive.")
    return factor


def _check_once(table: Table, symbol: str, column: str, at: IntArray) -> None:
    names, count = np.unique(table.texts(symbol)[at], return_counts=True)
    if (count > 1).any():
        name = names[int(np.argmax(count > 1))]
        raise ExoError(
            f"{table.path}: {name} has {int(count.max())} values of {column}.",
            hint="It belongs to the row of the delisting only: join it on symbol and date.",
        )


def _unadjusted(table: Table, column: str) -> Finding:
    return Finding(
        rule="unadjusted",
        severity="warning",
        message=f"{table.path.name}: {column} is not adjusted for splits or dividends.",
        remedy="Set data.returns to a file with RET instead of data.prices, or add CFACPR.",
        subject=table.path.name,
    )
