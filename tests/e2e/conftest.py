"""The wheel, and programs as a user has them on the PATH."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, environment

EXO = f'#!/bin/sh\nexec "{sys.executable}" -m mech_exo.cli "$@"\n'
# The same SQL through Python, for machines without the sqlite3 command.
SQLITE3 = f"""#!{sys.executable}
import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]):
    print(*("" if cell is None else cell for cell in row), sep="|")
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without the network."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables whose PATH has exo, sqlite3, optuna and optuna-dashboard."""
    folder = tmp_path_factory.mktemp("bin")
    for name, text in {"exo": EXO, "sqlite3": SQLITE3}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    path = os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ["PATH"]])
    return environment({"PATH": path, "PYTHONPATH": str(REPOSITORY)})
