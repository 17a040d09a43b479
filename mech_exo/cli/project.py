"""`exo init`: a project folder to work in."""

import dataclasses
import shlex
from pathlib import Path

import typer

from mech_exo.cli.options import argument, command, option


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class InitOptions:
    """Options of `exo init`."""

    folder: Path = argument(help="Folder to make; one that exists is filled up.", metavar="DIR")
    force: bool = option("--force", help="Overwrite files that are there.", default=False)


def init(options: InitOptions) -> None:
    """Lay out a project folder: config/, research/, studies/, factors/, .gitignore."""
    from mech_exo.workflow.project_folder import lay_out

    made = lay_out(options.folder, overwrite=options.force)
    for path in made.written:
        typer.echo(f"wrote {path}")
    for path in made.kept:
        typer.echo(f"kept  {path}")
    typer.echo(f"next: cd {shlex.quote(str(options.folder))} && exo optuna-run --n-trials 20")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    command(app, "init", InitOptions)(init)
