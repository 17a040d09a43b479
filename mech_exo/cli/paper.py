"""`exo paper`: a ledger that trades a factor file on paper."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mech_exo.cli.option_groups import JsonOption, QuietOption
from mech_exo.cli.options import INPUT, command, option
from mech_exo.cli.production import FACTORS, DatedOptions, age_of, production_model

if TYPE_CHECKING:
    from mech_exo.workflow.session import InputRequest

LEDGER = "Ledger"


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class PaperOptions(JsonOption, DatedOptions):
    """Which ledger, and which factor file."""

    factors: Path = option("--factors", help="Factor file.", in_project=FACTORS, panel=INPUT)
    ledger: Path = option(
        "--ledger", help="SQLite file.", in_project="paper/ledger.db", panel=LEDGER
    )

    def request(self) -> "InputRequest":
        """What a session is opened with."""
        return self.judging(super().request(), self.factors)


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class StepOptions(QuietOption, PaperOptions):
    """Options of `exo paper step`."""

    capital: float | None = option(
        "--capital", help="Cash that a new ledger starts with.", otherwise="100000", panel=LEDGER
    )
    fractional: bool | None = option(
        "--fractional/--whole",
        help="Whether a new ledger holds fractions of shares.",
        otherwise="whole",
        panel=LEDGER,
    )


def step(options: StepOptions) -> None:
    """Book every session up to the date that is not booked yet; a new ledger is opened."""
    from mech_exo.paper.step import Wanted
    from mech_exo.paper.step import step as book
    from mech_exo.report.console import ConsoleLog
    from mech_exo.report.paper_tables import step_line, steps_json
    from mech_exo.system.user_file import is_file, size_of

    log = ConsoleLog()
    wanted = Wanted(capital=options.capital, fractional=options.fractional)
    if is_file(options.ledger) and size_of(options.ledger) == 0:
        log.warn(f"{options.ledger} is empty: if it was a ledger, restore a copy of it.")
    model = production_model(options, options.factors, quiet=options.quiet)
    age = age_of(model, log)
    steps = []
    for stepped in book(model, options.ledger, wanted):
        steps.append(stepped)
        if not (options.json or options.quiet):
            typer.echo(step_line(stepped))
    if options.json:
        typer.echo(steps_json(steps, age))
    elif not steps and not options.quiet:
        typer.echo(f"nothing to do: all sessions up to {model.panel.dates[-1]} are booked")


def status(options: PaperOptions) -> None:
    """Show the ledger, and whether its result is what the backtest lets one expect."""
    from mech_exo.paper.ledger_status import paper_status
    from mech_exo.report.console import console
    from mech_exo.report.paper_tables import paper_json, show_paper

    found = paper_status(production_model(options, options.factors), options.ledger)
    if options.json:
        typer.echo(paper_json(found))
    else:
        show_paper(found, console(sys.stdout))


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(help="Paper trading.", no_args_is_help=True)
    command(group, "step", StepOptions)(step)
    command(group, "status", PaperOptions)(status)
    app.add_typer(group, name="paper")
