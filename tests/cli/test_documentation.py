"""docs/guide.md names every command and every option."""

import dataclasses
import re
from typing import Any

import pytest
from typer.main import get_command

from mech_exo.cli.app import app
from mech_exo.cli.optuna_run import RunOptions
from tests.cli.conftest import REPOSITORY

GUIDE = (REPOSITORY / "docs/guide.md").read_text("utf-8")


def registered(group: Any) -> dict[str, list[str]]:
    """Command -> its subcommands."""
    return {name: list(getattr(inner, "commands", ())) for name, inner in group.commands.items()}


def test_every_command_stands_in_the_table() -> None:
    commands = registered(get_command(app))
    assert len(commands) >= 5
    rows = re.findall(r"^\| `exo ([\w-]+)[^|]*\|", GUIDE, re.MULTILINE)
    assert set(commands) == set(rows)
    lines = {name: re.findall(rf"^\| (`exo {name}\b[^|]*)\|", GUIDE, re.MULTILINE) for name in rows}
    for name, subcommands in commands.items():
        for subcommand in subcommands:
            assert re.search(rf"\b{subcommand}\b", lines[name][0]), f"{name} {subcommand}"


@pytest.mark.parametrize("field", dataclasses.fields(RunOptions), ids=lambda f: f.name)
def test_every_option_of_optuna_run(field: "dataclasses.Field[object]") -> None:
    info = field.metadata["typer"]
    for name in "/".join([info.default, *(info.param_decls or ())]).split("/"):
        assert re.search(rf"^\| .*`{name}`", GUIDE, re.MULTILINE), name
