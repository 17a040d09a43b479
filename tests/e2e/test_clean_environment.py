"""The wheel in clean environments, of the oldest Python that it is for and of the newest here."""

import re
from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, SETTINGS, Run
from tests.cli.file_project import file_project
from tests.e2e.clean_environments import CleanEnvironment, Version, pythons

pytestmark = pytest.mark.slow

OLDEST: Version = (3, 11)
CPU_TORCH = "torch==2.13.0"  # where a build for processors alone is at hand, pip prefers it
SAMPLE = REPOSITORY / "examples/sp500"

NOTEBOOK = """
import numpy as np, pandas as pd
from mech_exo import Project
days = pd.bdate_range("2018-01-01", periods=700, name="date")
moves = np.random.default_rng(5).normal(0.0004, 0.01, (700, 12))
prices = pd.DataFrame(100 * np.exp(moves.cumsum(0)), days, [f"S{n}" for n in range(12)])
study = Project(prices, objective="research/obj_utils.py").tune(trials=3, name="notebook")
print(len(study), "trials")
"""
AS_PARQUET = """
import pyarrow.csv, pyarrow.parquet
pyarrow.parquet.write_table(pyarrow.csv.read_csv("prices.csv"), "prices.parquet")
"""


def wanted_python(which: str) -> Path:
    found = pythons(OLDEST)
    if which == "oldest":
        if OLDEST not in found:
            pytest.skip(f"there is no Python {OLDEST[0]}.{OLDEST[1]} here")
        return found[OLDEST]
    newest = max(found, default=OLDEST)
    if newest == OLDEST:
        pytest.skip(f"there is no Python newer than {OLDEST[0]}.{OLDEST[1]} here")
    return found[newest]


@pytest.mark.parametrize("which", ["oldest", "newest"])
def test_the_wheel_works_alone_and_with_all_extras(which: str, wheel: Path, tmp_path: Path) -> None:
    """One test: an environment is made once, and extras come into it after they were missed."""
    clean = CleanEnvironment.made(wanted_python(which), tmp_path / "venv")
    clean.pip("--no-compile", wheel)
    check_the_core(clean, tmp_path / "core")
    project = file_project(tmp_path / "files")
    check_what_is_missing(clean, project)
    has_torch = install_all(clean)
    check_parquet(clean, project)
    check_the_sample(clean, tmp_path)
    if has_torch:
        check_the_gaussian_process(clean, tmp_path / "core")


def succeeded(run: Run) -> str:
    """The output of a run that found something to say, feasible (0) or not (3)."""
    assert run.returncode in (0, 3), run.stderr
    assert "Warning" not in run.stderr
    return run.stdout


def check_the_core(clean: CleanEnvironment, project: Path) -> None:
    """Commands on the demo market, and the library."""
    assert clean.run("exo", "init", project, cwd=project.parent).returncode == 0
    (project / "config/settings.yml").write_text(SETTINGS)
    run = ("optuna-run", "--n-trials", "4", "--n-jobs", "2", "--export-yaml", "best.yml")
    succeeded(clean.run("exo", *run, cwd=project))
    assert clean.run("exo", "verify", "best.yml", cwd=project).returncode == 0
    assert "factor_weight_optimization" in clean.run("exo", "study", "list", cwd=project).stdout
    assert "3 trials" in succeeded(clean.run("python", "-c", NOTEBOOK, cwd=project))
    for program in ("optuna", "optuna-dashboard"):  # of the guide
        assert clean.run(program, "--help", cwd=project).returncode == 0


def check_what_is_missing(clean: CleanEnvironment, project: Path) -> None:
    """Each extra that is not there is one line that names it."""
    (project / "few.parquet").write_bytes(b"PAR1")
    (project / "parquet.yml").write_text("data: {source: files, prices: few.parquet}\n")
    for extra, options in {
        "parquet": ("--config", "parquet.yml"),
        "sample": ("--data", "sp500"),
        "gp": ("--sampler", "gp"),
    }.items():
        run = clean.run("exo", "optuna-run", "--n-trials", "2", *options, cwd=project)
        assert run.returncode == 2, run.stderr
        assert "Traceback" not in run.stderr
        last = run.stderr.splitlines()[-1]
        assert last.startswith("error: ")
        assert re.findall(r"pip install '(.*?)'", last) == [f"mech-exo[{extra}]"]


def install_all(clean: CleanEnvironment) -> bool:
    """`pip install 'mech-exo[all]'`; whether torch is there now.

    Of torch, some Pythons have only builds of several GB here, for graphics cards: there it is seen
    that pip finds all it needs, and all but torch is installed.
    """
    found = set(clean.would_install("mech-exo[all]", CPU_TORCH))
    assert {"pyarrow", "openpyxl", "duckdb", "yfinance", "skfolio", "torch"} <= found
    has_torch = not any(name.startswith(("nvidia", "cuda", "triton")) for name in found)
    if has_torch:
        clean.pip("--no-compile", CPU_TORCH)
        clean.pip("--no-compile", "mech-exo[all]")
    else:
        clean.pip("--no-compile", "mech-exo[parquet,excel,duckdb,fetch,sample]")
    return has_torch


def check_parquet(clean: CleanEnvironment, project: Path) -> None:
    """The same prices as CSV and as Parquet are the same study."""
    assert clean.run("python", "-c", AS_PARQUET, cwd=project).returncode == 0
    trials = []
    for kind in ("csv", "parquet"):
        (project / "config/settings.yml").write_text(
            f"data: {{source: files, prices: ../prices.{kind}}}\n"
        )
        name = ("--study-name", "s", "--study-file", f"{kind}.db")
        succeeded(clean.run("exo", "optuna-run", "--n-trials", "3", *name, cwd=project))
        listed = ("study", "trials", "s", "--format", "csv", "--no-times", *name[2:])
        trials.append(succeeded(clean.run("exo", *listed, cwd=project)))
    assert trials[0].count("\n") >= 4
    assert trials[0] == trials[1]


def check_the_sample(clean: CleanEnvironment, folder: Path) -> None:
    """The README's command for the real sample, with fewer trials."""
    files = ("--config", SAMPLE / "settings.yml", "--objective", SAMPLE / "research/obj_utils.py")
    few = ("--n-trials", "3", "--study-name", "sp500", "--study-file", "sample.db")
    run = clean.run("exo", "optuna-run", *few, *files, "--export-yaml", "s.yml", cwd=folder)
    succeeded(run)
    assert "sp500: 20 US stocks" in run.stderr


def check_the_gaussian_process(clean: CleanEnvironment, project: Path) -> None:
    """More trials than the ten at random that it begins with."""
    run = ("optuna-run", "--sampler", "gp", "--n-trials", "16", "--study-name", "gp")
    succeeded(clean.run("exo", *run, "--export-yaml", "gp.yml", cwd=project))
    assert "GPSampler" in (project / "gp.yml").read_text()
