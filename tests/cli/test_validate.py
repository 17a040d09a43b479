"""`exo validate`, `optuna-run --validate` and `--choose plateau`, as a user types them."""

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mech_exo.system.sqlite import connect
from tests.cli.conftest import Exo, environment, lay_out, one_error, run_exo
from tests.unit.tuning.stored_studies import execute

SETTINGS = """\
data:
  source: demo
  demo: {symbols: 12, years: 3}
verdict: {placebos: 3, windows: 2, portfolios: 8, neighbours: 8, overfitting_blocks: 4}
"""
OVERALL = ("PASS", "INCONCLUSIVE", "FAIL")


def small_project(folder: Path) -> Path:
    """A project in which a verdict takes a second or two."""
    lay_out(folder)
    (folder / "config/settings.yml").write_text(SETTINGS)
    objective = folder / "research/obj_utils.py"
    text = re.sub(r"(MAX_DRAWDOWN_THRESHOLD =) [\d.]+", r"\1 0.5", objective.read_text())
    objective.write_text(text)
    return folder


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A project whose study has been tuned and judged, and the run's JSON."""
    folder = small_project(tmp_path_factory.mktemp("validate") / "project")
    arguments = (
        "optuna-run",
        "--n-trials",
        "4",
        "--n-jobs",
        "2",
        "--validate",
        "--stage",
        "--json",
    )
    run = run_exo(*arguments, "--export-yaml", "factors/a.yml", cwd=folder)
    assert run.returncode == 0, run.stderr
    return folder, json.loads(run.stdout)


def test_a_run_with_validate_writes_the_verdict_everywhere(
    tuned: tuple[Path, dict[str, Any]],
) -> None:
    folder, document = tuned
    verdict = document["verdict"]
    assert verdict["overall"] in OVERALL
    for path in ("factors/a.yml", "config/staging/factors_optuna_latest.yml"):
        block = yaml.safe_load((folder / path).read_text())["verdict"]
        assert block["overall"] == verdict["overall"]
        assert block["decision"]["p"] == verdict["decision"]["p"]
        assert block["holdout"]["looks"] == 1


def test_validate_repeats_the_verdict_of_the_run(tuned: tuple[Path, dict[str, Any]]) -> None:
    folder, document = tuned
    run = run_exo("validate", "--json", "--n-jobs", "1", cwd=folder)
    assert run.returncode == 0, run.stderr
    verdict = json.loads(run.stdout)["verdict"]
    for part in ("overall", "decision", "holdout", "placebo", "walk_forward", "reported"):
        assert verdict[part] == document["verdict"][part], part


def test_the_table_says_what_decides_and_what_it_would_take(
    tuned: tuple[Path, dict[str, Any]],
) -> None:
    folder, document = tuned
    run = run_exo("validate", cwd=folder)
    assert run.returncode == 0, run.stderr
    for words in (
        "sealed holdout",
        "first look",
        "placebo search",
        "walk-forward",
        "PBO",
        "Plateau",
    ):
        assert words in run.stdout
    assert f"verdict    {document['verdict']['overall']}" in run.stdout
    assert re.search(r"^time .* placebos [\d.]+ s", run.stdout, re.M)


def test_quiet_prints_the_word(tuned: tuple[Path, dict[str, Any]]) -> None:
    folder, document = tuned
    assert run_exo("validate", "-q", cwd=folder).stdout == f"{document['verdict']['overall']}\n"


def test_a_file_is_judged_under_its_own_settings(tuned: tuple[Path, dict[str, Any]]) -> None:
    folder, document = tuned
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    arguments = ("validate", "--factors", "../factors/a.yml", "--json")
    env = {"EXO_CONFIG": "nowhere.yml"}  # not read: the file has its own
    for _ in range(2):  # the second time from the ledger's file
        run = run_exo(*arguments, "--study-file", "ledger.db", cwd=elsewhere, env=env)
        assert run.returncode == 0, run.stderr
        verdict = json.loads(run.stdout)["verdict"]
        assert verdict["placebo"]["placebos"] == 3
        assert verdict["holdout"]["test"] == document["verdict"]["holdout"]["test"]
        assert verdict["holdout"]["looks"] == 1
    assert run_exo("study", "list", "--study-file", "ledger.db", cwd=elsewhere).returncode == 0


def test_a_file_of_another_objective_is_refused(tuned: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = tuned
    other = folder / "other.py"
    other.write_text((folder / "research/obj_utils.py").read_text() + "# changed\n")
    run = run_exo("validate", "--factors", "factors/a.yml", "--objective", "other.py", cwd=folder)
    assert "objective file" in one_error(run, 4)


def test_a_study_of_another_fingerprint_is_refused(tuned: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = tuned
    other = folder / "other.yml"
    other.write_text(SETTINGS + "backtest: {commission_bps: 7}\n")
    run = run_exo("validate", "--config", "other.yml", cwd=folder)
    assert "backtest.commission_bps: 5.0 → 7.0" in one_error(run, 2)


def test_a_study_whose_direction_was_turned_is_refused(
    tuned: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _ = tuned
    copy = shutil.copytree(folder, tmp_path / "turned")
    execute(copy / "studies/factor_opt.db", "UPDATE study_directions SET direction = 'MINIMIZE'")
    assert "directions" in one_error(run_exo("validate", cwd=copy), 2)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--study-name", "nobody"], "nobody"),
        (["--study-file", "none.db"], "none.db"),
        (["--study-name", "a", "--factors", "b.yml"], "--factors"),
        (["--factors", "absent.yml"], "absent.yml"),
        (["--factors", "factors/a.yml", "--data", "sp500"], "--data sp500"),
    ],
)
def test_a_mistake_is_one_line(
    tuned: tuple[Path, dict[str, Any]], arguments: list[str], told: str
) -> None:
    folder, _ = tuned
    assert told in one_error(run_exo("validate", *arguments, cwd=folder), 2)


def test_plateau_is_exported_and_verifies(tuned: tuple[Path, dict[str, Any]]) -> None:
    folder, document = tuned
    arguments = ("optuna-run", "--n-trials", "0", "--choose", "plateau", "--validate", "--json")
    run = run_exo(*arguments, "--export-yaml", "factors/plateau.yml", cwd=folder)
    assert run.returncode == 0, run.stderr
    chosen = json.loads(run.stdout)
    assert chosen["best"]["chosen"] == "plateau"
    assert chosen["best"]["number"] == document["best"]["number"]
    assert all(c["satisfied"] for c in chosen["best"]["constraints"].values())
    assert "plateau" in chosen["verdict"]["origin"]
    metadata = yaml.safe_load((folder / "factors/plateau.yml").read_text())["metadata"]
    assert metadata["chosen"] == "plateau"
    assert metadata["best_sharpe_ratio"] == chosen["best"]["in_sample"]["sharpe"]
    assert run_exo("verify", "factors/plateau.yml", cwd=folder).returncode == 0


def test_interrupted_verdict_keeps_its_replicates(tmp_path: Path) -> None:
    folder = small_project(tmp_path / "project")
    (folder / "config/settings.yml").write_text(SETTINGS.replace("placebos: 3", "placebos: 400"))
    assert run_exo("optuna-run", "--n-trials", "4", "-q", cwd=folder).returncode == 0
    command = [sys.executable, "-m", "mech_exo.cli", "validate", "--n-jobs", "1"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith("searches"):
                process.send_signal(signal.SIGINT)
                break
        lines += process.stderr.readlines()
    assert process.returncode == 130
    found = re.search(r"Interrupted after (\d+) of 403 .* goes on", lines[-1])
    assert found is not None, lines
    assert int(found[1]) >= 1
    connection = connect(folder / "studies/factor_opt.db", mode="ro", patience_s=5.0)
    (kept,) = connection.execute("SELECT COUNT(*) FROM exo_replicates").fetchone()
    connection.close()
    assert kept == int(found[1])


def test_data_too_short_for_a_verdict_is_said_before_the_search(exo: Exo, tmp_path: Path) -> None:
    folder = small_project(tmp_path / "project")
    (folder / "config/settings.yml").write_text(SETTINGS.replace("windows: 2", "windows: 500"))
    run = exo("optuna-run", "--n-trials", "4", "--validate", cwd=folder)
    assert "windows" in one_error(run, 2)
    assert not (folder / "studies/factor_opt.db").exists()


def test_a_study_file_that_is_removed_during_the_verdict_is_noticed(tmp_path: Path) -> None:
    folder = small_project(tmp_path / "project")
    study = folder / "studies/factor_opt.db"
    assert run_exo("optuna-run", "--n-trials", "4", "-q", cwd=folder).returncode == 0
    command = [sys.executable, "-m", "mech_exo.cli", "validate", "--n-jobs", "1"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("searches"):
                study.unlink()
                break
        *_, last = process.stderr.readlines()
    assert process.returncode == 2
    assert last.startswith(f"error: The study file {study.relative_to(folder)} was removed while")
    assert not study.exists()
    saved = folder / "studies/factor_opt.recovered.db"
    assert str(saved) in last
    connection = connect(saved, mode="ro", patience_s=5.0)
    (kept,) = connection.execute("SELECT COUNT(*) FROM exo_replicates").fetchone()
    connection.close()
    assert kept >= 1
    saved.rename(study)
    assert run_exo("validate", cwd=folder).returncode == 0
