"""The application, and its own options."""

from typing import Annotated

import typer

from mech_exo.cli.commands import Commands
from mech_exo.version import __version__

app = typer.Typer(
    name="exo",
    cls=Commands,
    help="Tune equity factor weights on a point-in-time backtest, and learn whether it is luck.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"exo {__version__}")
        raise typer.Exit


@app.callback()
def exo(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Tune equity factor weights on a point-in-time backtest, and learn whether it is luck."""
