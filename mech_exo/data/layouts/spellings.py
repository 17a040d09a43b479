"""The names that key columns have in the world, whatever their case, blanks and underscores."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from mech_exo.data.tables.cells import Table, nearest
from mech_exo.errors import ExoError

SYMBOLS = (
    *("symbol", "ticker", "tickersymbol"),
    *("tic", "tscode", "instrument", "asset", "sid", "secid", "permno", "code", "stockcode"),
    *("gvkey", "isin", "cusip", "ric"),
)
"""The first that is there counts."""

PLAIN_SYMBOLS = 3
"""So many of them make a table a long one; the rest may be a stock's ticker in a wide one."""

DATES = (
    *("date", "datetime", "timestamp", "tradedate", "tradingdate", "pricedate"),
    *("caldt", "dlycaldt", "", "time", "datadate"),
)
"""Of a price or of a row of a wide table; a column without a name is the index of a data frame."""

ADJUSTED = (
    *("adjclose", "adjustedclose", "closeadj", "closeadjusted", "adjcloseprice", "adjclosingprice"),
    *("adjustedcloseprice", "adjustedclosingprice", "dividendadjustedclose"),
    *("adjprice", "adjustedprice", "priceadj"),
)
TOTAL = ("totalreturn", "totalreturnindex", "totalreturnprice")
PRICES = (ADJUSTED, TOTAL, ("close",), ("price", "prc", "dlyprc", "last", "closeprice", "pxlast"))
"""Ranks of price columns: one of a rank counts before those of the next, two are ambiguous."""

RETURNS = (("ret", "dlyret", "return", "returns", "dailyreturn", "totalreturn"),)

PUBLICATIONS = (
    ("availabledate",),
    ("available",),
    ("published",),
    (
        *("publishdate", "publisheddate", "publicationdate", "datekey", "rdq"),
        *("filed", "fileddate", "datefiled", "filingdate", "fillingdate"),
        *("acceptance", "acceptancedate", "acceptancedatetime", "accepted", "accepteddate"),
        *("announced", "announcedate", "announcementdate", "anndate", "fanndate", "anndats"),
        *("releasedate", "released"),
    ),
)
"""Ranks, as those of prices."""

PERIODS = (
    *("periodend", "period", "periodenddate", "periodending", "reportperiod", "calendardate"),
    *("datadate", "fiscalperiodend", "fiscalperiodending", "fiscaldateending", "reportdate"),
    *("fiscalquarterend", "fiscalyearend", "quarterend", "enddate", "end"),
)
"""Ends of periods: never a date of publication, whatever stands in them."""


def plain(name: str) -> str:
    """A column's name in small letters and digits only: `Adj. Close` and `adj_close` are one."""
    return re.sub(r"[\W_]", "", name.lower())


def spelled(table: Table, names: Iterable[str]) -> list[str]:
    """Columns of a table that have one of the names, in the order of the names."""
    of: dict[str, list[str]] = {}
    for column in table.columns:
        of.setdefault(plain(column) if column else "", []).append(column)
    return [column for name in names for column in of.get(name, ())]


def stated(table: Table, column: str | None, setting: str) -> str | None:
    """The column that a setting names, as it stands in the file; None if it names none.

    Raises
    ------
    ExoError
        If the table does not have it.
    """
    if column is None or column in table.columns:
        return column
    found = spelled(table, [plain(column)])
    if len(found) == 1:
        return found[0]
    known = f"Columns: {', '.join(table.columns[:12])}."
    raise ExoError(
        f"{table.path}: has no column {column!r} ({setting}).",
        hint=nearest(column, table.columns) or known,
    )


def one_of(table: Table, ranks: Sequence[Sequence[str]], setting: str) -> str | None:
    """The column of the first rank that is there; None if there is none.

    Raises
    ------
    ExoError
        If two of that rank are there and their cells differ: `setting` decides.
    """
    for rank in ranks:
        found = spelled(table, rank)
        for other in found[1:]:
            if not _same(table, found[0], other):
                raise ExoError(
                    f"{table.path}: {found[0]!r} and {other!r} could both be meant, and differ.",
                    hint=f"Name the one that counts: {setting}: {found[0]}.",
                )
        if found:
            return found[0]
    return None


def _same(table: Table, one: str, other: str) -> bool:
    return all(str(a) == str(b) for a, b in zip(table.cells[one], table.cells[other], strict=True))


def required_symbol(table: Table, what: str) -> str:
    """The column of symbols of a table that must have one; `what` is the table, for a message."""
    return symbol_column(table) or table.require(what, "symbol", "ticker")


def symbol_column(table: Table, prices: bool = False) -> str | None:
    """The column of symbols, if the table is a long one.

    `symbol` and `ticker` make it one. Any other spelling could be a stock's ticker in a wide
    table: it counts if its cells are texts, or if `prices` are looked for and a column of prices
    stands beside whole numbers, as in `PERMNO, date, PRC`.
    """
    found = spelled(table, SYMBOLS[:PLAIN_SYMBOLS])
    if found:
        return found[0]
    for column in spelled(table, SYMBOLS[PLAIN_SYMBOLS:]):
        if not table.is_numeric(column):
            return column
        numbers = table.numbers(column)
        whole = bool((numbers == np.round(numbers)).all())
        beside = [name for rank in (*PRICES, *RETURNS) for name in rank]
        keys = beside if prices else [*PERIODS, *(n for rank in PUBLICATIONS for n in rank)]
        if whole and spelled(table, keys):
            return column
    return None
