"""What was traded of each name, and how large it was (`data.volume`, `data.market_cap`)."""

from dataclasses import replace

import numpy as np

from mech_exo.config.settings import DataSettings, FactorTable, PriceKeys
from mech_exo.data.factor_tables import facts_of
from mech_exo.data.files import with_facts
from mech_exo.data.frequency import MONTH
from mech_exo.data.layouts.field_frames import (
    is_field_frame,
    pair_of,
    read_field_frame,
    refuse_field_frame,
)
from mech_exo.data.layouts.price_keys import date_column
from mech_exo.data.layouts.spellings import plain, spelled, symbol_column
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.data.scores import raw_values
from mech_exo.data.session_tables import SessionRows, not_negative, symbols_in, wide_sessions
from mech_exo.data.tables.cells import Table
from mech_exo.data.technical import FEWEST_SHORT, KNOWN_SHARE
from mech_exo.errors import ExoError

VOLUME, TRADED_VALUE, MARKET_CAP = "volume", "traded_value", "market_cap"
"""Fields of the market: [T, N] shares traded; [T, N] money traded; size of a company."""

# Names of columns as `spellings.plain` has them, whatever their case, blanks and underscores.
SHARES = ("volume", "vol", "dlyvol", "sharestraded")
CRSP_PRICES = ("prc", "dlyprc")
OWN_PRICE = ("close", "last", "price", *CRSP_PRICES)
MONEY = ("tradedvalue", "valuetraded", "dollarvolume", "amount", "turnover", "value")
SIZE = ("marketcap", "marketcapitalization", "mktcap", "dlycap", "cap")


def with_volume(market: Market, table: Table, data: DataSettings) -> Market:
    """The market with the shares traded on each session, as the field `volume`.

    A table that has closes of its own beside the volume gives the value traded as well, as their
    product: both are then adjusted for splits alike, and for dividends neither.

    Parameters
    ----------
    table
        Long, wide, or a column for each field and symbol, as yfinance gives it.

    Raises
    ------
    ExoError
        For a missing column, two rows of one name and day, a negative number, names without prices
        (unless `data.unknown_symbols` is ignore), and where no day is a session.
    """
    if is_field_frame(table):
        fields = _of_field_frame(table, market, data)
    elif symbols_in(table, data) is not None:
        fields = _of_rows(table, market, data)
    else:
        fields = {VOLUME: wide_sessions(table, market, data)}
    for name in fields:
        _check_new(market, name, table)
    return replace(market, daily=market.daily | fields)


def _of_field_frame(table: Table, market: Market, data: DataSettings) -> dict[str, FloatArray]:
    """Volume and value traded of pairs such as `('Volume', 'AAPL')`."""
    pairs = [pair for pair in map(pair_of, table.columns) if pair is not None]
    there = {plain(level) for pair in pairs for level in pair}
    found = {
        name: wide_sessions(read_field_frame(table, PriceKeys(price=name)).table, market, data)
        for name in ("volume", "close")
        if name in there
    }
    if "volume" not in found:
        raise ExoError(
            f"{table.path}: none of its fields is the volume ({', '.join(sorted(there)[:8])}).",
            hint="Download it with its volume, or name another file as data.volume.",
        )
    traded = {TRADED_VALUE: found["close"] * found["volume"]} if "close" in found else {}
    return {VOLUME: found["volume"], **traded}


def _of_rows(table: Table, market: Market, data: DataSettings) -> dict[str, FloatArray]:
    """Volume, and the value traded if there are closes, of a long table."""
    rows = SessionRows.of(table, market, data)
    shares, price = spelled(table, SHARES), spelled(table, OWN_PRICE)
    column = shares[0] if shares else table.require("of a volume file", VOLUME)
    volume = not_negative(table, column)
    fields = {VOLUME: rows.laid_out(volume)}
    if price:
        # CRSP marks the mean of bid and ask by a minus sign
        signed = plain(price[0]) in CRSP_PRICES
        close = np.abs(table.numbers(price[0])) if signed else not_negative(table, price[0])
        fields[TRADED_VALUE] = rows.laid_out(close * volume)
    return fields


def with_traded_value(market: Market, table: Table, data: DataSettings) -> Market:
    """The market with the money traded on each session, as the field `traded_value`.

    It takes the place of what a volume file gives. Raises as `with_volume`.
    """
    refuse_field_frame(
        table,
        "the money traded in each",
        "Name it as data.volume instead: the money is then close times volume.",
    )
    if symbols_in(table, data) is not None:
        money = spelled(table, MONEY)
        column = money[0] if money else table.require("of a file of traded values", TRADED_VALUE)
        values = SessionRows.of(table, market, data).laid_out(not_negative(table, column))
    else:
        values = wide_sessions(table, market, data)
    return replace(market, daily=market.daily | {TRADED_VALUE: values})


def with_market_cap(market: Market, table: Table, data: DataSettings) -> Market:
    """The market with the size of each company, as the field `market_cap`.

    Read as a factor table is: a value counts from the day on which it became public.

    Raises
    ------
    ExoError
        As `factor_tables.facts_of`; for a negative size, and where a factor table has the field.
    """
    refuse_field_frame(table, "the size of each company", "Name a file of market caps.")
    if symbol_column(table) is not None:
        size = spelled(table, SIZE)
        column = size[0] if size else table.require("of a file of market caps", MARKET_CAP)
        entry = FactorTable(layout="long", columns={column: MARKET_CAP})
        sized = [column]
    else:
        entry = FactorTable(layout="wide", factor=MARKET_CAP)
        date = date_column(table, None, "of a wide table")
        sized = [name for name in table.columns if name != date]
    for column in sized:
        not_negative(table, column)
    _check_new(market, MARKET_CAP, table)
    found = facts_of(
        table,
        entry,
        market,
        ignore_unknown=data.unknown_symbols == "ignore",
        max_age_days=data.max_age_days,
    )
    vintages = {n: v for n, v in found.vintages.items() if n == MARKET_CAP}
    facts = replace(found, vintages=vintages, categories={}, standing={})
    return with_facts(market, [(str(table.path), facts)]).until(len(market.dates))


def has_volume(market: Market) -> bool:
    """Whether anything tells what was traded of a name."""
    return VOLUME in market.daily or TRADED_VALUE in market.daily


def has_size(market: Market) -> bool:
    """Whether anything tells how large a company is."""
    return MARKET_CAP in market.daily or MARKET_CAP in market.vintages


def market_cap(market: Market, rows: IntArray, data: DataSettings) -> FloatArray:
    """Size [M, N] as it was known at the close of each date; NaN where unknown."""
    return raw_values(market, MARKET_CAP, rows, data.max_age_days)


def turnover(market: Market, rows: IntArray, data: DataSettings) -> FloatArray:
    """Median value traded in a session [M, N] over the last month up to each date.

    A month is 21 sessions of a daily market, and no fewer than `FEWEST_SHORT` of any other.

    The median, since a single block trade or a wrong figure would carry a mean over any minimum.
    Sessions of unknown value are left out; NaN where less than two thirds are known.
    """
    del data
    month = market.frequency.sessions(MONTH, FEWEST_SHORT)
    found = np.full((len(rows), len(market.symbols)), np.nan)
    for m, t in enumerate(rows.tolist()):
        window = traded_value(market, slice(max(0, t - month + 1), t + 1))
        found[m] = _median(window, month * KNOWN_SHARE)
    return found


def traded_value(market: Market, sessions: slice) -> FloatArray:
    """Value traded [sessions, N]: as a file states it, else volume times the market's close."""
    if TRADED_VALUE in market.daily:
        return market.daily[TRADED_VALUE][sessions]
    value: FloatArray = market.daily[VOLUME][sessions] * market.close[sessions]
    return value


def _median(window: FloatArray, least: float) -> FloatArray:
    """Median of the known values of each column; NaN with fewer than `least` of them."""
    count = np.count_nonzero(~np.isnan(window), axis=0)
    ordered = np.sort(window, axis=0)  # NaN last
    last = np.maximum(count - 1, 0)
    low, high = (
        np.take_along_axis(ordered, middle[None, :], axis=0)[0]
        for middle in (last // 2, (last + 1) // 2)
    )
    return np.where(count >= max(1.0, least), low + (high - low) / 2.0, np.nan)


def _check_new(market: Market, name: str, table: Table) -> None:
    if name in market.daily or name in market.vintages:
        raise ExoError(
            f"{table.path}: {name} is also in a table of data.factors.",
            hint=f"Leave data.{name} out: the minimum reads that of the factor table.",
        )
