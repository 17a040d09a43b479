"""A study is taken with the settings of search and portfolio that it was made with."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import lay_out, one_error, run_exo

WAYS = {
    "drawn": ("--sampler", "random", "--seed", "7"),
    "generations": ("--sampler", "cmaes", "--window", "6"),
    "both": ("--side", "long_short", "--weighting", "rank", "--neutralise", "beta"),
    "front": ("--objectives", "sharpe,max_drawdown"),
}
QUICK = {"EXO_VERDICT__WINDOWS": "2"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a study for each way of searching, made by flags that nobody repeats."""
    folder = lay_out(tmp_path_factory.mktemp("ways") / "project")
    objective = folder / "research/obj_utils.py"
    objective.write_text(objective.read_text().replace("THRESHOLD = 0.12", "THRESHOLD = 0.9"))
    for name, flags in WAYS.items():
        run = run_exo("optuna-run", "--n-trials", "6", "--study-name", name, *flags, cwd=folder)
        assert run.returncode == 0, run.stderr
    return folder


@pytest.mark.parametrize("name", ["drawn", "generations", "both"])
def test_no_flag_has_to_be_repeated(project: Path, name: str) -> None:
    shown = run_exo("backtest", "best", "--study-name", name, "--json", cwd=project)
    assert shown.returncode == 0, shown.stderr
    study = json.loads(run_exo("study", "show", name, "--json", cwd=project).stdout)
    assert f'"sharpe": {study["best"]["metrics"]["sharpe"]}' in shown.stdout
    assert "study      keeps to its own" in shown.stderr
    report = run_exo("report", name, "--out", f"{name}.html", cwd=project)
    assert report.returncode == 0, report.stderr
    judged = run_exo("validate", "--study-name", name, "--quick", cwd=project, env=QUICK)
    assert judged.returncode == 0, judged.stderr
    staged = run_exo("factors", "stage", name, cwd=project)
    assert staged.returncode == 0, staged.stderr


def test_a_front_is_reported_and_its_trials_are_run(project: Path) -> None:
    report = run_exo("report", "front", "--out", "front.html", cwd=project)
    assert report.returncode == 0, report.stderr
    shown = run_exo("backtest", "0", "--study-name", "front", cwd=project)
    assert shown.returncode == 0, shown.stderr


def test_a_flag_that_says_otherwise_is_refused(project: Path) -> None:
    flag = ("--side", "long")
    run = run_exo("backtest", "best", "--study-name", "both", *flag, cwd=project)
    assert "portfolio.side: long_short → long" in one_error(run)


def test_other_settings_at_hand_are_still_refused(project: Path) -> None:
    lag = {"EXO_BACKTEST__EXECUTION_LAG": "2"}
    run = run_exo("backtest", "best", "--study-name", "drawn", cwd=project, env=lag)
    assert "backtest.execution_lag: 1 → 2" in one_error(run)
    seed = {"EXO_TUNING__SEED": "9", "EXO_PORTFOLIO__SIDE": "long_short"}
    kept = run_exo("backtest", "best", "--study-name", "drawn", cwd=project, env=seed)
    assert kept.returncode == 0, kept.stderr
    assert "tuning.seed 7" in kept.stderr
    assert "portfolio.side none" in kept.stderr
