"""`exo risk status`: today's portfolio against its limits."""

import dataclasses
import sys
from pathlib import Path

import typer

from mech_exo.cli.option_groups import JsonOption, QuietOption
from mech_exo.cli.options import INPUT, command, option
from mech_exo.cli.production import FactorFileOptions, as_of, production_model


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class RiskOptions(QuietOption, JsonOption, FactorFileOptions):
    """Options of `exo risk status`."""

    limits: Path | None = option(
        "--limits",
        help="File of limits.",
        otherwise="the nearest config/risk_limits.yml upward, or the packaged one",
        panel=INPUT,
    )
    sectors: Path | None = option(
        "--sectors",
        help="CSV file symbol,sector.",
        otherwise="sectors of the limits, or none",
        panel=INPUT,
    )


def status(options: RiskOptions) -> None:
    """Judge the portfolio of a factor file; exit 0 within all limits, 1 if one is breached."""
    from mech_exo.report.console import console
    from mech_exo.report.risk_tables import risk_json, show_risk
    from mech_exo.risk.limits import find_limits, read_limits
    from mech_exo.risk.status import risk_status

    limits = read_limits(find_limits(options.limits, options.request().start))
    if options.sectors is not None:
        limits = dataclasses.replace(limits, sectors=options.sectors)
    model = production_model(options, options.config, quiet=options.quiet)
    found = risk_status(model, limits, as_of(model))
    if options.json:
        typer.echo(risk_json(found))
    elif not options.quiet or found.light in ("amber", "red"):
        show_risk(found, console(sys.stdout))
    raise typer.Exit(found.exit_code)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    group = typer.Typer(help="Limits of the portfolio in production.", no_args_is_help=True)
    group.callback()(_risk)  # keeps `status` a command of its own although it is the only one
    command(group, "status", RiskOptions)(status)
    app.add_typer(group, name="risk")


def _risk() -> None:
    """Limits of the portfolio in production."""
