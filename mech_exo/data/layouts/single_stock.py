"""One stock a file: `Date,Open,High,Low,Close,Adj Close,Volume`, without a symbol."""

from mech_exo.config.settings import PriceKeys
from mech_exo.data.layouts.reading import Reading
from mech_exo.data.layouts.spellings import DATES, PRICES, plain, spelled, symbol_column
from mech_exo.data.tables.cells import Table
from mech_exo.errors import ExoError

BARS = {
    *("open", "high", "low", "close", "last", "volume", "vol", "openint", "openinterest"),
    *("dividends", "dividend", "stocksplits", "splits", "splitratio", "splitfactor", "divcash"),
    *("capitalgains", "vwap", "average", "change", "changepercent", "turnover", "amount", "factor"),
    *("adjopen", "adjhigh", "adjlow", "adjvolume", "unadjustedvolume", "trades", "barcount"),
    *(name for rank in PRICES[:2] for name in rank),
}
"""What the columns of one stock's prices are called."""


def is_single_stock(table: Table) -> bool:
    """Whether all columns beside the date are figures of one stock, its close among them."""
    if symbol_column(table) is not None:
        return False
    dates = spelled(table, DATES)
    names = {plain(column) for column in table.columns if column not in dates}
    ohlc = {"open", "high", "low", "close"} <= names
    return ohlc or (bool(names & {"close", *(n for r in PRICES[:2] for n in r)}) and names <= BARS)


def refuse_single_stock(table: Table, _: PriceKeys) -> Reading:
    """Raise an ExoError: the columns are no stocks, and nothing says which stock it is."""
    columns = ", ".join(table.columns[:7])
    raise ExoError(
        f"{table.path}: holds the prices of one stock ({columns}), and nothing says which.",
        hint="Name a folder of such files, one a symbol (AAPL.csv, MSFT.csv), as data.prices, or "
        "add a column 'symbol'.",
    )
