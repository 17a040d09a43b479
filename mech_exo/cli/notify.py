"""`exo notify test`: one message, to see whether it arrives."""

import dataclasses
from pathlib import Path

import typer

from mech_exo.cli.option_groups import ConfigOption
from mech_exo.cli.options import MessengerVariables, command


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class NotifyOptions(ConfigOption, MessengerVariables):
    """Options of `exo notify test`."""


def test(options: NotifyOptions) -> None:
    """Send one message everywhere; exit 2, with what a server said, if it does not arrive."""
    from mech_exo.config.load import load_settings
    from mech_exo.config.settings_file import find_settings
    from mech_exo.notify.channel import send_test

    settings = load_settings(find_settings(options.config, Path.cwd()).path)
    send_test(options.messengers, settings.notify, typer.echo)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    group = typer.Typer(help="Messages by Telegram and webhook.", no_args_is_help=True)
    group.callback()(_notify)  # keeps `test` a command of its own although it is the only one
    command(group, "test", NotifyOptions)(test)
    app.add_typer(group, name="notify")


def _notify() -> None:
    """Messages by Telegram and webhook."""
