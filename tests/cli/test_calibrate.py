"""`exo calibrate`, as a user types it, and what `exo validate` then says."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import Run, one_error, run_exo
from tests.cli.test_validate import small_project
from tests.unit.tuning.stored_studies import execute

FEW = ("--studies", "4", "--ratios", "1,6", "--placebos", "2", "--trials", "4", "--n-jobs", "2")
FACTOR = ("--factor", "momentum_12_1")


def calibrated(folder: Path, *arguments: str) -> Run:
    return run_exo("calibrate", *FEW, *FACTOR, *arguments, cwd=folder)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """A tuned project that has been calibrated, the JSON, and what was said meanwhile."""
    folder = small_project(tmp_path_factory.mktemp("calibrate") / "project")
    tuned = run_exo("optuna-run", "--n-trials", "4", "--n-jobs", "2", "--json", cwd=folder)
    assert tuned.returncode == 0, tuned.stderr
    run = calibrated(folder, "--json")
    assert run.returncode == 0, run.stderr
    return folder, json.loads(run.stdout), run.stderr


def test_it_says_level_power_and_floor(measured: tuple[Path, dict[str, Any], str]) -> None:
    found = measured[1]["calibration"]
    assert found["level"]["studies"] == 4
    assert [(row["ratio"], row["studies"]) for row in found["power"]] == [(1.0, 1), (6.0, 1)]
    assert found["factor"] == "momentum_12_1"
    assert found["floor"]["power"] == 0.8
    assert found["trials"] == 4
    assert found["placebos"] == 2


def test_it_says_first_what_it_will_take(measured: tuple[Path, dict[str, Any], str]) -> None:
    said = measured[2]
    assert "4 studies on noise, and 1 each with a true ratio of 1, 6 in momentum_12_1" in said
    assert said.index("estimate   a study takes") < said.index("studies    ")
    assert "\r" not in said  # no bar where there is no terminal


def test_asked_again_it_answers_from_what_is_kept(
    measured: tuple[Path, dict[str, Any], str],
) -> None:
    folder, document, _ = measured
    again = calibrated(folder, "--json")
    assert json.loads(again.stdout) == document
    assert "estimate" not in again.stderr


def test_the_table_names_what_was_found(measured: tuple[Path, dict[str, Any], str]) -> None:
    run = calibrated(measured[0])
    assert "nothing: noise like the factors" in run.stdout
    assert "these data can" in run.stdout
    assert "of 4 studies on noise passed" in run.stdout


def test_a_verdict_under_the_same_conditions_says_it(
    measured: tuple[Path, dict[str, Any], str],
) -> None:
    folder, document, _ = measured
    run = run_exo("validate", "--json", "--n-jobs", "2", cwd=folder)
    verdict = json.loads(run.stdout)["verdict"]
    named = [r["name"] for r in verdict["decision"]["reservations"]]
    assert "detection" in named
    assert "By `exo calibrate` these data" in verdict["decision"]["reason"]
    floor = document["calibration"]["floor"]
    assert {n: verdict["detection"]["floor"][n] for n in floor} == floor
    exported = run_exo("factors", "stage", "factor_weight_optimization", cwd=folder)
    assert exported.returncode == 0, exported.stderr
    staged = next((folder / "config/staging").glob("*.yml"))
    assert yaml.safe_load(staged.read_text())["verdict"]["detection"]["factor"] == "momentum_12_1"


def test_a_verdict_under_other_conditions_does_not(
    measured: tuple[Path, dict[str, Any], str], tmp_path: Path
) -> None:
    folder = measured[0]
    other = tmp_path / "settings.yml"
    other.write_text(
        (folder / "config/settings.yml").read_text().replace("windows: 2", "windows: 3")
    )
    arguments = ("validate", "--json", "--config", str(other), "--n-jobs", "2")
    verdict = json.loads(run_exo(*arguments, cwd=folder).stdout)["verdict"]
    assert "detection" not in verdict
    assert "exo calibrate" not in verdict["decision"]["reason"]


def test_it_searches_as_a_study_did(measured: tuple[Path, dict[str, Any], str]) -> None:
    name = ("--study-name", "factor_weight_optimization")
    run = run_exo("calibrate", *FEW[:6], *FACTOR, *name, "--json", cwd=measured[0])
    assert json.loads(run.stdout) == measured[1]  # it has four trials too


def test_a_damaged_calibration_is_refused(
    measured: tuple[Path, dict[str, Any], str], tmp_path: Path
) -> None:
    folder = measured[0]
    file = tmp_path / "study.db"
    file.write_bytes((folder / "studies/factor_opt.db").read_bytes())
    execute(file, "UPDATE exo_calibrations SET block = '{\"level\": 3}'")
    run = run_exo("validate", "--study-file", file, "--n-jobs", "2", cwd=folder)
    assert "exo_calibrations" in one_error(run)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--ratios", "one"), "not numbers"),
        (("--ratios", ""), "not numbers"),
        (("--ratios", "0"), "must be a number from"),
        (("--ratios", "nan"), "must be a number from"),
        (("--ratios", "-1"), "must be a number from"),
        (("--ratios", "1,1"), "named twice"),
        (("--factor", "momentum_12"), "Did you mean 'momentum_12_1'?"),
        (("--study-name", "none"), "none"),
    ],
)
def test_a_flag_with_a_mistake_is_named(
    measured: tuple[Path, dict[str, Any], str], arguments: tuple[str, ...], words: str
) -> None:
    run = run_exo("calibrate", *arguments, cwd=measured[0])
    assert run.returncode == 2, run.stderr
    one_error(run)
    assert words in run.stderr


@pytest.mark.parametrize("arguments", [("--studies", "0"), ("--placebos", "1"), ("--n-jobs", "0")])
def test_a_number_that_is_too_small_is_refused(
    measured: tuple[Path, dict[str, Any], str], arguments: tuple[str, ...]
) -> None:
    run = run_exo("calibrate", *arguments, cwd=measured[0])
    assert run.returncode == 2
    assert arguments[0] in run.stderr


def test_without_a_holdout_there_is_nothing_to_calibrate(
    measured: tuple[Path, dict[str, Any], str], tmp_path: Path
) -> None:
    folder = measured[0]
    other = tmp_path / "settings.yml"
    text = (folder / "config/settings.yml").read_text()
    other.write_text(f"{text}holdout: {{fraction: 0.0}}\n")
    run = run_exo("calibrate", "--config", other, cwd=folder)
    assert "without a holdout" in one_error(run)
