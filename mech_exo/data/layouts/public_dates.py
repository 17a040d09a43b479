"""When each row of a factor table became public, and of which period it is.

A period's end is never taken for a date of publication, whatever the column is called; where a
table has none, only `availability_lag_days` stands for it.
"""

from dataclasses import dataclass

import numpy as np

from mech_exo.config.settings import FactKeys, FactorTable
from mech_exo.data.layouts.spellings import PERIODS, PUBLICATIONS, one_of, spelled, stated
from mech_exo.data.panel import DateArray
from mech_exo.data.tables.cells import Table
from mech_exo.errors import ExoError

ROW_DATES = ("date", "datetime", "timestamp", "tradedate", "tradingdate", "pricedate", "caldt")
"""Dates of a row that are those of its publication, where nothing says that they are a period's."""

INDEX_DATES = ("dlycaldt", "", "time")
"""What else the dates of a wide table may be called; "" is an index without a name."""

REMEDY = (
    "Name the column of the dates of publication (data.factors: keys: {available_date: …}), or "
    "say how many days after its period's end a value was public: availability_lag_days: 90."
)


@dataclass(frozen=True)
class DateColumns:
    """Columns of publication and of period end; `available` is None where only a lag is known."""

    available: str | None
    period: str


@dataclass(frozen=True)
class PublicRows:
    """First day at whose close each row counts, and the end of its period; [R] both.

    `notes` are lines for the run.
    """

    public: DateArray
    ends: DateArray
    notes: tuple[str, ...] = ()


def date_columns(table: Table, settings: FactorTable) -> DateColumns:
    """Which columns say when a row became public, and of which period it is.

    Raises
    ------
    ExoError
        If there is no date of publication and no lag, or two columns could be it.
    """
    keys = settings.keys or FactKeys()
    available = stated(table, keys.available_date, "data.factors: keys: available_date") or one_of(
        table, PUBLICATIONS, "data.factors: keys: available_date"
    )
    periods = [column for column in spelled(table, PERIODS) if column != available]
    period = stated(table, keys.period_end, "data.factors: keys: period_end")
    period = period or next(iter(periods), None)
    dated = next((c for c in spelled(table, ROW_DATES) if c != available), None)
    if available is None and settings.availability_lag_days is None:
        if dated is None or dated == period:
            there = f"{period!r} is the end of a period" if period else "it has no date of a row"
            raise ExoError(
                f"{table.path}: has no column 'available_date' (published, filed …), the day a "
                f"value became public; {there}.",
                hint=REMEDY,
            )
        available = dated
    found = period or dated or available
    if found is None:
        raise ExoError(
            f"{table.path}: has no column of the period's end that availability_lag_days counts "
            "from.",
            hint="Name it: data.factors: keys: {period_end: …}.",
        )
    return DateColumns(available, found)


def wide_date_column(table: Table, settings: FactorTable) -> str:
    """The column of dates of a wide factor table; as `date_columns`."""
    keys, lag = settings.keys or FactKeys(), settings.availability_lag_days
    named = stated(table, keys.available_date, "data.factors: keys: available_date")
    if named is not None:
        return named
    period = stated(table, keys.period_end, "data.factors: keys: period_end")
    dated = [*spelled(table, (*ROW_DATES, *INDEX_DATES)), *spelled(table, PERIODS)]
    found = period if period is not None else next(iter(dated), None)
    if found is None:
        raise ExoError(
            f"{table.path}: has no column 'date' (of a wide table).",
            hint="Name it: data.factors: keys: {available_date: …}.",
        )
    if lag is None and (period is not None or found in spelled(table, PERIODS)):
        raise ExoError(
            f"{table.path}: has no column 'available_date', the day a value became public; "
            f"{found!r} is the end of a period.",
            hint=REMEDY,
        )
    return found


def lag_note(table: Table, column: str, lag: int) -> str:
    """The line of a run that says from when the values of a table count."""
    return f"{table.path.name}: taken as public {lag} days after {column!r} (no date of it)"


def public_rows(table: Table, columns: DateColumns, lag: int | None) -> PublicRows:
    """When each row counts first.

    Parameters
    ----------
    lag
        `availability_lag_days`: for a row without a date of publication it counts so many days
        after its period's end.

    Raises
    ------
    ExoError
        For a cell that is no date, and an empty date of publication without a lag.
    """
    ends = table.dates(columns.period)
    if columns.available is None:
        assert lag is not None
        public = ends + np.timedelta64(lag, "D")
        return PublicRows(public, ends, (lag_note(table, columns.period, lag),))
    if lag is None:
        return PublicRows(public_day(table, columns.available), ends)
    empty = table.empty(columns.available)
    public = ends + np.timedelta64(lag, "D")
    if not empty.all():
        public[~empty] = public_day(table.rows_where(~empty), columns.available)
    note = (
        f"{table.path.name}: {int(empty.sum())} of {len(empty)} rows have no {columns.available}, "
        f"and are taken as public {lag} days after {columns.period!r}"
    )
    return PublicRows(public, ends, (note,))


def public_day(table: Table, column: str) -> DateArray:
    """First day at whose close a value counts: a time of day makes it the next day."""
    empty = table.empty(column)
    if empty.any():
        raise ExoError(
            f"{table.where(int(np.argmax(empty)))}: {column} is empty ({int(empty.sum())} such "
            "rows), so nobody knows when the value became public.",
            hint="Leave such rows out, or set availability_lag_days for them (data.factors).",
        )
    return table.dates(column, up=True)
