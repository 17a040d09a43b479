"""EDGAR's company facts, as factor tables: one for each tag, public when it was filed."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mech_exo.config.settings import FactorTable
from mech_exo.data.layouts.reading import FactReading
from mech_exo.data.layouts.row_choice import values_shown
from mech_exo.data.tables.cells import Table, cell_text, nearest
from mech_exo.data.tables.columns import Column
from mech_exo.data.tables.companyfacts import COLUMNS
from mech_exo.errors import ExoError

CHOSEN = {"unit": "USD", "duration": "quarter"}
"""Column of which a tag may have one value only -> an example for the remedy."""


def is_edgar(table: Table) -> bool:
    """Whether the table was read from company facts."""
    return tuple(table.columns) == COLUMNS


def read_edgar(table: Table, settings: FactorTable) -> Iterator[FactReading]:
    """A table for each tag that `columns` names, since each is filed on its own days.

    The same figure is filed again as a comparison in later reports: each filing is a vintage of
    its period, and one that repeats another of the same day is left out.

    Raises
    ------
    ExoError
        If no tag is named or a tag is not there, and if it has several units or durations.
    """
    tags = np.array([cell_text(cell) for cell in table.cells["tag"]])
    if not settings.columns:
        some = ", ".join(sorted(set(tags.tolist()))[:3])
        raise ExoError(
            f"{table.path}: holds {len(set(tags.tolist()))} tags, and none is chosen.",
            hint=f"Name those wanted: data.factors: columns: {{tag: factor}} (it has {some} …).",
        )
    for tag, name in settings.columns.items():
        rows = tags == tag.rsplit(":", 1)[-1]
        if not rows.any():
            raise ExoError(
                f"{table.path}: has no tag {tag!r} (data.factors: columns).",
                hint=nearest(tag, set(tags.tolist())),
            )
        chosen = table.rows_where(rows)
        for column, example in CHOSEN.items():
            _check_one(chosen, tag, column, example)
        categories = {n: c for n, c in settings.categories.items() if n == name}
        plain = replace(
            settings, columns={tag: name}, categories=categories, where=None, drop=None, keys=None
        )
        yield FactReading(_without_repeats(chosen, tag), replace(plain, layout="long"))


def _check_one(table: Table, tag: str, column: str, example: str) -> None:
    there = {cell_text(cell) for cell in table.cells[column]}
    if len(there) > 1:
        raise ExoError(
            f"{table.path}: {tag} has several values of {column}: {values_shown(there)}.",
            hint=f"Choose: data.factors: where: {{{column}: {example}}}.",
        )


def _without_repeats(table: Table, tag: str) -> Table:
    """Symbol, end, filed and value, the first of rows that are equal in all four."""
    names = ("symbol", "end", "filed", "val")
    seen: set[tuple[str, ...]] = set()
    keep = np.zeros(len(table.rows), dtype=np.bool_)
    for i, row in enumerate(zip(*(table.cells[name] for name in names), strict=True)):
        key = tuple(cell_text(cell) for cell in row)
        keep[i] = key not in seen
        seen.add(key)
    kept = table.rows_where(keep)
    cells: dict[str, Column] = {name: kept.cells[name] for name in names[:3]}
    return replace(kept, cells={**cells, tag: kept.cells["val"]})
