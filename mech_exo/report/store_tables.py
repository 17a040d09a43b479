"""What came of an import into a store, and what the store has seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from mech_exo.data.store.intake import ImportReport
from mech_exo.data.store.manifest import ImportRecord, Manifest
from mech_exo.data.store.price_changes import Restated, spread
from mech_exo.errors import ExitCode
from mech_exo.report.formats import percent
from mech_exo.report.plain_json import json_text

SHOWN = 5

WORDS = {
    "new_names": "new names",
    "new_prices": "new prices",
    "late_prices": "of them before the last session that was there",
    "restated_prices": "restated prices",
    "vanished_prices": "prices that are not in the source any more (kept)",
    "new_values": "new values of facts",
    "late_rows": "of their rows published before the last that was there",
    "restated_values": "restated values of facts",
    "vanished_rows": "rows of facts that are not in the source any more (kept)",
}
"""Count of an import -> what it counts."""


def show_report(report: ImportReport, console: Console) -> None:
    """Print what is new, what is changed, and what was written."""
    for line in report_lines(report):
        console.print(line, soft_wrap=True)


def report_lines(report: ImportReport) -> Iterator[str]:
    """The lines of `show_report`."""
    prices = report.prices
    if report.record is not None:
        yield f"read       {report.record.source}"
        for name, count in report.record.counts.items():
            yield f"           {count:,} {WORDS[name]}"
    yield from _readjusted(prices.readjusted)
    if prices.absent:
        yield f"kept       {_listed(prices.absent)}: not in the source; no new prices"
    if prices.unlinked:
        yield (
            f"warning: {_listed(prices.unlinked)}: no day in common with what is stored, so nobody "
            "knows whether the new prices are adjusted like the old."
        )
    restated = [*prices.restated, *(r for change in report.facts for r in change.restated)]
    yield from _restated(restated, prices.restated_prices, report)
    yield _end(report)


def _readjusted(ratios: dict[str, float]) -> Iterator[str]:
    if ratios:
        first = [f"{name} × {ratio:.6g}" for name, ratio in list(ratios.items())[:SHOWN]]
        more = f" and {len(ratios) - SHOWN} more" if len(ratios) > SHOWN else ""
        names = "1 name" if len(ratios) == 1 else f"{len(ratios)} names"
        yield f"readjusted {names}, returns unchanged: {', '.join(first)}{more}"


def _restated(restated: list[Restated], prices: int, report: ImportReport) -> Iterator[str]:
    if not restated:
        return
    values = prices + sum(len(change.restated) for change in report.facts)
    names = len({one.symbol for one in restated})
    yield (
        f"restated   {values:,} old {'value' if values == 1 else 'values'} of {names} "
        f"{'name' if names == 1 else 'names'}, for example:"
    )
    for one in spread(restated, SHOWN):
        change = "" if one.relative != one.relative else f" ({percent(one.relative, 2)})"
        yield f"           {one.symbol} {one.day} {one.field}: {one.old:g} → {one.new:g}{change}"


def _end(report: ImportReport) -> str:
    if report.refused:
        return (
            "REFUSED: old values are changed; nothing was written. --accept-restated stores the "
            "new ones, and data.as_of still answers with the old."
        )
    if report.record is None:
        return f"nothing new: {report.store} is as it was"
    if report.dry_run:
        return f"dry run: {report.store} is as it was; this would be import {report.record.number}"
    record = report.record
    return f"stored     import {record.number} in {report.store}, known on {record.known_on}"


def report_json(report: ImportReport, code: ExitCode) -> str:
    """The report for programs."""
    return json_text({**report_fields(report), "exit_code": int(code)})


def report_fields(report: ImportReport) -> dict[str, Any]:
    """The fields of the report for programs."""
    restated = [*report.prices.restated, *(r for c in report.facts for r in c.restated)]
    return {
        "store": report.store,
        "written": report.record is not None and not report.dry_run,
        "refused": report.refused,
        "dry_run": report.dry_run,
        "import": report.record,
        "new_prices": report.prices.new,
        "new_values": sum(change.new for change in report.facts),
        "readjusted": report.prices.readjusted,
        "restated": [_plain(one) for one in restated],
        "vanished_prices": report.prices.vanished,
        "absent": report.prices.absent,
        "unlinked": report.prices.unlinked,
    }


def _plain(one: Restated) -> dict[str, Any]:
    keys = {"symbol": one.symbol, "day": one.day, "field": one.field}
    return {**keys, "old": one.old, "new": one.new, "relative": one.relative}


def log_table(manifest: Manifest) -> Table:
    """A row for each import."""
    table = Table(box=None, pad_edge=False)
    for name in ("import", "known on", "made at (UTC)", "sessions", "names", "what", "from"):
        table.add_column(name, justify="right" if name in ("import", "names") else "left")
    for one in manifest.imports:
        sessions = f"{one.first} to {one.last}" if one.first else "–"
        cells = (str(one.number), one.known_on, one.made_at, sessions, str(one.names))
        table.add_row(*cells, _what(one), ", ".join(Path(file.path).name for file in one.files))
    return table


def _what(one: ImportRecord) -> str:
    said = ("new_names", "new_prices", "restated_prices", "new_values", "restated_values")
    words = [f"{one.counts[name]:,} {WORDS[name]}" for name in said if name in one.counts]
    words += [f"{len(one.readjusted)} readjusted"] if one.readjusted else []
    return ", ".join(words)


def log_json(store: Path, manifest: Manifest) -> str:
    """The imports for programs."""
    return json_text({"store": store, "imports": manifest.imports})


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
