"""What came of a fetch."""

from collections.abc import Iterator

from rich.console import Console

from mech_exo.data.fetch.fetch_report import FetchReport
from mech_exo.errors import ExitCode
from mech_exo.report.plain_json import json_text
from mech_exo.report.store_tables import report_fields, report_lines

SHOWN = 10


def show_fetch(report: FetchReport, console: Console) -> None:
    """Print what the store says, and the end: how many are there, which failed and why."""
    if report.imported is not None:
        for line in report_lines(report.imported):
            console.print(line, soft_wrap=True)
    for line in fetch_lines(report):
        console.print(line, soft_wrap=True)


def fetch_lines(report: FetchReport) -> Iterator[str]:
    """How many symbols are there, which failed and why, and what to do."""
    fetched = report.fetched
    total = len(fetched.symbols) + len(fetched.failed) + len(fetched.not_asked)
    words = [f"{len(fetched.symbols)} of {total} fetched from {report.vendor}"]
    if fetched.failed:
        named = [f"{symbol} ({why})" for symbol, why in list(fetched.failed.items())[:SHOWN]]
        more = f" and {len(fetched.failed) - SHOWN} more" if len(fetched.failed) > SHOWN else ""
        words.append(f"{len(fetched.failed)} failed: {', '.join(named)}{more}")
    if fetched.not_asked:
        words.append(f"{len(fetched.not_asked)} not asked for after that")
    yield f"{'; '.join(words)}."
    if not fetched.complete:
        kept = "What came is in the store." if report.imported else "The store is as it was."
        yield (
            f"{kept} Run the same command again: within a day it asks only for what is missing. "
            "A symbol that was not found: correct it, or take it off the list; "
            "--partial stores the others."
        )
    elif report.imported is not None and report.imported.refused:
        yield "What came is kept for a day: with --accept-restated nothing is asked again."


def fetch_json(report: FetchReport, code: ExitCode) -> str:
    """The report for programs."""
    fetched = report.fetched
    return json_text(
        {
            "vendor": report.vendor,
            "fetched": fetched.symbols,
            "failed": fetched.failed,
            "not_asked": fetched.not_asked,
            "store": None if report.imported is None else report_fields(report.imported),
            "exit_code": int(code),
        }
    )
