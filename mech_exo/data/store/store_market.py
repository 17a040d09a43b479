"""The market of a store (`data.source: store`), as it is known now or was known on a day."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mech_exo.config.settings import DataSettings
from mech_exo.data.asof import as_of
from mech_exo.data.factor_tables import Facts
from mech_exo.data.files import table_facts, with_facts
from mech_exo.data.market import Market
from mech_exo.data.store.manifest import ImportRecord, Manifest, read_manifest
from mech_exo.data.store.replay import Stored, replay
from mech_exo.errors import ExoError


def store_market(data: DataSettings) -> tuple[Market, ImportRecord]:
    """Prices and facts of `data.store` with the tables of `data.factors` beside them.

    With `data.as_of` only what had been imported by the end of that day (UTC).

    Returns
    -------
    tuple
        The market without source words, and the last import that it has.

    Raises
    ------
    ExoError
        For a store that is not there, empty, damaged, or knew nothing yet on that day; and as for
        files.
    """
    if data.store is None:
        raise ExoError(
            "data.source is store, but data.store names no folder.",
            hint="Set it in the settings file (--config); `exo data import` fills it.",
        )
    known = _known(data.store, data.as_of)
    market = market_of_store(replay(data.store, known), data)
    own = {*market.vintages, *market.daily}
    market = with_facts(market, _beside(table_facts(data, market), own, data.store))
    return market, known.imports[-1]


def _known(store: Path, day: str | None) -> Manifest:
    """The imports of a store that were known on a day; at least one."""
    manifest = read_manifest(store)
    if not manifest.imports:
        raise ExoError(
            f"{store}: is no store, or an empty one.",
            hint="Fill it: exo data import, or exo data fetch.",
        )
    known = manifest.until(day)
    if not known.imports:
        raise ExoError(
            f"{store}: knew nothing on {day} (data.as_of); its first import is of "
            f"{manifest.imports[0].known_on}.",
            hint="Name a later day, or import what was known then into another store "
            "(--known-on DATE).",
        )
    return known


def market_of_store(stored: Stored, data: DataSettings) -> Market:
    """What a store holds as a market without source words."""
    prices = stored.prices
    vintages, daily = {}, {}
    for name, one in stored.facts.items():
        vintage = one.vintage(prices.symbols)
        if one.kind == "dated":
            vintages[name] = vintage
        else:
            names = len(prices.symbols)
            daily[name] = as_of(vintage, prices.dates, names, data.max_age_days)
    return replace(prices, vintages=vintages, daily=daily, categories=stored.categories)


def _beside(
    tables: Iterator[tuple[str, Facts]], own: set[str], store: Path
) -> Iterator[tuple[str, Facts]]:
    for label, facts in tables:
        for name in (*facts.vintages, *facts.daily):
            if name in own:
                raise ExoError(
                    f"{label}: {name} is also in the store {store}.",
                    hint="Leave the table out of data.factors: what was imported is in the store.",
                )
        yield label, facts


def store_words(data: DataSettings, market: Market, last: ImportRecord) -> str:
    """What the data are: number of names, dates, store and the day on which they were known."""
    name = data.store.name if data.store is not None else ""
    beside = "".join(f", {table.file.name}" for table in data.factors if table.file is not None)
    return (
        f"store: {len(market.symbols)} stocks, {market.dates[0]} to {market.dates[-1]}, from "
        f"{name}{beside}, import {last.number}, known on {last.known_on}"
    )
