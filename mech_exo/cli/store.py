"""`exo data import`, `fetch` and `log`: a store of files and fetched prices."""

import dataclasses
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mech_exo.cli.option_groups import ConfigOption, JsonOption, ProjectFolder, ProjectOption
from mech_exo.cli.options import INPUT, OUTPUT, argument, command, option
from mech_exo.errors import ExitCode

if TYPE_CHECKING:
    from mech_exo.workflow.session import InputRequest


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class StoreOptions(JsonOption, ConfigOption, ProjectOption, ProjectFolder):
    """Which store."""

    store: Path | None = option(
        "--store",
        help="Folder of the store.",
        otherwise="data.store of the settings, or data/store",
        panel=INPUT,
    )

    @property
    def inputs(self) -> "InputRequest":
        """The settings that the options name."""
        from mech_exo.workflow.session import InputRequest

        return InputRequest(config=self.config)


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class WriteOptions(StoreOptions):
    """How a store is written to."""

    accept_restated: bool = option(
        "--accept-restated",
        help="Store changed old values too; data.as_of still answers with the former ones.",
        default=False,
        panel=OUTPUT,
    )
    dry_run: bool = option(
        "--dry-run", help="Compare and check; write nothing.", default=False, panel=OUTPUT
    )
    wait: bool = option(
        "--wait", help="Wait for another import into the store.", default=False, panel=OUTPUT
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class FetchOptions(WriteOptions):
    """Options of `exo data fetch`."""

    vendor: str = argument(help="yfinance or stooq.", metavar="VENDOR")
    symbols: str | None = option(
        "--symbols", help="Symbols, separated by commas.", metavar="A,B", panel=INPUT
    )
    symbols_file: Path | None = option(
        "--symbols-file", help="File of symbols, one a line; # begins a comment.", panel=INPUT
    )
    start: datetime | None = option(
        "--start",
        help="First day.",
        otherwise="the first that the vendor has",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        panel=INPUT,
    )
    end: datetime | None = option(
        "--end",
        help="Last day.",
        otherwise="yesterday, UTC: today's session may not be over",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        panel=INPUT,
    )
    partial: bool = option(
        "--partial",
        help="Store what came although some symbols failed.",
        default=False,
        panel=OUTPUT,
    )
    pause_s: float = option(
        "--pause", help="Seconds between two symbols.", default=0.5, min=0.0, panel=INPUT
    )
    tries: int = option("--tries", help="Attempts at each symbol.", default=3, min=1, panel=INPUT)
    timeout_s: float = option(
        "--timeout", help="Seconds that an answer may take.", default=20.0, min=0.1, panel=INPUT
    )
    base_url: str | None = option(
        "--base-url",
        help="Address that is asked instead of the vendor's own, a proxy's for example.",
        metavar="URL",
        panel=INPUT,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ImportOptions(WriteOptions):
    """Options of `exo data import`."""

    prices: Path | None = option(
        "--prices", help="Price file.", otherwise="data.prices of the settings", panel=INPUT
    )
    factors: list[Path] | None = option(
        "--factors",
        help="Factor table; may be repeated.",
        otherwise="data.factors of the settings",
        panel=INPUT,
    )
    known_on: datetime | None = option(
        "--known-on",
        help="Day on which the files were what was known, for files that were kept.",
        otherwise="today, UTC",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        panel=INPUT,
    )


def import_files(options: ImportOptions) -> None:
    """Add what is new in files to a store; exit 1 if old values are changed, which needs a word."""
    from mech_exo.jobs.data_import import ImportRequest, import_data
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.store_tables import report_json, show_report
    from mech_exo.system.typed_fields import filled_from

    known_on = None if options.known_on is None else options.known_on.date()
    factors = tuple(options.factors or ())
    request = filled_from(
        options, ImportRequest, inputs=options.inputs, known_on=known_on, factors=factors
    )
    report = import_data(request, ConsoleLog())
    code = ExitCode.REFUSED if report.refused else ExitCode.DONE
    if options.json:
        typer.echo(report_json(report, code))
    else:
        show_report(report, console(sys.stdout))
    raise typer.Exit(code)


def fetch(options: FetchOptions) -> None:
    """Fetch adjusted closes into a store; exit 1 if a symbol failed; call it again to go on."""
    from mech_exo.jobs.data_fetch import FetchRequest, fetch_data
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.fetch_lines import fetch_json, show_fetch
    from mech_exo.report.live_line import LiveLine
    from mech_exo.system.typed_fields import filled_from

    request = filled_from(
        options,
        FetchRequest,
        inputs=options.inputs,
        symbols=tuple((options.symbols or "").split(",")),
        start=None if options.start is None else options.start.date(),
        end=None if options.end is None else options.end.date(),
    )
    log = ConsoleLog()
    with LiveLine(log.console, "symbols") as line:
        line.begin(0)
        report = fetch_data(request, log, line.show)
    code = ExitCode.DONE if report.succeeded else ExitCode.REFUSED
    if options.json:
        typer.echo(fetch_json(report, code))
    else:
        show_fetch(report, console(sys.stdout))
    raise typer.Exit(code)


def log(options: StoreOptions) -> None:
    """List the imports of a store: when, what, how many rows, what changed."""
    from mech_exo.jobs.data_import import StoreRequest, read_log
    from mech_exo.report.console import console
    from mech_exo.report.store_tables import log_json, log_table
    from mech_exo.system.typed_fields import filled_from

    store, manifest = read_log(filled_from(options, StoreRequest, inputs=options.inputs))
    if options.json:
        typer.echo(log_json(store, manifest))
    else:
        console(sys.stdout).print(log_table(manifest))


def register(group: typer.Typer) -> None:
    """Add the commands to the group `exo data`."""
    command(group, "import", ImportOptions)(import_files)
    command(group, "fetch", FetchOptions)(fetch)
    command(group, "log", StoreOptions)(log)
