"""Stretches of time in a file: from which day to which a row says something of a name."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mech_exo.data.layouts.spellings import required_symbol
from mech_exo.data.panel import BoolArray, DateArray
from mech_exo.data.tables.cells import LATEST, MISSING, Table
from mech_exo.errors import ExoError

FROM = (
    *("from", "from_date", "start", "start_date", "entry", "entry_date"),
    *("added", "date_added", "valid_from"),
)
TO = (
    *("to", "to_date", "end", "end_date", "thru", "through", "exit", "exit_date"),
    *("removed", "date_removed", "valid_to"),
)
OPEN = np.datetime64("9999-12-31", "D")
"""The last day of a stretch that has no end."""

NO_END = (*MISSING, "NaT", "9999-12-31", "99991231")
"""What the cell of a stretch without an end may hold."""


@dataclass(frozen=True, eq=False)
class Stretches:
    """Rows of a table, each about one name on the days `first` to `last`, both included.

    Attributes
    ----------
    table
        Where they stand.
    names
        [R] symbols.
    first, last
        [R] days; `OPEN` for a row without an end.
    """

    table: Table
    names: np.ndarray[Any, np.dtype[np.str_]]
    first: DateArray
    last: DateArray

    @property
    def open(self) -> BoolArray:
        """[R] whether a row has no end."""
        found: BoolArray = self.last == OPEN
        return found


def stretches_of(table: Table, what: str, *, ends: bool) -> Stretches:
    """The stretches of a table with the columns symbol, from and to.

    Parameters
    ----------
    what
        What the table is, for a message: "of a membership file".
    ends
        Whether the column of last days must be there; without it every stretch is open.

    Raises
    ------
    ExoError
        For a missing column, an empty symbol or first day, a day that is none, and a stretch that
        ends before it begins.
    """
    names = table.texts(required_symbol(table, what))
    first = table.dates(table.require(what, *FROM))
    column = table.require(what, *TO) if ends else table.find(*TO)
    last = np.full(len(first), OPEN) if column is None else _last_days(table, column)
    early = last < first
    if early.any():
        at = int(np.argmax(early))
        raise ExoError(
            f"{table.where(at)}: the stretch of {names[at]} ends on {last[at]}, before it begins "
            f"on {first[at]}.",
            hint="`to` is the last day that counts; leave it empty where there is no end.",
        )
    return Stretches(table, names, first, last)


def _last_days(table: Table, column: str) -> DateArray:
    """[R] days of a column; `OPEN` for a cell that is empty, or a day that stands for no end."""
    cells = table.cells[column]
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
        without_end: BoolArray = np.isnat(cells) | (cells.astype("datetime64[s]") >= LATEST)
    else:
        without_end = np.array([_text(cell) in NO_END for cell in cells], dtype=np.bool_)
    last = np.full(len(cells), OPEN)
    rows = np.flatnonzero(~without_end)
    if len(rows):
        stated = cells[rows] if isinstance(cells, np.ndarray) else [cells[r] for r in rows.tolist()]
        last[rows] = Table(table.path, {column: stated}, table.rows[rows], table.unit).dates(column)
    return last


def _text(cell: Any) -> str:
    return "" if cell is None or cell != cell else str(cell).strip().removesuffix(" 00:00:00")
