"""`exo verify`: does a factor file reproduce its own numbers?"""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mech_exo.cli.option_groups import (
    CacheOption,
    JsonOption,
    ObjectiveOption,
    ProjectOption,
    StudyFileOption,
)
from mech_exo.cli.options import INPUT, argument, command, option

if TYPE_CHECKING:
    from mech_exo.workflow.session import InputRequest


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class VerifyOptions(JsonOption, ObjectiveOption, CacheOption, StudyFileOption, ProjectOption):
    """Options of `exo verify`."""

    file: Path = argument(help="Factor file that exo exported.", metavar="FILE")
    config: Path | None = option(
        "--config",
        help="Settings file that says where the file's data lie on this machine.",
        otherwise="where they lay when the file was exported",
        panel=INPUT,
    )

    def request(self) -> "InputRequest":
        """What a session is opened with."""
        from mech_exo.workflow.session import InputRequest

        return InputRequest(
            config=self.config,
            objective=self.objective,
            factor_file=self.file if self.project is None else None,
            cached=not self.no_cache,
        )


def verify(options: VerifyOptions) -> None:
    """Compute a file's fields again: exit 0 if equal, 1 if not, 4 for other data or code."""
    from mech_exo import verify_file
    from mech_exo.report.console import ConsoleLog, console
    from mech_exo.report.plain_json import json_text
    from mech_exo.report.verification_table import show_verification

    found = verify_file(options.file, options.study_file, options.request(), ConsoleLog())
    if options.json:
        typer.echo(json_text({"file": options.file, **found.as_dict()}))
    else:
        show_verification(found, console(sys.stdout))
    raise typer.Exit(found.exit_code)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "verify", VerifyOptions)(verify)
