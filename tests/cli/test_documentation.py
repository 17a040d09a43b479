"""docs/guide.md names every command and every option."""

import dataclasses
import re

import pytest
from typer.main import get_command

from mech_exo.cli.app import app
from mech_exo.cli.optuna_run import RunOptions
from tests.cli.conftest import REPOSITORY

GUIDE = (REPOSITORY / "docs/guide.md").read_text("utf-8")


def test_every_command() -> None:
    commands = list(getattr(get_command(app), "commands"))  # noqa: B009 - of Typer's own group
    assert len(commands) >= 5
    assert [name for name in commands if f"`exo {name}" not in GUIDE] == []


@pytest.mark.parametrize("field", dataclasses.fields(RunOptions), ids=lambda f: f.name)
def test_every_option_of_optuna_run(field: "dataclasses.Field[object]") -> None:
    info = field.metadata["typer"]
    for name in "/".join([info.default, *(info.param_decls or ())]).split("/"):
        assert re.search(rf"^\| .*`{name}`", GUIDE, re.MULTILINE), name
