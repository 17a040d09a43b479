"""The commands, in the order of the help page; the module of a command is loaded when it is called.

So `exo --help` costs little more than Typer itself, and a command only what it needs.
"""

from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from mech_exo.errors import ExoError


class CommandEntry(NamedTuple):
    """A line of the help page, and the module of `mech_exo.cli` that registers the command."""

    module: str
    summary: str


COMMANDS = {
    "init": CommandEntry(
        "project", "Lay out a project folder: config/, research/, studies/, factors/, .gitignore."
    ),
    "status": CommandEntry(
        "overview", "Say where the project stands, and what to do next; `exo` alone does, too."
    ),
    "optuna-init": CommandEntry(
        "optuna_init",
        "Create a study: data, objective and search are checked and fixed, no trial is run.",
    ),
    "optuna-run": CommandEntry(
        "optuna_run", "Search for the factor weights with the best backtest, and export them."
    ),
    "backtest": CommandEntry(
        "backtest",
        "Backtest a factor file or a trial on any dates, by year, and under other assumptions.",
    ),
    "validate": CommandEntry(
        "validate", "Ask whether a result is skill or luck; exits with 0 whatever the answer."
    ),
    "calibrate": CommandEntry(
        "calibrate",
        "Measure on your own data how often luck passes, and the smallest skill that is seen.",
    ),
    "verify": CommandEntry(
        "verify",
        "Compute a file's fields again: exit 0 if equal, 1 if not, 4 for other data or code.",
    ),
    "data": CommandEntry("data", "The data: what they hold, are they right, and a store for them."),
    "leakcheck": CommandEntry(
        "leakcheck",
        "Look for the future in the factors: exit 0 if there is none, 1 if a leak was found.",
    ),
    "study": CommandEntry("study", "What is in a study."),
    "report": CommandEntry(
        "report", "Show all that is known of a study or a factor file, as one web page."
    ),
    "dashboard": CommandEntry(
        "dashboard",
        "Serve optuna-dashboard for a study file until Ctrl-C; read-only without --writable.",
    ),
    "factors": CommandEntry("factors", "From a factor file to production."),
    "portfolio": CommandEntry(
        "portfolio", "List the target holdings of a factor file, and the orders for the next close."
    ),
    "risk": CommandEntry("risk", "Limits of the portfolio in production."),
    "paper": CommandEntry("paper", "Paper trading."),
    "reoptimize": CommandEntry(
        "reoptimize",
        "Read the data afresh, tune, judge, compare with config/factors.yml, stage what is better.",
    ),
    "notify": CommandEntry("notify", "Messages by Telegram and webhook."),
    "docs": CommandEntry(
        "docs", "Show a page of the documentation; without a name, the first one."
    ),
}


class Commands(TyperGroup):
    """A group that knows its commands by name and summary, and loads the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        summaries = [TyperCommand(name, help=entry.summary) for name, entry in COMMANDS.items()]
        super().__init__(**{**attributes, "commands": summaries})

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As Typer does; without arguments, in a project, those of `exo status`."""
        alone = not args and not ctx.resilient_parsing
        try:
            return super().parse_args(ctx, ["status"] if alone and in_project() else args)
        except OSError as error:  # of --install-completion, which is carried out here
            raise ExoError(
                f"{error.filename}: the completion cannot be written ({error.strerror}).",
                hint="`exo --show-completion` prints it, for a place of your own.",
            ) from error

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """As Typer does, suggestions included; then the command itself instead of its summary."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else load(name), rest


def in_project() -> bool:
    """Whether the working directory, or a folder above it, has a config/settings.yml."""
    from mech_exo.config.packaged import SETTINGS, nearest

    return nearest(SETTINGS, Path.cwd()) is not None


def load(name: str) -> Any:
    """The command, or the group of commands, of this name."""
    app = typer.Typer(rich_markup_mode="rich")
    app.callback()(_alone)  # a group, although only one command is registered
    import_module(f"mech_exo.cli.{COMMANDS[name].module}").register(app)
    return get_group(app).commands[name]


def _alone() -> None:
    """Nothing to do before the command."""
