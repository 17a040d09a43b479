"""`exo leakcheck`: does anything after t move a score at t?"""

import dataclasses
import sys

import typer

from mech_exo.cli.mandate_options import MandateOptions
from mech_exo.cli.option_groups import JsonOption, ProjectOption
from mech_exo.cli.options import command
from mech_exo.errors import ExitCode


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class LeakOptions(JsonOption, MandateOptions, ProjectOption):
    """Options of `exo leakcheck`."""


def leakcheck(options: LeakOptions) -> None:
    """Look for the future in the factors: exit 0 if there is none, 1 if a leak was found."""
    from mech_exo.leakage.leaks import check_leaks
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.leak_tables import show_leaks
    from mech_exo.report.plain_json import json_text
    from mech_exo.workflow.session import open_session

    session = open_session(options.request(), ConsoleLog(), refuse=False)
    found = check_leaks(session.settings, session.market, session.panel, session.spec)
    code = ExitCode.DONE if found.passed else ExitCode.REFUSED
    if options.json:
        typer.echo(json_text({**found.as_dict(), "exit_code": int(code)}))
    else:
        show_leaks(found, console(sys.stdout))
    raise typer.Exit(code)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "leakcheck", LeakOptions)(leakcheck)
