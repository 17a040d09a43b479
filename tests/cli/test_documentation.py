"""docs/guide.md names every command and every option."""

import dataclasses
import re

import pytest

from mech_exo.cli.commands import COMMANDS, load
from mech_exo.cli.optuna_run import RunOptions
from tests.cli.conftest import REPOSITORY

GUIDE = (REPOSITORY / "docs/guide.md").read_text("utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_page_says_of_a_command_what_the_command_says(name: str) -> None:
    command = load(name)
    assert (command.name, command.help) == (name, COMMANDS[name].summary)


def test_every_command_stands_in_the_table() -> None:
    commands = {name: list(getattr(load(name), "commands", ())) for name in COMMANDS}
    assert len(commands) >= 5
    rows = re.findall(r"^\| `exo ([\w-]+)[^|]*\|", GUIDE, re.MULTILINE)
    assert set(commands) == set(rows)
    lines = {name: re.findall(rf"^\| (`exo {name}\b[^|]*)\|", GUIDE, re.MULTILINE) for name in rows}
    for name, subcommands in commands.items():
        for subcommand in subcommands:
            assert re.search(rf"\b{subcommand}\b", lines[name][0]), f"{name} {subcommand}"


OPTIONS = [f for f in dataclasses.fields(RunOptions) if f.metadata["typer"] is not None]


@pytest.mark.parametrize("field", OPTIONS, ids=lambda f: f.name)
def test_every_option_of_optuna_run(field: "dataclasses.Field[object]") -> None:
    info = field.metadata["typer"]
    for name in "/".join([info.default, *(info.param_decls or ())]).split("/"):
        assert re.search(rf"^\| .*`{name}`", GUIDE, re.MULTILINE), name
