"""Tables of what happened on a session (volume): a number counts on its own day and on no other."""

from dataclasses import dataclass

import numpy as np

from mech_exo.config.settings import DataSettings, PriceKeys
from mech_exo.data.factor_tables import positions_of
from mech_exo.data.layouts.price_keys import date_column
from mech_exo.data.layouts.spellings import symbol_column
from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray
from mech_exo.data.price_files import repeats
from mech_exo.data.tables.cells import Table
from mech_exo.errors import ExoError


@dataclass(frozen=True, eq=False)
class SessionRows:
    """Where the rows of a long table stand in a market.

    Attributes
    ----------
    session, place
        [R] positions in the market's dates and symbols.
    known
        [R] whether a row is of a session and of a name with prices; the others are left out.
    shape
        (T, N) of the market.
    """

    session: IntArray
    place: IntArray
    known: BoolArray
    shape: tuple[int, int]

    @classmethod
    def of(cls, table: Table, market: Market, data: DataSettings) -> "SessionRows":
        """The rows of a table with the columns date and symbol.

        Raises
        ------
        ExoError
            For a missing column, two rows of one name and day, names without prices (unless
            `data.unknown_symbols` is ignore), and where no day is a session.
        """
        what = "of a long table"
        column = symbols_in(table, data) or table.require(what, "symbol", "ticker")
        names = table.coded(column)
        days = table.dates(date_column(table, _key(table, data.keys, "date"), what))
        ignore = data.unknown_symbols == "ignore"
        place, priced = positions_of(table, names, market.symbols, ignore, column)
        session, held = _sessions(table, days, market)
        known = held & priced
        again = repeats(place[known], session[known])
        if len(again):
            at = int(np.flatnonzero(known)[again[0]])
            raise ExoError(f"{table.where(at)}: {names[at]} has a second row on {days[at]}.")
        return cls(session, place, known, market.close.shape)

    def laid_out(self, values: FloatArray) -> FloatArray:
        """Values [R] of the rows by session and name, [T, N]; NaN where there is none."""
        found = np.full(self.shape, np.nan)
        found[self.session[self.known], self.place[self.known]] = values[self.known]
        return found


def symbols_in(table: Table, data: DataSettings) -> str | None:
    """The column of symbols of a long table; None for a wide one.

    It may be the price file itself, so a column that `data.keys` names counts here as well.
    """
    return _key(table, data.keys, "symbol") or symbol_column(table, prices=True)


def _key(table: Table, keys: PriceKeys | None, name: str) -> str | None:
    column = None if keys is None else getattr(keys, name)
    return column if column in table.columns else None


def wide_sessions(table: Table, market: Market, data: DataSettings) -> FloatArray:
    """A table with a column for each symbol, by session and name, [T, N].

    Raises
    ------
    ExoError
        As `SessionRows.of`, and for a negative number.
    """
    date = date_column(table, None, "of a wide table")
    days = table.dates(date)
    again = repeats(days)
    if len(again):
        at = int(again[0])
        raise ExoError(f"{table.where(at)}: the date {days[at]} is there twice.")
    symbols = [column for column in table.columns if column != date]
    ignore = data.unknown_symbols == "ignore"
    place, priced = positions_of(table, np.array(symbols), market.symbols, ignore, None)
    session, held = _sessions(table, days, market)
    found = np.full(market.close.shape, np.nan)
    for i in np.flatnonzero(priced).tolist():
        found[session[held], place[i]] = not_negative(table, symbols[i])[held]
    return found


def not_negative(table: Table, column: str) -> FloatArray:
    """[R] numbers of a column, NaN where empty.

    Raises
    ------
    ExoError
        For the first negative one, by its line.
    """
    values = table.numbers(column)
    negative = values < 0.0
    if negative.any():
        at = int(np.argmax(negative))
        raise ExoError(
            f"{table.where(at)}: {column} is {values[at]:g}, below 0.",
            hint="Leave the cell empty where the value is unknown.",
        )
    return values


def _sessions(table: Table, days: DateArray, market: Market) -> tuple[IntArray, BoolArray]:
    """Position of each day in the market's dates, and whether it is a session at all."""
    at = np.minimum(np.searchsorted(market.dates, days), len(market.dates) - 1)
    held: BoolArray = market.dates[at] == days
    if not held.any():
        raise ExoError(
            f"{table.path}: none of its days is a session of the prices, which go from "
            f"{market.dates[0]} to {market.dates[-1]}.",
            hint="Give the numbers of the same days as the prices.",
        )
    return at.astype(np.int64), held
