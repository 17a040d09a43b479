"""`--patience` and `--timeout`: a search that ends before its number of trials."""

import json
from pathlib import Path

import pytest
import yaml

from mech_exo.tuning.records import read_study
from mech_exo.tuning.trial_table import trial_table
from tests.cli.conftest import Exo

STUDY = "factor_weight_optimization"


def table(path: Path) -> str:
    return trial_table(read_study(path, STUDY), "csv", times=False)


def test_patience_ends_a_run_whatever_the_jobs_and_is_written_down(exo: Exo, project: Path) -> None:
    wanted = ("optuna-run", "--patience", 8, "--json")
    alone = exo(*wanted, "--n-jobs", 1, cwd=project)
    assert alone.returncode in (0, 3), alone.stderr
    assert "no better feasible trial in the last 8: the search ends here" in alone.stderr
    assert json.loads(alone.stdout)["study"]["ended_early"] == "patience"
    other = exo(*wanted, "--study-file", "other.db", cwd=project)
    assert other.returncode == alone.returncode
    assert table(project / "other.db") == table(project / "studies/factor_opt.db")
    again = exo(*wanted, cwd=project)
    assert again.returncode == alone.returncode
    assert table(project / "other.db") == table(project / "studies/factor_opt.db")
    dry = exo(*wanted[:3], "--dry-run", cwd=project)
    assert "would run  no trial: the last 8 brought nothing better" in dry.stdout


def test_patience_stands_in_the_settings_and_in_the_file(exo: Exo, project: Path) -> None:
    settings = project / "config/settings.yml"
    settings.write_text(settings.read_text() + "tuning: {patience: 5}\n")
    run = exo("optuna-run", "--export-yaml", "f.yml", "--n-trials", 300, cwd=project)
    assert run.returncode in (0, 3), run.stderr
    assert len(read_study(project / "studies/factor_opt.db", STUDY).trials) < 300
    stated = yaml.safe_load((project / "f.yml").read_text())["provenance"]["settings"]["tuning"]
    assert stated["patience"] == 5
    verified = exo("verify", "f.yml", cwd=project)
    assert verified.returncode == 0, verified.stdout
    # another patience is no other study: it goes on
    settings.write_text(settings.read_text().replace("patience: 5", "patience: 6"))
    assert exo("optuna-run", cwd=project).returncode in (0, 3)


def test_timeout_ends_a_run_and_keeps_what_was_asked(exo: Exo, project: Path) -> None:
    run = exo("optuna-run", "--timeout", "1s", "--json", cwd=project)
    assert run.returncode in (0, 3), run.stderr
    assert json.loads(run.stdout)["study"]["ended_early"] == "timeout"
    count = len(read_study(project / "studies/factor_opt.db", STUDY).trials)
    assert count >= 1
    whole = exo("optuna-run", "--n-trials", count, "--study-file", "whole.db", cwd=project)
    assert whole.returncode in (0, 3)
    assert table(project / "whole.db") == table(project / "studies/factor_opt.db")


@pytest.mark.parametrize(
    ("flag", "value", "words"),
    [
        ("--timeout", "30", "--timeout is '30', no duration. Write a number with its unit"),
        ("--timeout", "0s", "must be above 0"),
        ("--patience", "0", "--patience"),
        ("--patience", "few", "--patience"),
    ],
)
@pytest.mark.parametrize("command", ["optuna-run", "reoptimize"])
def test_what_is_no_end_is_said(
    exo: Exo, project: Path, command: str, flag: str, value: str, words: str
) -> None:
    run = exo(command, flag, value, cwd=project)
    assert run.returncode == 2
    assert words in run.stderr
    assert "Traceback" not in run.stderr
    assert not (project / "studies/factor_opt.db").exists()


def test_the_weekly_run_takes_them_too(exo: Exo, project: Path) -> None:
    run = exo("reoptimize", "--patience", 6, "--timeout", "10m", "--no-validate", cwd=project)
    assert run.returncode in (0, 3), run.stderr
    assert "no better feasible trial in the last 6" in run.stderr
    (journal,) = (project / "logs").glob("reoptimize_*.log")
    assert "no better feasible trial in the last 6" in journal.read_text()
