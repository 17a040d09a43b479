"""Stooq: `<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>`."""

from mech_exo.config.settings import PriceKeys
from mech_exo.data.layouts.reading import Reading
from mech_exo.data.layouts.row_choice import values_shown
from mech_exo.data.tables.cells import Table
from mech_exo.errors import ExoError

DAILY = ("D", "W", "M")
"""Periods whose rows are closes; all others are bars within a day."""


def is_stooq(table: Table) -> bool:
    """Whether the table has Stooq's columns of ticker and period."""
    return {"<TICKER>", "<PER>", "<DATE>"} <= {column.upper() for column in table.columns}


def read_stooq(table: Table, keys: PriceKeys) -> Reading:
    """The table as it is, if its rows are of one period of a day or longer.

    Raises
    ------
    ExoError
        For bars within a day, and for several periods in one file.
    """
    column = table.require("of Stooq", "<per>")
    periods = {period.upper() for period in table.texts(column).tolist()}
    if len(periods) > 1 or not periods <= set(DAILY):
        raise ExoError(
            f"{table.path}: {column} is {values_shown(periods)}; closes of one period are needed, "
            "D, W or M.",
            hint="Take Stooq's daily files.",
        )
    return Reading(table, keys)
