"""Usage errors, help, version and broken pipes."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mech_exo import __version__
from tests.cli.conftest import REPOSITORY, Exo, run_exo


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["optuna-run", "--n-trails", "3"], "--n-trials"),
        (["stuy"], "Did you mean 'study'"),
        (["optuna-run", "--n-trials", "many"], "'--n-trials'"),
        (["optuna-run", "--n-jobs", "0"], "'--n-jobs'"),
        (["study", "trials", "x", "--format", "cvs"], "'csv'"),
        (["study", "delete"], "'NAME'"),
    ],
)
def test_usage_error_is_one_line_and_exits_2(exo: Exo, arguments: list[str], told: str) -> None:
    run = exo(*arguments)
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("error: ")
    assert run.stderr.count("\n") == 1
    assert told in run.stderr


def test_without_a_command_prints_the_help_page(exo: Exo) -> None:
    run = exo()
    assert run.returncode == 2
    assert "optuna-run" in run.stdout + run.stderr
    assert "error" not in run.stderr


def test_version(exo: Exo) -> None:
    run = exo("--version")
    assert (run.returncode, run.stdout) == (0, f"exo {__version__}\n")


def test_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m mech_exo.cli init '{tmp_path}/p' | true"
    run = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_help_is_nearly_as_quick_as_importing_typer() -> None:
    """Of interleaved runs the quickest of each, which the machine's load disturbs least."""
    reference = [sys.executable, "-c", "import typer.rich_utils"]
    help_page = [sys.executable, "-m", "mech_exo.cli", "--help"]
    _seconds(help_page)  # the first run may still compile
    pairs = [(_seconds(help_page), _seconds(reference)) for _ in range(15)]
    ours, theirs = (min(column) for column in zip(*pairs, strict=True))
    assert ours <= 1.3 * theirs


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def test_help_imports_no_heavy_package() -> None:
    code = (
        "import sys; from mech_exo.cli.entry import run; run(['--help']); "
        "print(sorted({'numpy', 'pandas', 'optuna', 'scipy', 'sqlalchemy', 'yaml'} "
        "& set(sys.modules)), file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert run.stderr.strip() == "[]"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_while_the_data_load_exits_130(project: Path, name: str) -> None:
    """The objective file sends it: the runner, which handles signals itself, is not there yet."""
    objective = project / "research/obj_utils.py"
    sender = f"import os, signal\nos.kill(os.getpid(), signal.{name})\n"
    objective.write_text(sender + objective.read_text())
    for command in (["optuna-run", "--n-trials", "1"], ["leakcheck"]):
        run = run_exo(*command, cwd=project)
        assert (run.returncode, run.stderr.splitlines()[-1]) == (130, "error: interrupted.")


def test_what_the_objective_file_prints_goes_to_stderr(project: Path) -> None:
    objective = project / "research/obj_utils.py"
    text = objective.read_text().replace(
        "def suggest_factor_weights(trial):",
        'def suggest_factor_weights(trial):\n    print("asked")',
    )
    objective.write_text(f'print("loaded")\n{text}')
    run = run_exo("optuna-run", "--n-trials", "2", "--json", cwd=project)
    assert json.loads(run.stdout)["study"]["trials"] == 2
    assert {"loaded", "asked"} <= set(run.stderr.splitlines())
