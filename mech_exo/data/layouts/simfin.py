"""SimFin's fundamentals: `Ticker;Report Date;Publish Date;Restated Date;…`."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mech_exo.config.settings import FactKeys, FactorTable
from mech_exo.data.layouts.reading import FactReading
from mech_exo.data.layouts.spellings import spelled
from mech_exo.data.tables.cells import Table


def is_simfin(table: Table) -> bool:
    """Whether the table has SimFin's three dates."""
    return len(spelled(table, ("reportdate", "publishdate", "restateddate"))) == 3


def read_simfin(table: Table, settings: FactorTable) -> Iterator[FactReading]:
    """Rows that were restated count from the day of their restatement.

    SimFin's row holds the figures as they were last restated, beside the day on which the first
    ones came out; taken as of that day they would be known too early.
    """
    keys = settings.keys or FactKeys()
    published, restated = spelled(table, ("publishdate", "restateddate"))
    if keys.available_date is not None:
        yield FactReading(table, settings)
        return
    known = ~table.empty(restated) & ~table.empty(published)
    later = np.zeros(len(known), dtype=np.bool_)
    if known.any():
        both = table.rows_where(known)
        later[known] = both.times(restated) > both.times(published)
    if not later.any():
        yield FactReading(table, settings)
        return
    cells = [
        r if late else p
        for p, r, late in zip(table.cells[published], table.cells[restated], later, strict=True)
    ]
    counted = table.only(c for c in table.columns if c != restated)
    counted = replace(counted, cells={**counted.cells, published: np.array(cells, dtype=object)})
    note = f"{table.path.name}: {int(later.sum())} of {len(later)} rows count from {restated}"
    yield FactReading(counted, settings, (note,))
