"""Bringing prices and facts into a store: compared, checked, written whole or not at all."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from mech_exo.data.market import Market
from mech_exo.data.store.delivery import Delivery
from mech_exo.data.store.fact_changes import FactChanges, fact_changes
from mech_exo.data.store.manifest import (
    ImportRecord,
    Manifest,
    Part,
    read_manifest,
    write_manifest,
)
from mech_exo.data.store.parts import require_pyarrow, write_facts, write_prices
from mech_exo.data.store.price_changes import PriceChanges, price_changes
from mech_exo.data.store.replay import Stored, replay, with_facts_rows, with_prices
from mech_exo.errors import ExoError
from mech_exo.system.locks import exclusive_lock
from mech_exo.system.whole_files import check_target

LOCK = ".lock"
Checked = Callable[[Stored, Market], tuple[str, ...]]
"""Looks at what the store would hold, and what was read; names of findings, or an error."""


@dataclass(frozen=True)
class Terms:
    """How an import is done.

    Attributes
    ----------
    accept_restated
        Store changed old values too.
    dry_run
        Compare and check; write nothing.
    known_on
        The day on which the data were known, for files that were kept; None: today, UTC.
    wait
        Wait for another import into the store to end.
    """

    accept_restated: bool = False
    dry_run: bool = False
    known_on: date | None = None
    wait: bool = False


@dataclass(frozen=True)
class ImportReport:
    """What came of an import.

    Attributes
    ----------
    store
        The folder.
    prices, facts
        What is new and what is changed.
    record
        What stands in the manifest, or would; None if there is nothing new, or if it was refused.
    refused
        Whether old values are changed, and that was not accepted; nothing was written.
    dry_run
        Nothing was written, because that was asked.
    """

    store: Path
    prices: PriceChanges
    facts: tuple[FactChanges, ...]
    record: ImportRecord | None = None
    refused: bool = False
    dry_run: bool = False


def import_delivery(
    store: Path,
    deliver: Callable[[Market], Delivery],
    terms: Terms,
    check: Checked,
    on_wait: Callable[[str], None] | None = None,
) -> ImportReport:
    """Add a delivery to a store, which is made if need be.

    Parameters
    ----------
    deliver
        Gives what is to be added; it is called with the prices that are stored.
    check
        Called on what the store would hold, before anything is written.

    Raises
    ------
    ExoError
        For a store that is damaged, being written (exit code 5) or cannot be written; for a day
        before the last import's; and what `check` raises. The store is then as it was.
    """
    require_pyarrow(store)
    if terms.dry_run:
        return _imported(store, deliver, terms, check)
    check_target(store / LOCK, overwrite=True)
    with exclusive_lock(
        store / LOCK,
        f"The store {store} is being written",
        "Wait for it to end (--wait).",
        wait=terms.wait,
        on_wait=on_wait,
    ):
        return _imported(store, deliver, terms, check)


def _imported(
    store: Path, deliver: Callable[[Market], Delivery], terms: Terms, check: Checked
) -> ImportReport:
    manifest = read_manifest(store)
    day = _known_on(store, manifest, terms)
    stored = replay(store, manifest)
    delivery = deliver(stored.prices)
    prices = price_changes(stored.prices, delivery.market)
    facts = tuple(
        change
        for label, table in delivery.facts
        for change in fact_changes(stored.facts, label, table, delivery.market.symbols)
    )
    report = ImportReport(store, prices, facts, dry_run=terms.dry_run)
    record = _record(manifest, delivery, stored, report, day)
    if not _brings_something(report, record):
        return report
    if (prices.restated or any(one.restated for one in facts)) and not terms.accept_restated:
        return replace(report, refused=True)
    record = replace(record, findings=check(_combined(stored, report, record), delivery.market))
    if terms.dry_run:
        return replace(report, record=record)
    _clear_leftovers(store, manifest)
    record = replace(record, parts=_write_parts(store, record.number, report))
    write_manifest(store, Manifest((*manifest.imports, record)))
    return replace(report, record=record)


def _known_on(store: Path, manifest: Manifest, terms: Terms) -> str:
    today = datetime.now(UTC).date()
    day = terms.known_on or today
    if day > today:
        raise ExoError(f"--known-on {day}: is in the future; today is {today} (UTC).")
    if manifest.last is not None and day.isoformat() < manifest.last.known_on:
        raise ExoError(
            f"{store}: import {manifest.last.number} is of {manifest.last.known_on}, this one "
            f"would be of {day}.",
            hint="Import older files first, in their order.",
        )
    return day.isoformat()


def _record(
    manifest: Manifest, delivery: Delivery, stored: Stored, report: ImportReport, day: str
) -> ImportRecord:
    market, prices = delivery.market, report.prices
    categories = {n: c for _, facts in delivery.facts for n, c in facts.categories.items()}
    counts = {
        "new_prices": prices.new,
        "late_prices": prices.late,
        "new_names": len(prices.names),
        "restated_prices": prices.restated_prices,
        "vanished_prices": prices.vanished,
        "new_values": sum(one.new for one in report.facts),
        "late_rows": sum(one.late for one in report.facts),
        "restated_values": sum(len(one.restated) for one in report.facts),
        "vanished_rows": sum(one.vanished for one in report.facts),
    }
    return ImportRecord(
        number=len(manifest.imports) + 1,
        known_on=day,
        made_at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        source=market.source,
        files=delivery.files,
        parts=(),
        names=len(market.symbols),
        first=str(market.dates[0]),
        last=str(market.dates[-1]),
        counts={name: count for name, count in counts.items() if count},
        readjusted=prices.readjusted,
        categories={n: c for n, c in categories.items() if stored.categories.get(n) != c},
    )


def _brings_something(report: ImportReport, record: ImportRecord) -> bool:
    return bool(len(report.prices.rows) or any(map(_rows, report.facts)) or record.categories)


def _rows(change: FactChanges) -> int:
    return len(change.rows)


def _combined(stored: Stored, report: ImportReport, record: ImportRecord) -> Stored:
    """What the store would hold."""
    prices: Market = with_prices(stored.prices, [report.prices.rows])
    added = [(one.kind, one.rows) for one in report.facts]
    facts = with_facts_rows(stored.facts, added)
    return Stored(prices, facts, stored.categories | record.categories)


def _write_parts(store: Path, number: int, report: ImportReport) -> tuple[Part, ...]:
    parts = []
    if len(report.prices.rows):
        parts.append(write_prices(store, f"{number:04d}", report.prices.rows))
    for at, change in enumerate(filter(_rows, report.facts), start=1):
        stem = re.sub(r"\W+", "_", Path(change.table).name.split(".")[0])[:40]
        name = f"{number:04d}_{at:02d}_{stem}"
        parts.append(write_facts(store, name, change.kind, change.rows))
    return tuple(parts)


def _clear_leftovers(store: Path, manifest: Manifest) -> None:
    """Remove what imports that were killed have left; the lock is held, so none is at work."""
    named = {part.file for part in manifest.parts()}
    for folder in ("prices", "facts", "."):
        for path in (store / folder).glob(".*.tmp"):
            path.unlink()
    for folder in ("prices", "facts"):
        for path in (store / folder).glob("[0-9][0-9][0-9][0-9]*.parquet"):
            if f"{folder}/{path.name}" not in named:
                path.unlink()
