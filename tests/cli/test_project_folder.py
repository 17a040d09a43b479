"""Relative defaults belong to the project's folder, whichever of its folders one works in."""

import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from tests.cli.conftest import Exo, lay_out, one_error, run_exo

LENIENT = "MAX_DRAWDOWN_THRESHOLD = 0.9\nVOLATILITY_THRESHOLD = 9.0\n"


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose study was made, and exported and staged, from research/."""
    project = lay_out(tmp_path_factory.mktemp("folder") / "project")
    objective = project / "research/obj_utils.py"
    objective.write_text(f"{objective.read_text()}\n\n{LENIENT}")
    run = run_exo("optuna-run", "--n-trials", "4", "--stage", cwd=project / "research")
    assert run.returncode == 0, run.stderr
    return project


def tree(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_a_run_from_a_subfolder_writes_into_the_project(studied: Path) -> None:
    assert {p for p in tree(studied / "research") if not p.startswith("examples")} == {
        "obj_utils.py"
    }
    assert (studied / "studies/factor_opt.db").is_file()
    assert (studied / f"factors/factors_opt_{date.today():%Y-%m-%d}.yml").is_file()
    assert (studied / "config/staging/factors_optuna_latest.yml").is_file()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("study", "list"), "factor_weight_optimization"),
        (("study", "show"), "factor_weight_optimization"),
        (("factors", "history"), "version"),
        (("factors", "promote", "--dry-run"), "now"),
        (("reoptimize", "--dry-run"), "dry run"),
    ],
)
def test_what_reads_finds_it_and_says_where(
    studied: Path, command: tuple[str, ...], told: str
) -> None:
    before = tree(studied)
    run = run_exo(*command, cwd=studied / "research")
    assert run.returncode == 0, run.stderr
    assert told in run.stdout
    assert f"project    {studied} (nearest config/settings.yml)" in run.stderr
    assert tree(studied) == before
    assert "project   " not in run_exo(*command, cwd=studied).stderr


def test_production_from_a_subfolder(studied: Path, exo: Exo) -> None:
    inner = studied / "studies/of/mine"
    inner.mkdir(parents=True)
    done = exo("factors", "promote", "--force", "--reason", "trial", cwd=inner)
    assert done.returncode == 0, done.stderr
    assert f"promoted {studied}/config/staging/factors_optuna_latest.yml" in done.stdout
    assert (studied / "config/factors.yml").is_file()
    assert (studied / "config/history/0001.json").is_file()
    for command in (("risk", "status"), ("portfolio",), ("paper", "step"), ("paper", "status")):
        run = exo(*command, cwd=inner)
        assert run.returncode in (0, 1), run.stderr
        assert "Traceback" not in run.stderr
    assert (studied / "paper/ledger.db").is_file()
    assert tree(inner) == set()


def test_what_is_typed_is_relative_to_where_one_is(studied: Path, exo: Exo) -> None:
    inner = studied / "typed"
    inner.mkdir()
    run = exo("optuna-init", "--study-file", "studies/factor_opt.db", cwd=inner)
    assert run.returncode == 0, run.stderr
    assert (inner / "studies/factor_opt.db").is_file()
    run = exo("optuna-run", "--n-trials", "0", "--export-yaml", "mine.yml", cwd=inner)
    assert run.returncode == 0, run.stderr
    assert (inner / "mine.yml").is_file()
    one_error(exo("risk", "status", "--config", "config/factors.yml", cwd=inner))


def test_without_a_project_the_working_directory_is_it(tmp_path: Path, exo: Exo) -> None:
    run = exo("optuna-init", cwd=tmp_path, env={"EXO_DATA__DEMO__YEARS": "4"})
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "studies/factor_opt.db").is_file()
    assert "project   " not in run.stderr


def test_quiet_says_no_folder(studied: Path, exo: Exo) -> None:
    run = exo("optuna-run", "--n-trials", "0", "--quiet", cwd=studied / "research")
    assert run.returncode == 0, run.stderr
    assert "project   " not in run.stderr


def test_repeating_a_finished_run_writes_no_second_file(project: Path, exo: Exo) -> None:
    objective = project / "research/obj_utils.py"
    objective.write_text(f"{objective.read_text()}\n\n{LENIENT}")
    first = exo("optuna-run", "--target-trials", "3", "--stage", cwd=project)
    assert first.returncode == 0, first.stderr
    files = {path: path.read_bytes() for path in project.rglob("*.yml")}
    named = f"factors/factors_opt_{date.today():%Y-%m-%d}.yml"
    for again in (("--n-trials", "0"), ("--target-trials", "3"), ("--target-trials", "2")):
        run = exo("optuna-run", *again, "--stage", cwd=project)
        assert run.returncode == 0, run.stderr
        assert f"exported   {named} (by an earlier run; nothing has changed since)" in run.stdout
        assert {path: path.read_bytes() for path in project.rglob("*.yml")} == files
    quiet = exo("optuna-run", "--n-trials", "0", "-q", cwd=project)
    assert quiet.stdout == f"{named}\n"
    run = exo("optuna-run", "--n-trials", "0", "--export-yaml", "mine.yml", cwd=project)
    assert run.returncode == 0, run.stderr
    assert (project / "mine.yml").is_file()
    assert exo("optuna-run", "--n-trials", "1", cwd=project).returncode == 0
    assert len(list((project / "factors").glob("*.yml"))) == 2  # total_trials is another


def test_git_ignores_results_and_tokens(project: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    kept = ["telegram.env.example", "config/settings.yml", "config/factors.yml", "data/prices.csv"]
    ignored = ["logs/a.log", "paper/ledger.db", "telegram.env", ".env", "a/my.env"]
    assert _ignored(project, kept + ignored) == ignored


def test_git_ignores_the_same_in_the_clone(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    clone = Path(__file__).parents[2] / ".gitignore"
    (tmp_path / ".gitignore").write_bytes(clone.read_bytes())
    kept = ["telegram.env.example", "mech_exo/paper/step.py", "data/.gitkeep", "config/factors.yml"]
    ignored = ["logs/a.log", "paper/ledger.db", "telegram.env", "data/prices.csv"]
    assert _ignored(tmp_path, kept + ignored) == ignored


def _ignored(folder: Path, names: list[str]) -> list[str]:
    asked = subprocess.run(
        ["git", "check-ignore", "--no-index", *names],
        cwd=folder,
        env=os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.split()
