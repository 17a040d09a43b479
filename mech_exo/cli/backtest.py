"""`exo backtest`: a factor file or a trial on any dates, and under other assumptions."""

import dataclasses
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mech_exo.cli.completion import offer_studies, one_of
from mech_exo.cli.mandate_options import MandateOptions
from mech_exo.cli.option_groups import JsonOption, ProjectOption, StudyFileOption
from mech_exo.cli.options import OUTPUT, STUDY, argument, command, option
from mech_exo.cli.study_files import named_or_only
from mech_exo.errors import ExoError
from mech_exo.tuning.request import DEFAULT_STUDY

if TYPE_CHECKING:
    from mech_exo.report.console import ConsoleLog
    from mech_exo.workflow.backtest_inputs import NamedPortfolio
    from mech_exo.workflow.backtest_run import BacktestRequest

BACKTEST = "Backtest"
NAMED = "backtest TRIAL --study-name"


def _file(name: str, what: str) -> Path | None:
    """An option that names the file of a table."""
    found: Path | None = option(
        f"--{name}",
        help=f"Write {what} to this file, CSV or Parquet by its ending.",
        metavar="FILE",
        panel=OUTPUT,
    )
    return found


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class BacktestOptions(JsonOption, MandateOptions, StudyFileOption, ProjectOption):
    """Options of `exo backtest`."""

    portfolio: str = argument(
        help="Factor file; or a trial of the study: its number, or best.",
        metavar="[FILE|TRIAL]",
        default="best",
    )
    study_name: str | None = option(
        "--study-name",
        help="Study of the trial.",
        otherwise=f"the only one of the file, or {DEFAULT_STUDY}",
        panel=STUDY,
        autocompletion=offer_studies,
    )
    part: str | None = option(
        "--part",
        help="in_sample, holdout or all; the last two are entered as a look at the holdout.",
        otherwise="in_sample, unless --start or --end lies in the holdout",
        panel=BACKTEST,
        autocompletion=one_of(("in_sample", "holdout", "all")),
    )
    start: datetime | None = option(
        "--start",
        help="First day.",
        otherwise="that of the part",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        panel=BACKTEST,
    )
    end: datetime | None = option(
        "--end",
        help="Last day.",
        otherwise="that of the part",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        panel=BACKTEST,
    )
    capital: float | None = option(
        "--capital",
        help="Money at the first trade: gives money in the tables, and the capacity.",
        otherwise="none: shares of the portfolio",
        panel=BACKTEST,
    )
    cost_bps: float | None = option(
        "--cost-bps",
        help="Commission and slippage together, in basis points.",
        otherwise="those of the settings",
        panel=BACKTEST,
    )
    what_if: list[str] | None = option(
        "--what-if",
        help="The same under other assumptions: cost=20bps,lag=2; or default. Repeatable.",
        metavar="NAME=VALUE,…",
        panel=BACKTEST,
    )
    returns: Path | None = _file("returns", "the return of each session")
    holdings: Path | None = _file("holdings", "what is held after each rebalance")
    trades: Path | None = _file("trades", "every trade")
    exposures: Path | None = _file("exposures", "exposures, turnover and cost of each rebalance")

    @property
    def files(self) -> dict[str, Path]:
        """Table -> the file that is asked for."""
        from mech_exo.workflow.track_tables import TABLES

        named = {name: getattr(self, name) for name in TABLES}
        return {name: path for name, path in named.items() if path is not None}


def backtest(options: BacktestOptions) -> None:
    """Backtest a factor file or a trial on any dates, by year, and under other assumptions."""
    from mech_exo.report.backtest_json import backtest_json
    from mech_exo.report.backtest_tables import show_backtest
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.plain_json import json_text
    from mech_exo.report.search_progress import SearchProgress
    from mech_exo.report.table_files import write_table
    from mech_exo.workflow.backtest_run import backtested
    from mech_exo.workflow.track_tables import TABLES

    _check_files(options.files)
    log = ConsoleLog()
    named = _named(options, log)
    quiet = not log.console.is_terminal
    with SearchProgress(log.console, quiet=quiet, noun="what-ifs") as progress:
        found = backtested(named.session, options.study_file, _request(options, named), progress)
    for name, path in options.files.items():
        write_table(path, TABLES[name].columns(found.track, options.capital))
    if options.json:
        typer.echo(json_text(backtest_json(found, options.capital, options.files)))
        return
    show_backtest(found, options.capital, console(sys.stdout))
    for name, path in options.files.items():
        typer.echo(f"{name:<10} {path}")


def _named(options: BacktestOptions, log: "ConsoleLog") -> "NamedPortfolio":
    from mech_exo.workflow.backtest_inputs import (
        names_trial,
        portfolio_of_file,
        portfolio_of_trial,
    )

    text = options.portfolio
    if names_trial(text):
        study = named_or_only(options.study_name, options.study_file, NAMED)
        where = options.study_file, study
        return portfolio_of_trial(text, *where, options.request(), log)
    if not text:
        raise ExoError("the name of the factor file is empty.", hint="Name one, or a trial.")
    path = Path(text)
    until = max((day.date() for day in (options.start, options.end) if day), default=None)
    return portfolio_of_file(path, options.judging(options.request(), path), log, until)


def _request(options: BacktestOptions, named: "NamedPortfolio") -> "BacktestRequest":
    from mech_exo.workflow.backtest_run import BacktestRequest
    from mech_exo.workflow.run_changes import stated

    return BacktestRequest(
        label=named.label,
        params=named.params,
        part=options.part,  # type: ignore[arg-type]  # refused where it is none
        start=None if options.start is None else options.start.date(),
        end=None if options.end is None else options.end.date(),
        changes=stated(options.capital, options.cost_bps),
        what_if=tuple(options.what_if or ()),
        origin=named.origin,
        capacity=options.capital is not None,
    )


def _check_files(files: dict[str, Path]) -> None:
    """Refuse, before the work, files that could not be written."""
    from mech_exo.report.table_files import check_table_file
    from mech_exo.workflow.track_tables import TABLES

    seen: dict[Path, str] = {}
    for name, path in files.items():
        other = seen.setdefault(path.absolute(), name)
        if other != name:
            raise ExoError(f"--{other} and --{name} name the same file, {path}.", hint="Name two.")
        check_table_file(path, TABLES[name].key, f"--{name}")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "backtest", BacktestOptions)(backtest)
