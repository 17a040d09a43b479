"""Factor values and fundamentals from files, with the date on which each became public."""

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mech_exo.config.settings import FactorTable
from mech_exo.data.catalogue import CUSTOM_CATEGORY, DEFAULT_FACTORS
from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray
from mech_exo.data.price_files import DATE, SYMBOL, is_long, repeats, wide
from mech_exo.data.tables.cells import Table, nearest
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

AVAILABLE = ("available_date", "available", "published")
PERIOD = ("period_end", "period")
_NAME = re.compile(r"[A-Za-z]\w*")


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
    table = read_table(settings.file)
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
    if is_long(table, settings.layout):
        return _long(table, settings, market, ignore_unknown)
    return _wide(table, settings, market, ignore_unknown, max_age_days)


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
    _check_name(name, table)
    _, symbols, values = wide(table, positive=False)
    public = np.sort(_public_day(table, table.require("of a wide table", *DATE)))
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
    return Facts(daily={name: daily}, categories={name: category}, standing={name: rows})


def _long(table: Table, settings: FactorTable, market: Market, ignore_unknown: bool) -> Facts:
    symbol = table.require("of a long table", *SYMBOL)
    available, period = _date_columns(table)
    public = _public_day(table, available)
    ends = table.dates(period)
    early = public < ends
    if early.any():
        at = int(np.argmax(early))
        raise ExoError(
            f"{table.where(at)}: {available} is {public[at]}, before {period} {ends[at]}; "
            "a value cannot be public before its period ends.",
            hint="For a forecast, give the date on which it was made as both.",
        )
    names = table.texts(symbol)
    places, known = positions_of(table, names, market.symbols, ignore_unknown, symbol)
    repeated = repeats(np.unique(names, return_inverse=True)[1], ends, public)
    if len(repeated):
        at = int(repeated[0])
        raise ExoError(
            f"{table.where(at)}: {names[at]} has a second row for {period} {ends[at]}, "
            f"public on {public[at]}.",
            hint="Keep one, or give the restatement the date on which it came out.",
        )
    _check_reach(table, public, market)
    keys = {c for c in (symbol, available, period, table.find("date")) if c}
    fields, categories = _fields(table, settings, keys)
    vintages = {
        name: Vintage(places[known], ends[known], public[known], table.numbers(column)[known])
        for name, column in fields.items()
    }
    return Facts(vintages=vintages, categories=categories)


def _date_columns(table: Table) -> tuple[str, str]:
    """Columns of publication and of period end; one `date` is both."""
    available = table.find(*AVAILABLE)
    if available is None:
        period = table.find(*PERIOD)
        if period is not None and table.find("date") is None:
            raise ExoError(
                f"{table.path}: has {period!r} but no column 'available_date'.",
                hint="Add the dates on which the values became public: joining on the end of "
                "the period would look ahead.",
            )
        available = table.require("the day a value became public", AVAILABLE[0], "date")
    return available, table.find(*PERIOD) or table.find("date") or available


def _public_day(table: Table, column: str) -> DateArray:
    """First day at whose close a value counts: a time of day makes it the next day."""
    times = table.times(column)
    days = times.astype("datetime64[D]")
    public: DateArray = np.where(times > days, days + np.timedelta64(1, "D"), days)
    return public


def _fields(
    table: Table, settings: FactorTable, keys: set[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Field name -> column, and factor name -> category."""
    for column in settings.columns:
        if column not in table.columns:
            raise ExoError(
                f"{table.path}: has no column {column!r} (data.factors: columns).",
                hint=nearest(column, table.columns),
            )
    fields: dict[str, str] = {}
    for column in table.columns:
        name = settings.columns.get(column, column)
        stated = column in settings.columns or name in settings.categories
        factor = stated or name in DEFAULT_FACTORS
        if column in keys or not (factor or table.is_numeric(column)):
            continue
        if np.isnan(table.numbers(column)).all():
            if stated:
                raise ExoError(f"{table.path}: {column!r} holds no value.")
            continue
        if factor:
            _check_name(name, table)
        if name in fields:
            raise ExoError(f"{table.path}: {fields[name]!r} and {column!r} both give {name}.")
        fields[name] = column
    for name in settings.categories:
        if name not in fields:
            raise ExoError(
                f"{table.path}: gives no factor {name!r} (data.factors: categories).",
                hint=nearest(name, fields),
            )
    factors = set(settings.columns.values()) | set(settings.categories)
    categories = {name: DEFAULT_FACTORS.get(name, CUSTOM_CATEGORY) for name in sorted(factors)}
    return fields, categories | settings.categories


def _check_name(name: str, table: Table) -> None:
    if not _NAME.fullmatch(name):
        raise ExoError(
            f"{table.path}: {name!r} cannot be a factor's name (letters, digits, underscores).",
            hint="Give it another in the settings: columns: {<column>: <name>}.",
        )


def positions_of(
    table: Table,
    names: np.ndarray[Any, np.dtype[np.str_]],
    symbols: tuple[str, ...],
    ignore_unknown: bool,
    column: str | None,
) -> tuple[IntArray, BoolArray]:
    """Position in `symbols` of each name, and whether it is there at all."""
    ordered = np.array(symbols)
    places = np.minimum(np.searchsorted(ordered, names), len(ordered) - 1)
    known: BoolArray = ordered[places] == names
    if not ignore_unknown and not known.all():
        at = int(np.argmin(known))
        where = table.where(at) if column else f"{table.path}, the header"
        count = len(set(names[~known].tolist()))
        raise ExoError(
            f"{where}: {names[at]} has no prices ({count} such symbols).",
            hint=f"{nearest(str(names[at]), symbols)} Set data.unknown_symbols: ignore to leave "
            "them out.".strip(),
        )
    return places.astype(np.int64), known


def _check_reach(table: Table, public: DateArray, market: Market) -> None:
    if public.min() > market.dates[-1]:
        raise ExoError(
            f"{table.path}: its first value becomes public on {public.min()}, after the last "
            f"price ({market.dates[-1]})."
        )
