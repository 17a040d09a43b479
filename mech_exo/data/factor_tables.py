"""Factor values and fundamentals from files, with the date on which each became public."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mech_exo.config.settings import FactKeys, FactorTable
from mech_exo.data.catalogue import CUSTOM_CATEGORY, DEFAULT_FACTORS
from mech_exo.data.fact_fields import check_name, fields_of, without_values
from mech_exo.data.layouts.field_frames import refuse_field_frame
from mech_exo.data.layouts.file_folders import folder_facts
from mech_exo.data.layouts.public_dates import (
    date_columns,
    lag_note,
    public_day,
    public_rows,
    wide_date_column,
)
from mech_exo.data.layouts.reading import FactReading
from mech_exo.data.layouts.registry import plain_facts
from mech_exo.data.layouts.row_choice import columns_left, rows_chosen
from mech_exo.data.layouts.spellings import stated, symbol_column
from mech_exo.data.market import Market, Vintage, read_only
from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray
from mech_exo.data.price_files import repeats, wide
from mech_exo.data.tables.cells import Table, nearest
from mech_exo.data.tables.columns import Coded
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError
from mech_exo.system.user_file import is_folder


@dataclass(frozen=True)
class StandingRows:
    """The rows of a wide table; each stands from its day until the next.

    Attributes
    ----------
    public
        [R] datetime64[D], sorted: the first day at whose close each row counts.
    places
        [K] positions in `Market.symbols`.
    values
        [R, K]; NaN is a value that was published as missing.
    """

    public: DateArray
    places: IntArray
    values: FloatArray

    def vintage(self) -> Vintage:
        """Every cell as a value that its day made public; of two rows of a day the later one."""
        last = np.append(self.public[1:] != self.public[:-1], True)
        days = np.repeat(self.public[last], len(self.places))
        places = np.tile(self.places, int(last.sum()))
        return Vintage(places, days, days, self.values[last].ravel())


@dataclass(frozen=True)
class Facts:
    """Fields of one table, as `Market` holds them; of a wide one also its rows."""

    vintages: dict[str, Vintage] = field(default_factory=dict)
    daily: dict[str, FloatArray] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    standing: dict[str, StandingRows] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_factor_table(
    settings: FactorTable, market: Market, *, ignore_unknown: bool, max_age_days: int | None
) -> Facts:
    """Read one entry of `data.factors`.

    Parameters
    ----------
    market
        The prices, for the sessions and the symbols.
    ignore_unknown
        Leave out symbols without prices; otherwise they are an error.
    max_age_days
        Days for which a row of a wide table stands; None: until the next.
    """
    if settings.file is None:
        raise ExoError("data.factors: an entry has no `file`.")
    part = settings.query or settings.sheet
    if is_folder(settings.file):
        table = folder_facts(settings.file, settings, part)
    else:
        table = read_table(settings.file, part)
    return facts_of(
        table, settings, market, ignore_unknown=ignore_unknown, max_age_days=max_age_days
    )


def facts_of(
    table: Table,
    settings: FactorTable,
    market: Market,
    *,
    ignore_unknown: bool,
    max_age_days: int | None,
) -> Facts:
    """The fields of a table; as `read_factor_table`."""
    table = rows_chosen(table, settings.where)
    found = Facts()
    for reading in plain_facts(table, settings):
        facts = _plain(reading, market, ignore_unknown, max_age_days)
        found = Facts(
            found.vintages | facts.vintages,
            found.daily | facts.daily,
            found.categories | facts.categories,
            found.standing | facts.standing,
            found.notes + reading.notes + facts.notes,
        )
    return found


def _plain(
    reading: FactReading, market: Market, ignore_unknown: bool, max_age_days: int | None
) -> Facts:
    table, settings = reading.table, reading.settings
    symbol = symbol_of(table, settings)
    if symbol is None:
        return _wide(table, settings, market, ignore_unknown, max_age_days)
    return _long(table, settings, market, ignore_unknown, symbol)


def symbol_of(table: Table, settings: FactorTable) -> str | None:
    """The column of symbols of a long factor table; None for a wide one."""
    if settings.layout == "wide":
        return None
    named = stated(table, (settings.keys or FactKeys()).symbol, "data.factors: keys: symbol")
    found = named or symbol_column(table)
    if found is None and settings.layout == "long":
        return table.require("of a long table", "symbol")
    return found


def _wide(
    table: Table,
    settings: FactorTable,
    market: Market,
    ignore_unknown: bool,
    max_age_days: int | None,
) -> Facts:
    stem = table.path.name.split(".")[0]
    name = settings.factor or (stem if stem in DEFAULT_FACTORS else None)
    if name is None:
        raise ExoError(
            f"{table.path}: is a wide table (it has no column 'symbol') of an unnamed factor.",
            hint="Name it in the settings: factor: <name>.",
        )
    check_name(name, table)
    refuse_field_frame(table, f"one column of {name} for each", "Name a table of that factor.")
    date, lag = wide_date_column(table, settings), settings.availability_lag_days
    table = columns_left(table, settings.drop, [date])
    _, symbols, values = wide(table, positive=False, date=date)
    public = np.sort(public_day(table, date))
    notes: tuple[str, ...] = ()
    if lag is not None and date != (settings.keys or FactKeys()).available_date:
        public, notes = public + np.timedelta64(lag, "D"), (lag_note(table, date, lag),)
    places, known = positions_of(table, np.array(symbols), market.symbols, ignore_unknown, None)
    row = np.searchsorted(public, market.dates, side="right") - 1
    stands = row >= 0
    if max_age_days is not None:
        stands &= market.dates - public[row] <= np.timedelta64(max_age_days, "D")
    _check_reach(table, public, market)
    daily = np.full(market.close.shape, np.nan)
    daily[:, places[known]] = np.where(stands[:, None], values[row][:, known], np.nan)
    category = settings.categories.get(name) or DEFAULT_FACTORS.get(name, CUSTOM_CATEGORY)
    rows = StandingRows(public, places[known], values[:, known])
    return Facts(
        daily={name: daily}, categories={name: category}, standing={name: rows}, notes=notes
    )


def _long(
    table: Table, settings: FactorTable, market: Market, ignore_unknown: bool, symbol: str
) -> Facts:
    columns = date_columns(table, settings)
    available, period = columns.available or columns.period, columns.period
    table = columns_left(table, settings.drop, [symbol, available, period])
    rows = public_rows(table, columns, settings.availability_lag_days)
    public, ends = rows.public, rows.ends
    early = public < ends
    if early.any():
        at = int(np.argmax(early))
        raise ExoError(
            f"{table.where(at)}: {available} is {public[at]}, before {period} {ends[at]}; "
            "a value cannot be public before its period ends.",
            hint="For a forecast, give the date on which it was made as both.",
        )
    names = table.coded(symbol)
    places, known = positions_of(table, names, market.symbols, ignore_unknown, symbol)
    repeated = repeats(names.codes, ends, public)
    if len(repeated):
        at = int(repeated[0])
        raise ExoError(
            f"{table.where(at)}: {names[at]} has a second row for {period} {ends[at]}, "
            f"public on {public[at]}.",
            hint="Keep one, or give the restatement the date on which it came out.",
        )
    _check_reach(table, public, market)
    keys = {c for c in (symbol, available, period, table.find("date")) if c}
    fields, categories = fields_of(table, settings, keys)
    kept = slice(None) if known.all() else known
    if np.array_equal(public, ends):
        ends = public  # kept once
    place, known_ends = read_only(places[kept]), read_only(ends[kept])
    known_public = known_ends if public is ends else read_only(public[kept])
    vintages = {
        name: Vintage(place, known_ends, known_public, table.numbers(column)[kept])
        for name, column in fields.items()
    }
    notes = rows.notes + without_values(table, fields, keys)
    return Facts(vintages=vintages, categories=categories, notes=notes)


def positions_of(
    table: Table,
    names: np.ndarray[Any, np.dtype[np.str_]] | Coded,
    symbols: tuple[str, ...],
    ignore_unknown: bool,
    column: str | None,
) -> tuple[IntArray, BoolArray]:
    """Position in `symbols` of each name, and whether it is there at all."""
    coded = names if isinstance(names, Coded) else Coded.of(names.tolist())
    ordered, wanted = np.array(symbols), np.array(coded.texts, dtype=np.str_)
    places = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1).astype(np.int64)
    known: BoolArray = ordered[places] == wanted
    there = known[coded.codes]
    if not ignore_unknown and not known.all():
        at = int(np.argmin(there))
        where = table.where(at) if column else f"{table.path}, the header"
        count = int(np.count_nonzero(~known))
        if len(symbols) == 1:
            raise ExoError(
                f"{where}: {coded[at]} has no prices; the only stock that has some is "
                f"{symbols[0]}.",
                hint="Give the prices of many stocks: factors rank them against each other.",
            )
        raise ExoError(
            f"{where}: {coded[at]} has no prices ({count} such symbols).",
            hint=f"{nearest(coded[at], symbols)} Set data.unknown_symbols: ignore to leave "
            "them out.".strip(),
        )
    return places[coded.codes], there


def _check_reach(table: Table, public: DateArray, market: Market) -> None:
    if public.min() > market.dates[-1]:
        raise ExoError(
            f"{table.path}: its first value becomes public on {public.min()}, after the last "
            f"price ({market.dates[-1]})."
        )
