"""Options are declared once, as fields of dataclasses; commands take such an object.

A group of options is a frozen dataclass whose fields are made by `option`; groups combine by
inheritance. `command` turns a function of one such object into a Typer command.
"""

import dataclasses
import inspect
import os
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from mech_exo.cli.completion import of_setting
from mech_exo.cli.pipes import reader_may_leave
from mech_exo.config.settings_file import project_root
from mech_exo.errors import ExitCode, ExoError

O = TypeVar("O")  # noqa: E741 - an options class

STUDY, SEARCH, INPUT, OUTPUT, NOTIFY = "Study", "Search", "Input", "Output", "Notification"
PORTFOLIO, CLUSTER = "Portfolio", "Cluster"


def option(
    *names: str,
    help: str,  # noqa: A002 - as Typer calls it
    default: Any = None,
    setting: str = "",
    otherwise: str = "",
    in_project: str | None = None,
    panel: str | None = None,
    **typer_options: Any,
) -> Any:
    """A field that is a command-line option.

    Parameters
    ----------
    setting
        Dotted name of the setting that the option overrides when it is given.
    otherwise
        What holds when it is not given, in words; for an option whose default is None.
    in_project
        A path that holds when it is not given, relative to the project's folder. One that is given
        is relative to the working directory.
    panel
        Heading under which the help page shows it.
    typer_options
        Passed on to `typer.Option`.
    """
    otherwise = otherwise or in_project or ""
    if setting:
        typer_options.setdefault("autocompletion", of_setting(setting))
    if otherwise:
        help = f"{help} \\[default: {otherwise}]"  # noqa: A001
    info = typer.Option(*names, help=help, rich_help_panel=panel, **typer_options)
    metadata = {"typer": info, "setting": setting, "in_project": in_project}
    return dataclasses.field(default=default, metadata=metadata)


def argument(
    *,
    help: str,  # noqa: A002
    default: Any = dataclasses.MISSING,
    in_project: str | None = None,
    **typer_options: Any,
) -> Any:
    """A field that is a positional argument; required if it has no default."""
    if in_project is not None:
        default, help = None, f"{help} \\[default: {in_project}]"  # noqa: A001
    info = typer.Argument(help=help, **typer_options)
    metadata = {"typer": info, "setting": "", "in_project": in_project}
    return dataclasses.field(default=default, metadata=metadata)


def no_option(default: Any = dataclasses.MISSING, *, in_project: str | None = None) -> Any:
    """A field of which the command line says nothing."""
    metadata = {"typer": None, "setting": "", "in_project": in_project}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class MessengerVariables:
    """The variables of messengers, which no process has in its environment from here on."""

    messengers: Mapping[str, str] = no_option()


def command(
    app: typer.Typer, name: str, options: type[O]
) -> Callable[[Callable[[O], None]], Callable[[O], None]]:
    """Register a function of one `options` object as the command `name`."""

    def register(function: Callable[[O], None]) -> Callable[[O], None]:
        def run(context: typer.Context, **values: Any) -> None:
            if issubclass(options, MessengerVariables):
                values["messengers"] = context.obj
            try:
                with reader_may_leave():  # Typer itself would exit 1
                    _enter(values.get("project"))
                    function(options(**values | _in_project(options, values)))
            except KeyboardInterrupt:  # of which Typer would say nothing
                raise ExoError("interrupted.", exit_code=ExitCode.INTERRUPTED) from None

        run.__doc__ = function.__doc__
        run.__signature__ = _signature(options)  # type: ignore[attr-defined]
        app.command(name)(run)
        return function

    return register


def _enter(project: Path | None) -> None:
    """Work in the project's folder if one is named, wherever cron started us."""
    try:
        os.chdir(project or Path())
    except OSError as error:
        raise ExoError(
            f"{project}: cannot be entered ({error.strerror}).",
            hint="--project names the project's folder.",
        ) from error


def _in_project(options: type[Any], values: Mapping[str, Any]) -> dict[str, Path]:
    """The paths that were not given, in the project's folder; says which, if it is not here."""
    relative = {
        field.name: field.metadata["in_project"]
        for field in dataclasses.fields(options)
        if field.metadata["in_project"] is not None and values.get(field.name) is None
    }
    root = project_root() if values.get("project") is None else Path()
    if relative and root != Path() and not values.get("quiet"):
        typer.echo(f"project    {root} (nearest config/settings.yml)", err=True)
    return {name: root / path for name, path in relative.items()}


def _signature(options: type[Any]) -> inspect.Signature:
    hints = typing.get_type_hints(options)
    keyword = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature(
        [inspect.Parameter("context", keyword, annotation=typer.Context)]
        + [
            inspect.Parameter(
                field.name,
                keyword,
                default=inspect.Parameter.empty
                if field.default is dataclasses.MISSING
                else field.default,
                annotation=Annotated[hints[field.name], field.metadata["typer"]],
            )
            for field in dataclasses.fields(options)
            if field.metadata["typer"] is not None
        ]
    )
