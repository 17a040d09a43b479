"""Running `exo` as a user would: a process of its own, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

# A market that is quick to make and to backtest; drawdowns of all trials vary around the limit.
SETTINGS = """\
data:
  source: demo
  demo: {symbols: 20, years: 4}
"""

Run = subprocess.CompletedProcess[str]
Exo = Callable[..., Run]


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """The caller's variables without its EXO_ and TELEGRAM_ ones, and `extra`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("EXO_", "TELEGRAM_"))}
    return kept | {"PYTHONPATH": str(REPOSITORY)} | (extra or {})


def run_exo(*arguments: str | Path, cwd: Path, env: dict[str, str] | None = None) -> Run:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "mech_exo.cli", *map(str, arguments)],
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        check=False,
    )


def lay_out(folder: Path) -> Path:
    """A project folder with a small market."""
    assert run_exo("init", folder, cwd=folder.parent).returncode == 0
    (folder / "config/settings.yml").write_text(SETTINGS)
    return folder


@pytest.fixture
def exo(tmp_path: Path) -> Exo:
    """`exo(*arguments)` in `tmp_path`."""

    def run(*arguments: str | Path, cwd: Path = tmp_path, env: dict[str, str] | None = None) -> Run:
        return run_exo(*arguments, cwd=cwd, env=env)

    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one's own."""
    return lay_out(tmp_path / "project")


def one_error(run: Run, code: int = 2) -> str:
    """The error of a run that failed as it should: one line, no traceback."""
    assert run.returncode == code, run.stderr
    errors = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, run.stderr
    assert "Traceback" not in run.stderr
    assert errors[0] == run.stderr.splitlines()[-1]
    return errors[0]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB, which only root can make."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a small file system: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
