"""Output that is closed, full, or of a narrow encoding."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run, environment


def in_shell(redirection: str, project: Path, *arguments: str, **variables: str) -> Run:
    """Run `exo` under a shell's redirection."""
    return subprocess.run(
        ["sh", "-c", f'"$@" {redirection}', "sh", sys.executable, "-m", "mech_exo.cli", *arguments],
        cwd=project,
        env=environment(variables),
        capture_output=True,
        text=True,
        check=False,
    )


def trials(project: Path) -> int:
    """Lines of the study's table, without the header."""
    run = in_shell("", project, "study", "trials", "factor_weight_optimization", "--format", "csv")
    return len(run.stdout.splitlines()) - 1


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full", ">&-", ">&- 2>&- <&-"])
def test_a_run_whose_streams_are_closed_or_full_ends_well(project: Path, redirection: str) -> None:
    objective = project / "research/obj_utils.py"
    objective.write_text(f'print("loaded")\n{objective.read_text()}')
    run = in_shell(redirection, project, "optuna-run", "--n-trials", "2")
    assert "Traceback" not in run.stderr
    assert run.returncode in (0, 3)  # feasible or not
    assert trials(project) == 2


def test_a_full_output_is_one_line_and_the_files_are_safe(project: Path) -> None:
    run = in_shell(">/dev/full", project, "optuna-run", "--n-trials", "2", "--json")
    assert run.returncode == 2
    errors = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    assert errors == [run.stderr.splitlines()[-1]]
    assert "the output cannot be written (No space left on device)" in errors[0]
    assert trials(project) == 2
    run = in_shell(">/dev/full", project, "study", "list")
    assert (run.returncode, run.stderr.count("\n")) == (2, 1)


def test_an_ascii_terminal(project: Path) -> None:
    narrow = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"}
    run = in_shell("", project, "optuna-run", "--n-trials", "2", **narrow)
    assert run.returncode in (0, 3), run.stderr
    assert run.stdout.isascii()
    assert "Traceback" not in run.stderr
