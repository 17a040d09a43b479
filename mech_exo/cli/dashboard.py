"""`exo dashboard`: optuna-dashboard on this machine only."""

import contextlib
import dataclasses
import signal
from pathlib import Path

import typer

from mech_exo.cli.option_groups import ProjectFolder, ProjectOption
from mech_exo.cli.options import STUDY, command, option
from mech_exo.errors import ExoError
from mech_exo.tuning.request import STUDY_FILE


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class DashboardOptions(ProjectOption, ProjectFolder):
    """Options of `exo dashboard`."""

    study_file: Path | None = option(
        "--study-file", help="SQLite database file.", otherwise=STUDY_FILE, panel=STUDY
    )
    storage: str | None = option(
        "--storage",
        help="The same file as Optuna's programs name it: sqlite:///PATH.",
        metavar="URL",
        panel=STUDY,
    )
    port: int = option("--port", help="Port to listen on.", default=8080, min=1, max=65535)
    host: str = option(
        "--host", help="Address to listen on; the page has no password.", default="127.0.0.1"
    )
    allowed_host: list[str] | None = option(
        "--allowed-host",
        help="Name under which the page is asked, beside localhost, --host and, where others reach "
        "it, this machine's name and addresses; may be repeated.",
        envvar="EXO_ALLOWED_HOSTS",
    )
    writable: bool = option(
        "--writable", help="Let the page change and delete studies.", default=False
    )
    backtest: bool = option(
        "--backtest/--no-backtest",
        help="Backtest the best trial in sample, for the plot of what 100 would have become.",
        default=True,
    )
    wait: bool = option("--wait", help="Wait for a study file that is not there.", default=False)


def _study_file(options: DashboardOptions) -> Path:
    from mech_exo.tuning.database_schema import path_of

    if options.storage is None:
        return options.study_file or options.root / STUDY_FILE
    if options.study_file is not None:
        raise ExoError("--storage and --study-file name two files.", hint="Leave one out.")
    return path_of(options.storage)


def dashboard(options: DashboardOptions) -> None:
    """Serve optuna-dashboard for a study file until Ctrl-C; read-only without --writable."""
    from mech_exo.report.dashboard_server import serve

    study_file = _study_file(options)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        serve(
            study_file,
            options.host,
            options.port,
            wait=options.wait,
            writable=options.writable,
            allowed=tuple(options.allowed_host or ()),
            project=Path.cwd() if options.backtest else None,
            announce=lambda line: typer.echo(line, err=True),
        )


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "dashboard", DashboardOptions)(dashboard)
