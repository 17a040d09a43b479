"""What a newly read table of facts adds to what is stored, and what of the old it changes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from mech_exo.data.factor_tables import Facts
from mech_exo.data.market import Vintage
from mech_exo.data.panel import BoolArray, FloatArray, IntArray
from mech_exo.data.store.manifest import PartKind
from mech_exo.data.store.parts import FactRows, SymbolColumn
from mech_exo.data.store.price_changes import Restated
from mech_exo.data.store.replay import StoredField, packed, positions
from mech_exo.errors import ExoError


@dataclass(frozen=True)
class FactChanges:
    """What one table adds and changes.

    Attributes
    ----------
    table
        Its name.
    kind, rows
        What is to be stored; rows of which some field is new or another.
    new
        Values, of whatever field, that were not stored.
    late
        Rows of them that became public before the last publication that was stored.
    restated
        Values that are stored otherwise under the same name, period and day of publication.
    vanished
        Rows that are stored and were not read again, between publications that were.
    """

    table: str
    kind: PartKind
    rows: FactRows
    new: int
    late: int
    restated: tuple[Restated, ...]
    vanished: int


def fact_changes(
    stored: Mapping[str, StoredField], table: str, facts: Facts, symbols: tuple[str, ...]
) -> list[FactChanges]:
    """Compare a table with what is stored; fields that have their rows in common are one entry.

    Parameters
    ----------
    symbols
        To whose positions the table's values refer.

    Raises
    ------
    ExoError
        If a field was stored as one of a wide table and is now one of a long table, or vice versa.
    """
    found = [_compared(stored, table, "dated", group, symbols) for group in _alike(facts.vintages)]
    for name, rows in facts.standing.items():
        vintage = rows.vintage()
        found.append(_compared(stored, table, "standing", {name: vintage}, symbols))
    return found


def _alike(vintages: Mapping[str, Vintage]) -> list[dict[str, Vintage]]:
    """The fields, those together that have their keys in common."""
    groups: list[dict[str, Vintage]] = []
    for name, vintage in vintages.items():
        for group in groups:
            first = next(iter(group.values()))
            if all(
                np.array_equal(getattr(first, key), getattr(vintage, key))
                for key in ("symbol", "period_end", "available")
            ):
                group[name] = vintage
                break
        else:
            groups.append({name: vintage})
    return groups


def _compared(
    stored: Mapping[str, StoredField],
    table: str,
    kind: PartKind,
    vintages: Mapping[str, Vintage],
    symbols: tuple[str, ...],
) -> FactChanges:
    given = _rows(vintages, symbols)
    wanted = np.zeros(len(given), dtype=np.bool_)
    new, late, vanished, restated = 0, np.zeros(len(given), np.bool_), 0, list[Restated]()
    for name, value in given.fields.items():
        known = stored.get(name)
        if known is None:
            wanted[:], new = True, new + len(given)
            continue
        if known.kind != kind:
            words = {"dated": "long", "standing": "wide"}
            raise ExoError(
                f"{table}: {name} comes from a {words[kind]} table, and the store has it from a "
                f"{words[known.kind]} one.",
                hint="Import it into another store, or give it another name (columns, factor).",
            )
        at, there = _found(known.rows, given, symbols)
        old = known.rows.fields[name][at]
        other = there & (old != value) & ~(np.isnan(old) & np.isnan(value))
        if len(known.rows):
            late |= ~there & (given.available < known.rows.available.max())
        wanted |= ~there | other
        new += int((~there).sum())
        restated += [
            _restated(given, name, i, float(old[i])) for i in np.flatnonzero(other).tolist()
        ]
        vanished += _vanished(known.rows, given, at[there])
    rows = _taken(given, wanted)
    return FactChanges(table, kind, rows, new, int(late.sum()), tuple(restated), vanished)


def _rows(vintages: Mapping[str, Vintage], symbols: tuple[str, ...]) -> FactRows:
    """Rows of a table: its fields have their keys in common."""
    first = next(iter(vintages.values()))
    fields = {name: np.asarray(vintage.value) for name, vintage in vintages.items()}
    return FactRows(SymbolColumn(symbols, first.symbol), first.period_end, first.available, fields)


def _found(
    stored: FactRows, given: FactRows, symbols: tuple[str, ...]
) -> tuple[IntArray, BoolArray]:
    """Position in the stored rows of each that was read, and whether it is there."""
    if not len(stored):
        return np.zeros(len(given), np.int64), np.zeros(len(given), np.bool_)
    everything = tuple(sorted({*symbols, *stored.symbol.labels}))
    here = positions(stored.symbol.labels, everything)[stored.symbol.code]
    there = positions(symbols, everything)[given.symbol.code]
    old = packed(here, stored.period_end, stored.available)  # sorted, as the labels are
    new = packed(there, given.period_end, given.available)
    at = np.minimum(np.searchsorted(old, new), len(old) - 1)
    return at, np.asarray(old[at] == new)


def _vanished(stored: FactRows, given: FactRows, met: IntArray) -> int:
    """Stored rows that were not met, of publications within those that were read."""
    if not len(given):
        return 0
    days = (stored.available >= given.available.min()) & (stored.available <= given.available.max())
    days[met] = False
    return int(days.sum())


def _restated(given: FactRows, name: str, at: int, old: float) -> Restated:
    symbol = given.symbol.labels[given.symbol.code[at]]
    return Restated(symbol, str(given.available[at]), name, old, float(given.fields[name][at]))


def _taken(rows: FactRows, which: BoolArray) -> FactRows:
    """Some of the rows, with the names that they need."""
    used, code = np.unique(rows.symbol.code[which], return_inverse=True)
    fields: dict[str, FloatArray] = {n: values[which] for n, values in rows.fields.items()}
    return replace(
        rows,
        symbol=SymbolColumn(tuple(rows.symbol.labels[n] for n in used), code),
        period_end=rows.period_end[which],
        available=rows.available[which],
        fields=fields,
    )
