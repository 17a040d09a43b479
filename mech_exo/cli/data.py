"""`exo data`: what the data hold, what in them is probably not meant, and a store for them."""

import dataclasses
import sys

import typer

from mech_exo.cli import store
from mech_exo.cli.option_groups import JsonOption, ProjectOption, SettingsOptions
from mech_exo.cli.options import command


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class CheckOptions(JsonOption, SettingsOptions, ProjectOption):
    """Options of `exo data check`."""


def check(options: CheckOptions) -> None:
    """Check the data: exit 0 without errors, 1 with some, 2 if they cannot be read."""
    from mech_exo.report.console import console
    from mech_exo.report.data_tables import show_data
    from mech_exo.report.plain_json import json_text
    from mech_exo.workflow.data_report import report_on

    found = report_on(options.request())
    if options.json:
        typer.echo(json_text(found.as_dict()))
    else:
        show_data(found, console(sys.stdout))
    raise typer.Exit(found.exit_code)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    group = typer.Typer(
        help="The data: what they hold, are they right, and a store for them.",
        no_args_is_help=True,
    )
    command(group, "check", CheckOptions)(check)
    store.register(group)
    app.add_typer(group, name="data")
