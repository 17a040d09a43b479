"""Sharadar's fundamentals (SF1): `ticker, dimension, datekey, reportperiod, calendardate, …`."""

from collections.abc import Iterator

from mech_exo.config.settings import FactorTable
from mech_exo.data.layouts.reading import FactReading
from mech_exo.data.layouts.row_choice import values_shown
from mech_exo.data.layouts.spellings import spelled
from mech_exo.data.tables.cells import Table
from mech_exo.errors import ExoError

RESTATED = "MR"
"""Dimensions of the most recent report: restated values, dated by the end of their period."""


def is_sharadar(table: Table) -> bool:
    """Whether the table has SF1's columns."""
    return len(spelled(table, ("dimension", "datekey"))) == 2


def read_sharadar(table: Table, settings: FactorTable) -> Iterator[FactReading]:
    """The rows of one as-reported dimension.

    Raises
    ------
    ExoError
        If dimensions are mixed, or restated ones are chosen: their `datekey` is the period's end,
        on which nobody knew them.
    """
    column = spelled(table, ("dimension",))[0]
    there = set(table.texts(column).tolist())
    if len(there) > 1:
        raise ExoError(
            f"{table.path}: mixes the dimensions {values_shown(there)}.",
            hint="Choose one: data.factors: where: {dimension: ARQ} (quarters) or ARY (years).",
        )
    dimension = there.pop()
    if dimension.upper().startswith(RESTATED):
        raise ExoError(
            f"{table.path}: the values of {dimension} are restated, and dated by the end of their "
            "period: nobody knew them then.",
            hint=f"Take the reported ones: where: {{dimension: A{dimension[1:]}}}.",
        )
    yield FactReading(table, settings)
