"""What the image is built from has all that the wheel carries."""

import tomllib

import pytest

from tests.cli.conftest import REPOSITORY

WHEEL = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]
CARRIED = WHEEL["build"]["targets"]["wheel"]["force-include"]
SENT = [
    line.removeprefix("!")
    for line in (REPOSITORY / ".dockerignore").read_text("utf-8").splitlines()
    if line.startswith("!")
]
COPIED = [
    word
    for line in (REPOSITORY / "Dockerfile.optuna").read_text("utf-8").splitlines()
    if line.startswith("COPY ") and "--from" not in line
    for word in line.split()[1:-1]
]


@pytest.mark.parametrize("path", ["mech_exo", "pyproject.toml", *CARRIED])
def test_it_is_sent_to_the_engine_and_copied(path: str) -> None:
    for paths in (SENT, COPIED):
        assert any(path == one or path.startswith(f"{one}/") for one in paths)
