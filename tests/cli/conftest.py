"""Running `exo` as a user would: a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

Exo = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def exo(tmp_path: Path) -> Exo:
    """`exo(*arguments)` in `tmp_path`, without the caller's EXO_ and TELEGRAM_ variables."""

    def run(
        *arguments: str | Path, cwd: Path = tmp_path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("EXO_", "TELEGRAM_"))}
        kept["PYTHONPATH"] = str(REPOSITORY)
        kept["COLUMNS"] = "160"
        return subprocess.run(
            [sys.executable, "-m", "mech_exo.cli", *map(str, arguments)],
            cwd=cwd,
            env=kept | (env or {}),
            capture_output=True,
            text=True,
            check=False,
        )

    return run
