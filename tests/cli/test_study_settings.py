"""A study is taken with the settings of search and portfolio that it was made with."""

import html
import json
import re
import shlex
import shutil
from dataclasses import fields
from pathlib import Path

import pytest

from mech_exo.cli.optuna_run import RunOptions
from mech_exo.config.settings import Settings
from mech_exo.tuning.records import read_study
from mech_exo.workflow.study_commands import WITHOUT_FLAG, StudyCommands
from mech_exo.workflow.study_settings import NOT_SEARCHED, OWN
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
    study = read_study(project / "studies/factor_opt.db", "front")
    first = study.front()[0].number
    typed = StudyCommands(study, project / "studies/factor_opt.db").judge_trial(first)
    options = "--objectives sharpe,max_drawdown"
    file = f"trial_{first}.yml"
    asked = f"--study-name front {options} --trial {first} --export-yaml {file} && exo validate"
    where = f" --study-file {project / 'studies/factor_opt.db'}"
    assert asked in typed.replace(where, "")
    page = html.unescape((project / "front.html").read_text("utf-8"))
    assert f"{asked} --factors {file}" in page
    assert "exo validate --study-name front" not in page
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


def commands_on(page: Path) -> list[list[str]]:
    """The commands of the last section, as a shell takes them apart."""
    section = page.read_text("utf-8").partition('id="origin"')[2]
    lines = html.unescape(re.sub(r"<[^>]+>", "\n", section)).splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("exo ")]


def trials_of(name: str, project: Path) -> list[tuple[object, ...]]:
    study = read_study(project / "studies/factor_opt.db", name)
    return [(t.number, t.state, t.values, t.params) for t in study.trials]


def test_the_commands_on_a_page_make_the_same_trials(project: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(project, tmp_path / "again")
    settings = "config/of another market.yml"
    (folder / settings).write_text(
        "data: {source: demo, demo: {symbols: 25, years: 4}}\nbacktest: {execution_lag: 2}\n"
        + "verdict: {placebos: 9, windows: 2, portfolios: 8, neighbours: 8}\n"
    )
    flags = (*WAYS["both"], "--sampler", "random", "--seed", "5", "--no-warm-start")
    run = ("optuna-run", "--n-trials", "6", "--study-name", "made", "--config", settings)
    assert run_exo(*run, *flags, cwd=folder).returncode == 0
    before = trials_of("made", folder)
    env = {"EXO_CONFIG": settings}  # the page must say what the variable did
    shown = run_exo("report", "made", cwd=folder, env=env)
    assert shown.returncode == 0, shown.stderr
    (folder / "studies/factor_opt.db").rename(folder / "away.db")
    commands = commands_on(folder / "reports/made.html")
    assert [words[0] for words in commands] == ["optuna-run", "validate", "optuna-run", "report"]
    for words in commands:
        done = run_exo(*words, cwd=folder)
        assert done.returncode == 0, (words, done.stderr)
    assert trials_of("made", folder) == before
    assert len(before) == 6


def test_every_setting_of_a_search_has_its_flag() -> None:
    there = {field.name for field in fields(RunOptions)}
    for section in OWN:
        for field in fields(getattr(Settings(), section)):
            if f"{section}.{field.name}" not in WITHOUT_FLAG and field.name not in NOT_SEARCHED:
                assert field.name in there
