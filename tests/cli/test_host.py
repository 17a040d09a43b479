"""On a system that is not Unix one line says so."""

import subprocess
import sys

import pytest

from tests.cli.conftest import REPOSITORY, environment

# What Python on Windows lacks, as far as exo meets it before anything else.
WINDOWS = """
import importlib.abc, os, signal, sys
class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in ("fcntl", "resource", "pwd", "termios"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hidden())
for name in ("fcntl", "resource", "pwd", "termios"):
    sys.modules.pop(name, None)
del signal.SIGHUP, os.fork, os.register_at_fork
"""
NEEDS = "Mech-Exo needs Linux, macOS, WSL or Docker"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["study", "list"], ["optuna-run"]])
def test_the_command_line_says_it_in_one_line(arguments: list[str]) -> None:
    code = f"{WINDOWS}\nsys.argv[1:] = {arguments}\nfrom mech_exo.cli import main\nmain()"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.startswith(f"error: {NEEDS}")
    assert run.stderr.count("\n") == 1


def test_so_does_the_library() -> None:
    code = (
        f"{WINDOWS}\nfrom mech_exo import ExoError\n"
        "try:\n    from mech_exo import Project\nexcept ExoError as error:\n    print(error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.startswith(NEEDS)


def test_the_page_shows_the_line_as_it_is_printed() -> None:
    run = subprocess.run(
        [sys.executable, "-c", f"{WINDOWS}\nfrom mech_exo.cli import main\nmain()"],
        cwd=REPOSITORY,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr in (REPOSITORY / "docs/install.md").read_text("utf-8")
