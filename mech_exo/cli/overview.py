"""`exo status`, which `exo` alone runs in a project: where the project stands."""

import dataclasses
import sys
from datetime import datetime

import typer

from mech_exo.cli.option_groups import JsonOption, ProjectFolder, ProjectOption
from mech_exo.cli.options import command


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class StatusOptions(JsonOption, ProjectOption, ProjectFolder):
    """Options of `exo status`."""


def status(options: StatusOptions) -> None:
    """Say where the project stands, and what to do next; `exo` alone does, too."""
    from mech_exo.overview.next_steps import next_step
    from mech_exo.overview.project_overview import overview_of
    from mech_exo.report.console import console
    from mech_exo.report.overview_lines import overview_json, overview_table

    now = datetime.now().astimezone()
    overview = overview_of(options.root, now.date())
    step = next_step(overview)
    if options.json:
        typer.echo(overview_json(overview, step))
    else:
        console(sys.stdout).print(overview_table(overview, step, now))


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "status", StatusOptions)(status)
