"""`exo optuna-run` and `exo optuna-init` on a small demo market."""

import json
import re
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.factor_file.read import read_factor_file
from tests.cli.conftest import Exo, Run, environment, lay_out, one_error, run_exo
from tests.cli.file_project import file_project

FACTORS = 9


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A project after one run of six trials."""
    project = lay_out(tmp_path_factory.mktemp("run") / "project")
    return project, run_exo("optuna-run", "--n-trials", "6", cwd=project)


def lenient(project: Path) -> None:
    """Thresholds that every trial keeps."""
    path = project / "research/obj_utils.py"
    text = path.read_text()
    path.write_text(re.sub(r"(_THRESHOLD) = [0-9.]+", r"\1 = 0.99", text))


def strict(project: Path) -> None:
    """A threshold that no trial keeps."""
    path = project / "research/obj_utils.py"
    text = path.read_text()
    path.write_text(text.replace("MAX_DRAWDOWN_THRESHOLD = 0.12", "MAX_DRAWDOWN_THRESHOLD = 0.0"))


def test_says_what_it_uses(finished: tuple[Path, Run]) -> None:
    _, run = finished
    assert run.returncode == 0, run.stderr
    lines = run.stderr.splitlines()
    assert "settings   config/settings.yml (nearest config/settings.yml)" in lines
    assert any(line.startswith("objective  research/obj_utils.py (") for line in lines)
    assert any(line.startswith("data       demo") for line in lines)
    assert any(line.startswith("warning: ") and "DEMO" in line for line in lines)
    assert any(line.startswith("trials     6/6 ") for line in lines)


def test_ends_with_a_table(finished: tuple[Path, Run]) -> None:
    _, run = finished
    for word in ("Sharpe ratio", "universe", "out of sample", "momentum_12_1", "cash_pct"):
        assert word in run.stdout
    assert re.search(r"^max_drawdown .* satisfied$", run.stdout, re.MULTILINE)


def test_exports_the_best_trial_with_its_own_numbers(finished: tuple[Path, Run]) -> None:
    project, run = finished
    path = f"factors/factors_opt_{date.today():%Y-%m-%d}.yml"
    assert f"exported   {path}" in run.stdout
    file = read_factor_file(project / path)
    assert len(file.weights) == FACTORS
    assert file.hash_matches
    number = file.metadata["best_trial_number"]
    trial = trials(project)[number]
    assert {f"weight_{n}": w for n, w in file.weights.items()} | file.hyperparameters == {
        name.removeprefix("param_"): value
        for name, value in trial.items()
        if name.startswith("param_")
    }
    figures = {
        "best_sharpe_ratio": "sharpe",
        "max_drawdown": "max_drawdown",
        "total_return": "total_return",
        "volatility": "volatility",
    }
    for field, metric in figures.items():
        assert file.metadata[field] == trial[f"metric_{metric}"]
    assert file.metadata["total_trials"] == 6
    assert file.out_of_sample is not None
    assert set(file.out_of_sample["metrics"]) >= set(figures.values())
    assert file.out_of_sample["looks"] == 1


def trials(project: Path, name: str = "factor_weight_optimization") -> list[dict[str, Any]]:
    run = run_exo("study", "trials", name, "--format", "json", cwd=project)
    loaded: list[dict[str, Any]] = json.loads(run.stdout)
    return loaded


def test_a_second_export_of_the_day_keeps_the_first(exo: Exo, project: Path) -> None:
    lenient(project)
    for _ in range(2):
        assert exo("optuna-run", "--n-trials", "2", cwd=project).returncode == 0
    day = f"factors_opt_{date.today():%Y-%m-%d}"
    names = sorted(path.name for path in (project / "factors").glob("*.yml"))
    assert names == [f"{day}.yml", f"{day}_2.yml"]
    assert len(trials(project)) == 4


def test_json_is_all_that_stands_on_stdout(exo: Exo, project: Path) -> None:
    lenient(project)
    run = exo("optuna-run", "--n-trials", "3", "--json", cwd=project)
    assert run.stdout.count("\n") == 1
    result = json.loads(run.stdout)
    assert (result["status"], result["exit_code"]) == ("done", 0)
    best = result["best"]
    file = read_factor_file(project / result["files"]["exported"])
    assert best["number"] == file.metadata["best_trial_number"]
    assert best["weights"] == file.weights
    assert best["hyperparameters"] == file.hyperparameters
    assert best["in_sample"]["sharpe"] == file.metadata["best_sharpe_ratio"]
    assert best["values"] == [max(t["value"] for t in trials(project) if t["state"] == "COMPLETE")]
    assert set(result["universe"]["out_of_sample"]) >= {"sharpe", "max_drawdown"}
    occupancy = result["best"]["occupancy"]
    assert set(occupancy) == {"positions", "executions", "above", "tied", "empty"}
    assert occupancy["executions"] > 0
    assert result["universe"]["occupancy"] is None
    assert result["incumbent"] is None
    assert result["study"]["current_trials"] == 3


def test_quiet_prints_the_path_alone(exo: Exo, project: Path) -> None:
    lenient(project)
    run = exo("optuna-run", "--n-trials", "2", "-q", "--export-yaml", "x/best.yml", cwd=project)
    assert run.stdout == "x/best.yml\n"
    assert [line for line in run.stderr.splitlines() if not line.startswith("warning: ")] == []
    assert (project / "x/best.yml").is_file()


def test_number_of_jobs_does_not_change_a_trial(exo: Exo, project: Path) -> None:
    tables = []
    for jobs in ("1", "3"):
        assert exo(
            "optuna-run", "--n-trials", "8", "--n-jobs", jobs, "--study-name", jobs, cwd=project
        ).returncode in (0, 3)
        run = exo("study", "trials", jobs, "--format", "csv", "--no-times", cwd=project)
        tables.append(run.stdout)
    assert tables[0] == tables[1]
    assert tables[0].count("\n") == 9


def test_target_trials_completes_and_does_not_overshoot(exo: Exo, project: Path) -> None:
    lenient(project)
    for _ in range(2):
        assert exo("optuna-run", "--target-trials", "4", cwd=project).returncode == 0
    assert len(trials(project)) == 4
    run = exo("optuna-run", "--target-trials", "4", "--n-trials", "2", cwd=project)
    assert "--n-trials" in one_error(run)


def test_no_feasible_trial(exo: Exo, project: Path) -> None:
    strict(project)
    run = exo("optuna-run", "--n-trials", "4", "--stage", cwd=project)
    assert run.returncode == 3
    assert "no feasible trial" in run.stderr
    assert "VIOLATED" in run.stdout
    assert list((project / "factors").glob("*.yml")) == []
    assert not (project / "config/staging/factors_optuna_latest.yml").exists()

    named = ("--export-yaml", "least.yml")
    run = exo("optuna-run", "--n-trials", "0", *named, "--json", cwd=project)
    assert run.returncode == 3
    metadata = read_factor_file(project / "least.yml").metadata
    assert metadata["constraints_satisfied"] is False
    assert metadata["constraint_violations"] >= 1
    drawdowns = [t["constraint_max_drawdown"] for t in trials(project) if t["state"] == "COMPLETE"]
    assert metadata["max_drawdown"] == min(drawdowns)
    assert json.loads(run.stdout)["status"] == "no feasible trial"


def test_the_current_factors_stand_beside_the_best_and_are_trial_0(exo: Exo, project: Path) -> None:
    lenient(project)
    (project / "config/factors.yml").write_text(
        "metadata: {created_at: '2017-12-31'}\n"  # before the holdout
        "factors:\n  technical:\n    rsi_14: {weight: 0.25}\n    unheard_of: {weight: 1.0}\n"
        "hyperparameters: {cash_pct: 0.2, stop_loss_pct: 0.1, position_size_pct: 0.1}\n"
    )
    inner = project / "research"
    result = json.loads(exo("optuna-run", "--n-trials", "3", "--json", cwd=inner).stdout)
    assert result["incumbent"]["weights"]["rsi_14"] == 0.25
    first = trials(inner)[0]
    assert first["param_weight_rsi_14"] == 0.25
    assert first["param_cash_pct"] == 0.2


def test_staging_prints_what_comes_next(exo: Exo, project: Path) -> None:
    lenient(project)
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    run = exo("optuna-run", "--n-trials", "2", "--stage", cwd=project)
    assert run.returncode == 0, run.stderr
    staged = re.search(r"cat (config/staging/factors_optuna_\d{8}_\d{6}\.yml)", run.stdout)
    assert staged
    latest = project / "config/staging/factors_optuna_latest.yml"
    assert (project / staged[1]).read_bytes() == latest.read_bytes()
    assert "added to git's index" in run.stdout
    assert run.stdout.splitlines()[-1] == "promote    exo factors promote"


def test_pareto_study_prints_its_front_and_exports_by_number(exo: Exo, project: Path) -> None:
    lenient(project)
    common = ("--sampler", "nsga2", "--objectives", "sharpe,max_drawdown", "--json")
    run = exo("optuna-run", "--n-trials", "6", *common, cwd=project)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["best"] is None
    assert result["files"]["exported"] is None
    number = result["front"][0]["number"]
    run = exo("optuna-run", "--n-trials", "0", "--trial", str(number), *common, cwd=project)
    exported = read_factor_file(project / json.loads(run.stdout)["files"]["exported"])
    assert exported.metadata["best_trial_number"] == number


def test_a_trial_that_is_not_there(exo: Exo, project: Path) -> None:
    run = exo("optuna-run", "--n-trials", "1", "--trial", "99", cwd=project)
    assert "--trial 99: study" in one_error(run)


def test_init_makes_a_study_that_a_run_goes_on_with(exo: Exo, project: Path) -> None:
    lenient(project)
    run = exo("optuna-init", "--study-name", "mine", cwd=project)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("created mine in studies/factor_opt.db")
    assert trials(project, "mine") == []
    again = exo("optuna-init", "--study-name", "mine", cwd=project)
    assert "has a study 'mine' already" in one_error(again)
    run = exo("optuna-run", "--n-trials", "2", "--study-name", "mine", cwd=project)
    assert run.returncode == 0, run.stderr
    assert len(trials(project, "mine")) == 2


def test_another_seed_is_another_study(exo: Exo, project: Path) -> None:
    exo("optuna-run", "--n-trials", "2", cwd=project)
    run = exo("optuna-run", "--n-trials", "2", "--seed", "7", cwd=project)
    assert run.returncode == 2
    assert re.search(r"tuning\.seed.*42.*7", run.stderr)
    assert "Traceback" not in run.stderr
    assert len(trials(project)) == 2
    run = exo("optuna-run", "--n-trials", "2", "--seed", "7", "--accept-changes", cwd=project)
    assert run.returncode in (0, 3)
    assert [t["epoch"] for t in trials(project)] == [0, 0, 1, 1]


def test_dry_run_prints_the_messages_and_sends_none(exo: Exo, project: Path) -> None:
    env = {"TELEGRAM_DRY_RUN": "true", "TELEGRAM_BOT_TOKEN": "1:SECRET"}
    arguments = ("--n-trials", "5", "--notify-progress", "--progress-interval", "2")
    run = exo("optuna-run", *arguments, cwd=project, env=env)
    sent = [line for line in run.stderr.splitlines() if line.startswith("telegram (dry run): ")]
    assert [re.search(r"\d/5 trials", line) is not None for line in sent] == [
        False,
        True,
        True,
        False,
    ]
    assert "SECRET" not in run.stderr + run.stdout


def test_without_a_token_one_warning_and_the_run_goes_on(exo: Exo, project: Path) -> None:
    run = exo("optuna-run", "--n-trials", "2", "--notify-progress", cwd=project)
    assert run.returncode in (0, 3)
    warnings = [line for line in run.stderr.splitlines() if "TELEGRAM_BOT_TOKEN" in line]
    assert len(warnings) == 1
    assert len(trials(project)) == 2


def test_interrupt_keeps_what_is_finished_and_says_how_to_go_on(project: Path) -> None:
    lenient(project)
    command = [sys.executable, "-m", "mech_exo.cli", "optuna-run", "--n-trials", "3000"]
    with subprocess.Popen(
        [*command, "--export-yaml", "best.yml"],
        cwd=project,
        env=environment(),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any(line.startswith("trials ") for line in lines)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert "--target-trials" in err
    assert len(trials(project)) > 0
    assert read_factor_file(project / "best.yml").metadata["total_trials"] == len(trials(project))


def test_a_reader_of_the_log_that_leaves_does_not_stop_the_run(project: Path) -> None:
    lenient(project)
    command = f"'{sys.executable}' -m mech_exo.cli optuna-run --n-trials 5 2>&1 | head -n 1"
    run = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout.count("\n")) == (0, 1)
    assert len(trials(project)) == 5
    assert len(list((project / "factors").glob("*.yml"))) == 1


def test_all_trials_failed_and_no_trial_yet(exo: Exo, project: Path) -> None:
    path = project / "research/obj_utils.py"
    path.write_text(path.read_text() + "\ndef objective(result):\n    assert False, 'never'\n")
    run = exo("optuna-run", "--n-trials", "0", cwd=project)
    assert (run.returncode, "warning: no trials yet." in run.stderr) == (3, True)
    run = exo("optuna-run", "--n-trials", "3", cwd=project)
    assert run.returncode == 3
    assert "warning: all 3 trials failed: AssertionError at " in run.stderr
    assert "never satisfied" not in run.stderr


@pytest.mark.parametrize("name", ["rsi_15", "unheard_of"])
def test_unknown_current_factors_are_named_and_not_shown_as_cash(
    exo: Exo, project: Path, name: str
) -> None:
    lenient(project)
    (project / "config/factors.yml").write_text(
        f"factors:\n  technical:\n    {name}: {{weight: 1.0}}\n"
        "hyperparameters: {cash_pct: 0.2, stop_loss_pct: 0.1, position_size_pct: 0.1}\n"
    )
    run = exo("optuna-run", "--n-trials", "3", "--json", cwd=project)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["incumbent"] is None
    assert f"no factor {name!r}" in run.stderr
    assert ("did you mean 'rsi_14'?" in run.stderr) == (name == "rsi_15")


def test_says_when_ties_and_blocked_sales_decide(exo: Exo, tmp_path: Path) -> None:
    project = file_project(tmp_path / "project")
    (project / "config/settings.yml").write_text(
        "data: {source: files, prices: ../prices.csv}\n"
        "hyperparameters: {cash_pct: 0.05, stop_loss_pct: 0.5, position_size_pct: 0.32}\n"
        "backtest: {rebalance_days: 5}\n"
    )
    (project / "research/obj_utils.py").write_text(
        "MAX_DRAWDOWN_THRESHOLD = 0.99\nVOLATILITY_THRESHOLD = 0.99\nWEIGHT_LIMIT = 1.0\n"
        "def suggest_factor_weights(trial):\n"
        "    trial.suggest_float('weight_momentum_12_1', 0.5, 1.0)\n"
    )
    head, *rows = [line.split(",") for line in (project / "prices.csv").read_text().splitlines()]
    rng = np.random.default_rng(3)
    for row in rows:  # five pairs of twins, of which one day in five has no price
        for n in range(1, 11, 2):
            row[n + 1] = row[n] = row[n] if rng.random() < 0.8 else ""
    (project / "prices.csv").write_text("\n".join(map(",".join, [head, *rows])) + "\n")
    run = exo("optuna-run", "--n-trials", "2", "--json", cwd=project)
    assert run.returncode == 0, run.stderr
    occupancy = json.loads(run.stdout)["best"]["occupancy"]
    executions = occupancy["executions"]
    assert occupancy["positions"] == 3
    assert occupancy["tied"] > 0.9 * executions  # the third is one of two twins
    assert occupancy["above"] > 0.02 * executions
    again = exo("optuna-run", "--n-trials", "0", cwd=project)
    assert f"note: names tied for the last of 3 places at {occupancy['tied']} of" in again.stdout
    assert f"note: more than 3 names were held after {occupancy['above']} of" in again.stdout


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_study_file_that_is_removed_ends_the_run_with_an_error_and_a_copy(
    exo: Exo, project: Path, jobs: str
) -> None:
    objective = project / "research/obj_utils.py"
    objective.write_text(
        objective.read_text() + "\nimport os\nfrom pathlib import Path\ndef objective(result):\n"
        "    study = Path('studies/factor_opt.db')\n"
        "    if study.exists():\n"
        "        Path(f'studies/seen{result.sharpe}').touch()\n"
        "        gone = Path('studies/gone')\n"
        "        if len(list(Path('studies').glob('seen*'))) >= 9 and not gone.exists():\n"
        "            gone.touch()\n"
        "            study.unlink()\n"
        "    return result.sharpe\n"
    )
    (project / "studies").mkdir(exist_ok=True)
    run = exo("optuna-run", "--n-trials", "40", "--n-jobs", jobs, cwd=project)
    assert "was removed while it was being written" in one_error(run)
    assert not (project / "studies/factor_opt.db").exists()
    assert list((project / "factors").glob("*.yml")) == []
    saved = project / "studies/factor_opt.recovered.db"
    shown = json.loads(exo("study", "show", "--study-file", saved, "--json", cwd=project).stdout)
    assert 5 <= sum(shown["states"].values()) < 40
    saved.rename(project / "studies/factor_opt.db")
    again = exo("optuna-run", "--target-trials", "40", "--n-jobs", jobs, cwd=project)
    assert again.returncode in (0, 3), again.stderr


def test_an_empty_study_file_is_filled_as_if_there_were_none(exo: Exo, project: Path) -> None:
    lenient(project)
    (project / "studies/factor_opt.db").touch()
    run = exo("optuna-run", "--n-trials", "2", "--json", cwd=project)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["study"]["trials"] == 2
