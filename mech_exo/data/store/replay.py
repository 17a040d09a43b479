"""What a store holds: its parts, replayed in order; for each key the last import's value counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import BoolArray, DateArray, IntArray
from mech_exo.data.store.manifest import ImportRecord, Manifest, PartKind
from mech_exo.data.store.parts import (
    FactRows,
    PriceRows,
    SymbolColumn,
    read_facts_part,
    read_prices_part,
)

_DAY_BITS = 18  # of a day from 1900 to 2600, in a key
_EPOCH = np.datetime64("1900-01-01", "D")


@dataclass(frozen=True)
class StoredField:
    """One field of facts.

    Attributes
    ----------
    kind
        Whether a value stands until the next row (`standing`) or is one of several vintages.
    rows
        Sorted by symbol, period and day of publication; `fields` holds this field alone.
    """

    kind: PartKind
    rows: FactRows

    def vintage(self, symbols: tuple[str, ...]) -> Vintage:
        """Its values for these symbols, which are sorted; other names are left out."""
        places, known = _places(self.rows.symbol, symbols)
        (value,) = self.rows.fields.values()
        return Vintage(
            places, self.rows.period_end[known], self.rows.available[known], value[known]
        )


@dataclass(frozen=True)
class Stored:
    """Prices and facts of a store.

    Attributes
    ----------
    prices
        Without facts; without sessions in a new store.
    facts
        Field -> its values.
    categories
        Field -> category, of those that are factors.
    """

    prices: Market
    facts: dict[str, StoredField] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)


def replay(store: Path, manifest: Manifest) -> Stored:
    """What the imports of a manifest make together.

    Raises
    ------
    ExoError
        For a part that is missing or damaged.
    """
    parts = manifest.parts()
    prices = [read_prices_part(store, part) for part in parts if part.kind == "prices"]
    tables = [(part, read_facts_part(store, part)) for part in parts if part.kind != "prices"]
    return Stored(
        with_prices(NO_PRICES, prices),
        with_facts_rows({}, [(part.kind, rows) for part, rows in tables]),
        categories_of(manifest.imports),
    )


NO_PRICES = Market(dates=np.array([], "datetime64[D]"), symbols=(), close=np.empty((0, 0)))


def categories_of(imports: Iterable[ImportRecord]) -> dict[str, str]:
    """Field -> category, by the last import that states one."""
    found: dict[str, str] = {}
    for one in imports:
        found |= one.categories
    return found


def with_prices(stored: Market, parts: Iterable[PriceRows]) -> Market:
    """The prices with further rows, in order: of two prices of a name and day the later counts."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return stored
    dates: DateArray = np.unique(np.concatenate([stored.dates, *(p.date for p in parts)]))
    names = {label for p in parts for label in _used(p.symbol)}
    symbols = tuple(sorted({*stored.symbols, *names}))
    close = np.full((len(dates), len(symbols)), np.nan)
    rows = np.searchsorted(dates, stored.dates)
    close[np.ix_(rows, positions(stored.symbols, symbols))] = stored.close
    for part in parts:
        place = positions(part.symbol.labels, symbols)[part.symbol.code]
        close[np.searchsorted(dates, part.date), place] = part.price
    return replace(stored, dates=dates, symbols=symbols, close=close)


def with_facts_rows(
    stored: Mapping[str, StoredField], parts: Iterable[tuple[PartKind, FactRows]]
) -> dict[str, StoredField]:
    """The fields with further rows, in order: of two values of a key the later counts."""
    pieces: dict[str, list[FactRows]] = {name: [one.rows] for name, one in stored.items()}
    kinds = {name: one.kind for name, one in stored.items()}
    for kind, rows in parts:
        for name in rows.fields:
            pieces.setdefault(name, []).append(rows)
            kinds[name] = kind
    found: dict[str, StoredField] = dict(stored)
    merged: dict[tuple[int, ...], tuple[FactRows, IntArray]] = {}
    for name, tables in pieces.items():
        if len(tables) == 1 and name in stored:
            continue
        same = tuple(map(id, tables))  # fields of one table have their keys in common
        if same not in merged:
            merged[same] = _merged(tables)
        keys, order = merged[same]
        value = np.concatenate([table.fields[name] for table in tables])[order]
        found[name] = StoredField(kinds[name], replace(keys, fields={name: value}))
    return found


def _merged(tables: list[FactRows]) -> tuple[FactRows, IntArray]:
    """Keys of several tables, each once and sorted, and the row that counts for each."""
    labels = tuple(sorted({label for t in tables for label in t.symbol.labels}))
    code = np.concatenate([positions(t.symbol.labels, labels)[t.symbol.code] for t in tables])
    period = np.concatenate([t.period_end for t in tables])
    available = np.concatenate([t.available for t in tables])
    key = packed(code, period, available)
    order = np.argsort(key, kind="stable")
    last = np.append(key[order][1:] != key[order][:-1], True) if len(order) else order > 0
    order = order[last]
    return FactRows(SymbolColumn(labels, code[order]), period[order], available[order]), order


def packed(code: IntArray, period: DateArray, available: DateArray) -> IntArray:
    """One sortable number for symbol, period and day of publication."""
    ends = (period - _EPOCH).astype(np.int64)
    days = (available - _EPOCH).astype(np.int64)
    return (((code << _DAY_BITS) | ends) << _DAY_BITS) | days


def positions(names: Iterable[str], symbols: tuple[str, ...]) -> IntArray:
    """Position of each name in the symbols, all of which are there."""
    place = {symbol: n for n, symbol in enumerate(symbols)}
    return np.array([place[name] for name in names], dtype=np.int64)


def _used(names: SymbolColumn) -> list[str]:
    """The labels that some row has."""
    return [names.labels[code] for code in np.unique(names.code)]


def _places(names: SymbolColumn, symbols: tuple[str, ...]) -> tuple[IntArray, BoolArray]:
    place = {symbol: n for n, symbol in enumerate(symbols)}
    of = np.array([place.get(label, -1) for label in names.labels], dtype=np.int64)
    at = of[names.code] if len(names.code) else np.array([], dtype=np.int64)
    known = at >= 0
    return at[known], known
