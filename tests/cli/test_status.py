"""`exo` alone in a project: where it stands, in one screen, whatever is wrong in it."""

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import lay_out, run_exo
from tests.cli.file_project import file_project, write_prices
from tests.unit.tuning.stored_studies import execute


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = lay_out(tmp_path_factory.mktemp("made") / "project")
    run = run_exo("optuna-run", "--n-trials", "4", "--study-name", "première", cwd=folder)
    assert run.returncode in (0, 3), run.stderr
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "a project")


def labels(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line[:1].strip()]


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in files}


def test_alone_it_says_where_the_project_stands_and_writes_nothing(copy: Path) -> None:
    before = contents(copy)
    run = run_exo(cwd=copy)
    assert (run.returncode, run.stderr) == (0, "")
    assert contents(copy) == before
    shown = labels(run.stdout)
    assert shown[:3] == ["project", "data", "study"]
    assert shown[-3:] == ["staged", "production", "next"]
    assert "première: 4 trials" in run.stdout
    assert len(run.stdout.splitlines()) <= 24
    assert run_exo("status", cwd=copy).stdout == run.stdout


def test_json_has_the_figures_of_the_study(copy: Path) -> None:
    found = json.loads(run_exo("status", "--json", cwd=copy / "research").stdout)
    (listed,) = json.loads(run_exo("study", "list", "--json", cwd=copy).stdout)["studies"]
    (study,) = found["studies"]
    for name in ("name", "made_by_exo", "trials", "best_trial", "best_value", "last_completed"):
        assert study[name] == listed[name]
    assert found["project"] == str(copy)
    assert found["next"]["command"].startswith("exo ")


def test_what_is_wrong_is_said_in_its_line_and_the_rest_goes_on(copy: Path) -> None:
    execute(
        copy / "studies/factor_opt.db",
        "UPDATE study_system_attributes SET value_json = '{' WHERE key = 'exo:study'",
    )
    (copy / "studies/notes.db").write_text("no database")
    (copy / "config/settings.yml").write_text("data: {sorce: demo}\n")
    (copy / "config/factors.yml").write_text("factors: 3\n")
    run = run_exo(cwd=copy)
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert any(line.startswith("settings ") and "'source'" in line for line in lines)
    assert any(line.startswith("study file ") and "notes.db" in line for line in lines)
    assert any(line.startswith("study ") and "damaged or edited" in line for line in lines)
    assert any(line.startswith("production ") and "factors.yml" in line for line in lines)
    assert any(line.startswith("staged ") for line in lines)
    assert json.loads(run_exo("status", "--json", cwd=copy).stdout)["settings_error"]


def test_an_empty_project_and_one_whose_data_are_missing(tmp_path: Path) -> None:
    project = file_project(tmp_path / "p")
    assert "until " in run_exo(cwd=project).stdout
    (project / "prices.csv").unlink()
    run = run_exo(cwd=project)
    assert (run.returncode, run.stderr) == (0, "")
    assert "prices.csv" in run.stdout
    assert "exo data check" in run.stdout


def test_old_prices_are_said(tmp_path: Path) -> None:
    project = file_project(tmp_path / "p")
    write_prices(project / "prices.csv", date.today() - timedelta(days=40))
    found = json.loads(run_exo("status", "--json", cwd=project).stdout)
    assert found["data"]["stale"]
    assert found["data"]["weekdays_old"] in (28, 29, 30)
    assert found["next"]["command"] == "exo data fetch --help"


def test_the_file_in_production_and_the_staged_one(copy: Path) -> None:
    exported = next((copy / "factors").glob("*.yml"))
    (copy / "config/staging").mkdir()
    shutil.copy(exported, copy / "config/staging/factors_optuna_latest.yml")
    shutil.copy(exported, copy / "config/factors.yml")
    run = run_exo(cwd=copy)
    assert "in production already" in run.stdout
    assert "of première, verdict none (not judged)" in run.stdout
