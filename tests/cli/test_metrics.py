"""Every metric and constraint stands in every table, file and page: one entry gives them all."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mech_exo import Project
from mech_exo.backtest.metrics import METRICS
from mech_exo.config.settings import DemoSettings
from mech_exo.data.demo import demo_market
from mech_exo.objective.constraints import CONSTRAINTS
from tests.cli.conftest import REPOSITORY, lay_out, run_exo

LIMITS = {c.constant: c.bounds[0 if c.keeps == "at least" else 1] for c in CONSTRAINTS.values()}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose objective file sets every constraint, loosely, and one of its own."""
    folder = lay_out(tmp_path_factory.mktemp("metrics") / "project")
    text = "".join(f"{name} = {limit}\n" for name, limit in LIMITS.items())
    (folder / "research/obj_utils.py").write_text(
        text + "\n\ndef suggest_factor_weights(trial):\n"
        "    trial.suggest_float('weight_rsi_14', -1.0, 1.0)\n\n\n"
        "def constraints(result):\n    return {'worst_month': -result.monthly.min() - 0.9}\n"
    )
    settings = folder / "config/settings.yml"  # sectors, which one of the constraints needs
    settings.write_text(settings.read_text() + "  sectors: ../sectors.csv\n")
    (folder / "sectors.csv").write_text(
        f"symbol,sector\n{demo_market(DemoSettings(20, 4)).symbols[0]},oil\n"
    )
    return folder


@pytest.fixture(scope="module")
def result(project: Path) -> dict[str, Any]:
    run = run_exo(
        *("optuna-run", "--n-trials", "3", "--json", "--export-yaml", "best.yml"), cwd=project
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_json_of_the_run(result: dict[str, Any]) -> None:
    universe = [m.name for m in METRICS.values() if m.of_benchmark]
    for part in ("in_sample", "out_of_sample"):
        assert list(result["best"][part]) == list(METRICS)
        assert list(result["universe"][part]) == universe
    assert list(result["best"]["constraints"]) == [*CONSTRAINTS, "worst_month"]
    for name, shown in result["best"]["constraints"].items():
        if name in CONSTRAINTS:
            assert shown["limit"] == LIMITS[CONSTRAINTS[name].constant]
        assert shown["satisfied"] is True


def test_tables_of_the_run_and_of_the_trials(project: Path, result: dict[str, Any]) -> None:
    shown = run_exo("optuna-run", "--n-trials", "0", cwd=project).stdout
    for metric in METRICS.values():
        assert f"\n{metric.label} " in shown
    for name in [*CONSTRAINTS, "worst_month"]:
        assert f"\n{name} " in shown
    table = run_exo(
        *("study", "trials", "factor_weight_optimization", "--format", "csv"), cwd=project
    ).stdout
    row = next(csv.DictReader(io.StringIO(table)))
    assert {f"metric_{name}" for name in METRICS} <= row.keys()
    assert {f"constraint_{name}" for name in (*CONSTRAINTS, "worst_month")} <= row.keys()


def test_the_factor_file_and_its_verification(project: Path, result: dict[str, Any]) -> None:
    file = yaml.safe_load((project / "best.yml").read_text())
    assert list(file["out_of_sample"]["metrics"]) == list(METRICS)
    verified = json.loads(run_exo("verify", "best.yml", "--json", cwd=project).stdout)
    compared = {value["name"] for value in verified["values"]}
    assert {f"out_of_sample.metrics.{name}" for name in METRICS} <= compared


def test_a_search_by_each_and_the_library(project: Path, result: dict[str, Any]) -> None:
    opened = Project.open(project)
    best = opened.study().best
    assert best is not None
    backtest = opened.backtest(best)
    assert list(backtest.metrics.index) == list(METRICS)
    assert backtest.metrics.to_dict() == result["best"]["in_sample"]
    assert list(best.constraints.index) == [*CONSTRAINTS, "worst_month"]
    for metric in METRICS.values():
        both = [metric.name, "sharpe" if metric.name == "calmar" else "calmar"]
        pareto = Project.open(project, settings={"tuning": {"objectives": both}})
        study = pareto.tune(trials=2, jobs=1, name=metric.name)
        ways = {"higher": "maximize", "lower": "minimize"}
        assert study.record.directions[0] == ways[metric.better]


def test_the_page_is_what_the_entries_say() -> None:
    done = subprocess.run(
        [sys.executable, REPOSITORY / "scripts/reference.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
