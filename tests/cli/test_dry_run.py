"""`--dry-run`: everything is checked, nothing is run, and nothing is written."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest

from mech_exo.system.locks import exclusive_lock
from mech_exo.tuning.study_lock import study_lock
from tests.cli.conftest import Exo, Run, lay_out, one_error, run_exo

NAME = "factor_weight_optimization"
DRY = ("optuna-run", "--dry-run")


def state(folder: Path) -> dict[Path, tuple[int, bytes | None]]:
    """Every file and folder: when it was changed, and its bytes."""
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in (folder, *folder.rglob("*"))
    }


@contextmanager
def untouched(folder: Path) -> Iterator[None]:
    before = state(folder)
    yield
    assert state(folder) == before


def dry(folder: Path, *options: str | Path, env: dict[str, str] | None = None) -> Run:
    """A dry run, which leaves the folder as it is whatever comes of it."""
    with untouched(folder):
        return run_exo(*DRY, *options, cwd=folder, env=env)


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a study of five trials."""
    folder = lay_out(tmp_path_factory.mktemp("dry") / "project")
    objective = folder / "research/obj_utils.py"
    objective.write_text(f"{objective.read_text()}\nMAX_DRAWDOWN_THRESHOLD = 0.9\n")
    assert run_exo("optuna-run", "--n-trials", "5", cwd=folder).returncode == 0
    return folder


@pytest.fixture
def mine(studied: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(studied, tmp_path / "mine"))


def test_says_what_a_first_run_would_do(project: Path) -> None:
    run = dry(project, "--stage", "--notify-progress", env={"TELEGRAM_DRY_RUN": "1"})
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[0].startswith("dry run ")
    for line in (
        f"study      {NAME} in studies/factor_opt.db (new)",
        "search     tpe, none pruner, window 4, 4 jobs",
        "would run  trials 0 to 49",
        "note       trial 0 is equal weights",
        "would write studies/factor_opt.db",
        f"            factors/factors_opt_{date.today():%Y-%m-%d}.yml",
        "            config/staging/factors_optuna_latest.yml",
        "messages   would be printed only (TELEGRAM_DRY_RUN)",
    ):
        assert line in run.stdout.splitlines()
    assert "telegram (dry run)" not in run.stderr


def test_says_what_the_next_run_would_do_and_it_does(mine: Path) -> None:
    run = dry(mine, "--n-trials", "3", "--n-jobs", "9", "--json", "--sampler", "tpe")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert (found["new_study"], found["finished"], found["added"]) == (False, 5, 3)
    assert (found["first_trial"], found["goal"], found["jobs"]) == (5, 8, 4)
    real = run_exo("optuna-run", "--n-trials", "3", "--json", cwd=mine)
    assert json.loads(real.stdout)["files"]["exported"] == found["files"][1]
    assert "would run  no trial" in dry(mine, "--target-trials", "8").stdout
    assert dry(mine, "--quiet").stdout == ""


def test_another_fingerprint_is_the_runs_own_error(mine: Path) -> None:
    run = dry(mine, "--seed", "7")
    assert run.returncode == 2
    assert "tuning.seed: 42 → 7" in run.stderr
    real = run_exo("optuna-run", "--seed", "7", cwd=mine)
    assert run.stderr == real.stderr
    accepted = dry(mine, "--seed", "7", "--accept-changes", "--json")
    found = json.loads(accepted.stdout)
    assert (found["new_epoch"], found["first_trial"], found["finished"]) == (True, 5, 0)


def test_a_study_that_is_being_run(mine: Path) -> None:
    with study_lock(mine / "studies/factor_opt.db", NAME):
        run = dry(mine)
        assert "is being run by process" in one_error(run, code=5)
        waiting = dry(mine, "--wait")
        assert waiting.returncode == 0, waiting.stderr
        assert "The run would wait for it to end." in waiting.stdout
    assert dry(mine).returncode == 0


def test_a_lock_that_a_kill_left_behind_is_none(mine: Path) -> None:
    with study_lock(mine / "studies/factor_opt.db", NAME):
        (lock,) = (mine / "studies").glob("*.lock")
        left = lock.read_bytes()
    lock.write_bytes(left)
    assert dry(mine).returncode == 0


def test_a_study_with_its_last_trials_in_the_log(mine: Path) -> None:
    file = mine / "studies/factor_opt.db"
    copied = mine / "studies/killed.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("UPDATE alembic_version SET version_num = version_num")
        connection.commit()
        for suffix in ("", "-wal"):
            shutil.copy(f"{file}{suffix}", f"{copied}{suffix}")
    before = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    run = run_exo(*DRY, "--study-file", copied, cwd=mine)
    assert run.returncode == 0, run.stderr
    assert "(5 trials so far)" in run.stdout
    # SQLite itself reads a log through its index, `-shm`, a cache
    after = {p: p.read_bytes() for p in mine.rglob("*") if p.is_file() and p.suffix != ".db-shm"}
    assert after == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--n-trials", "3", "--target-trials", "3"), "only one of them"),
        (("--trial", "99"), "--trial 99"),
        (("--objectives", "sharp"), "sharp"),
        (("--config", "none.yml"), "none.yml"),
        (("--export-yaml", "research"), "is a folder"),
        (("--export-yaml", "research/obj_utils.py/x.yml"), "cannot be written"),
        (("--study-file", "config/settings.yml"), "is not an SQLite database"),
        (("--study-name", " "), "--study-name is empty"),
        (("--sampler", "cmaes", "--study-name", NAME), "tuning.sampler"),
        (("--validate", "--study-name", "s", "--config", "short.yml"), ""),
    ],
)
def test_mistakes_are_found_with_the_runs_own_words(
    mine: Path, options: tuple[str, ...], told: str
) -> None:
    (mine / "short.yml").write_text("data: {demo: {symbols: 20, years: 2}}\n")
    run = dry(mine, *options)
    assert run.returncode == 2, run.stdout
    assert told in run.stderr
    assert "Traceback" not in run.stderr
    assert run.stderr == run_exo("optuna-run", *options, cwd=mine).stderr


def test_an_objective_that_raises(mine: Path) -> None:
    objective = mine / "research/obj_utils.py"
    objective.write_text(f"{objective.read_text()}\n\ndef objective(result):\n    return nowhere\n")
    run = dry(mine, "--study-name", "other")
    assert "nowhere" in run.stderr
    assert run.returncode == 2


def test_a_finished_study_without_a_feasible_trial_exits_3(project: Path) -> None:
    objective = project / "research/obj_utils.py"
    objective.write_text(f"{objective.read_text()}\nMAX_DRAWDOWN_THRESHOLD = 0.0001\n")
    assert run_exo("optuna-run", "--target-trials", "2", cwd=project).returncode == 3
    run = dry(project, "--target-trials", "2")
    assert run.returncode == 3
    assert "no feasible trial" in run.stderr
    assert dry(project, "--target-trials", "3").returncode == 0


def test_a_place_that_may_only_be_read(small_disk: Path, exo: Exo) -> None:
    lay_out(small_disk / "project")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    run = dry(small_disk / "project")
    assert "cannot be written (Read-only file system)" in one_error(run)
    named = dry(small_disk / "project", "--export-yaml", "/dev/shm/x.yml")
    assert "studies/factor_opt.db: cannot be written" in one_error(named)


def test_reoptimize_checks_lock_and_study_too(mine: Path) -> None:
    def rehearse(*options: str) -> Run:
        with untouched(mine):
            return run_exo("reoptimize", "--dry-run", "--no-validate", *options, cwd=mine)

    run = rehearse()
    assert run.returncode == 0, run.stderr
    study = f"factor_opt_{date.today():%Y%m%d}"
    assert f"study      {study} in studies/factor_opt.db (new)" in run.stdout
    assert "would run  trials 0 to 199" in run.stdout
    with exclusive_lock(mine / "studies/reoptimize.lock", "It is held", ""):
        assert "is being run by process" in one_error(rehearse(), code=5)
    tuned = ("reoptimize", "--target-trials", "4", "--no-validate")
    assert run_exo(*tuned, cwd=mine).returncode == 0
    assert "(4 trials so far)" in rehearse().stdout
    other = rehearse("--seed", "7")
    assert other.returncode == 2
    assert "tuning.seed: 42 → 7" in other.stderr
    (mine / "logs").rename(mine / "logs_of_old")
    (mine / "logs").touch()
    assert "cannot be written (Not a directory)" in one_error(rehearse())
