"""Which rows and columns of a factor table count: `where` and `drop`."""

from collections.abc import Mapping, Sequence

import numpy as np

from mech_exo.data.layouts.spellings import stated
from mech_exo.data.panel import BoolArray
from mech_exo.data.tables.cells import Table, cell_text
from mech_exo.errors import ExoError

SHOWN = 8
"""Values in a message."""


def rows_chosen(table: Table, where: Mapping[str, Sequence[str]] | None) -> Table:
    """The rows whose cells are among the values of `where`, in every column that it names.

    Raises
    ------
    ExoError
        For a column that is not there, and for a value that no row has: the message names those
        that there are.
    """
    for name, wanted in (where or {}).items():
        column = stated(table, name, "data.factors: where")
        assert column is not None
        texts = [cell_text(cell) for cell in table.cells[column]]
        there = set(texts)
        for value in wanted:
            if value not in there:
                raise ExoError(
                    f"{table.path}: no row has {value!r} in {column!r} (data.factors: where).",
                    hint=f"There is {values_shown(there)}.",
                )
        keep: BoolArray = np.isin(np.array(texts), list(wanted))
        table = table.rows_where(keep)
        if not len(table.rows):
            raise ExoError(
                f"{table.path}: no row is left after {column!r} (data.factors: where).",
                hint="Loosen one of its conditions.",
            )
    return table


def values_shown(values: set[str]) -> str:
    """`'ARQ', 'ART' and 3 more`, sorted; of an empty one its quotes."""
    ordered = sorted(values)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(repr(value) for value in ordered[:SHOWN]) + more


def columns_left(table: Table, drop: Sequence[str] | None, keys: Sequence[str]) -> Table:
    """The table without the columns of `drop`.

    Raises
    ------
    ExoError
        For one that is not there, and for one of `keys`, which are needed.
    """
    gone = set()
    for name in drop or ():
        column = stated(table, name, "data.factors: drop")
        if column in keys:
            raise ExoError(
                f"{table.path}: {column!r} is needed and cannot be left out (data.factors: drop).",
                hint="If another column is meant, name it: data.factors: keys.",
            )
        gone.add(column)
    return table.only(c for c in table.columns if c not in gone) if gone else table
