"""Which column of a price table is what: stated by `data.keys`, or known by its spelling."""

from collections.abc import Iterable

from mech_exo.data.check.finding import Finding
from mech_exo.data.layouts.reading import Reading
from mech_exo.data.layouts.spellings import (
    ADJUSTED,
    DATES,
    PRICES,
    RETURNS,
    TOTAL,
    one_of,
    plain,
    spelled,
    stated,
)
from mech_exo.data.tables.cells import Table


def date_column(table: Table, named: str | None, what: str) -> str:
    """The column of dates; `what` tells a message what kind of table it is.

    Raises
    ------
    ExoError
        If there is none.
    """
    found = stated(table, named, "data.keys.date")
    if found is None:
        found = next(iter(spelled(table, DATES)), None)  # "" for an index without a name
    return table.require(what, "date") if found is None else found


def price_column(reading: Reading) -> str:
    """The column of prices of a long table, an adjusted one before others.

    Raises
    ------
    ExoError
        If there is none, or if two differ that could be meant.
    """
    named = stated(reading.table, reading.keys.price, "data.keys.price")
    found = named or one_of(reading.table, PRICES, "data.keys.price")
    return found or reading.table.require("of a long price table", "close")


def unadjusted(label: str, column: str, others: Iterable[str]) -> tuple[Finding, ...]:
    """The finding that a stated column is not adjusted while another is; () where that is not so.

    Parameters
    ----------
    label
        The file's name.
    others
        The columns that could have been taken.
    """
    adjusted = {*ADJUSTED, *TOTAL}
    better = [other for other in others if plain(other) in adjusted]
    if plain(column) in adjusted or not better:
        return ()
    return (
        Finding(
            rule="unadjusted",
            severity="warning",
            message=f"{label}: {column!r} is taken, as data.keys.price says, and {better[0]!r} "
            "is adjusted for splits and dividends.",
            remedy="Leave data.keys.price out to take the adjusted one.",
            subject=label,
        ),
    )


def return_column(reading: Reading) -> str:
    """The column of returns of a long table; as `price_column`."""
    named = stated(reading.table, reading.keys.price, "data.keys.price")
    found = named or one_of(reading.table, RETURNS, "data.keys.price")
    return found or reading.table.require("of a long table of returns", "ret")
