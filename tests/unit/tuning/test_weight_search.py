"""The main job through the engine: panel, objective file, workers, study."""

import sqlite3
import threading
import time
import tracemalloc
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from mech_exo.backtest import units
from mech_exo.backtest.kernel import Kernel
from mech_exo.config import Settings
from mech_exo.config.load import load_settings
from mech_exo.data.build import load_panel
from mech_exo.data.panel import Panel
from mech_exo.errors import ExitCode, ExoError
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.objective_file import ObjectiveFile
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.system.parcel import Parcel
from mech_exo.tuning.events import Event, StudyOpened, TrialFinished
from mech_exo.tuning.records import read_study
from mech_exo.tuning.trial_table import trial_table
from mech_exo.tuning.weight_search import WeightSearch
from tests.unit.backtest.markets import random_panel
from tests.unit.tuning.tuning_runs import WeightRun, carried_out

LINES = """
MAX_DRAWDOWN_THRESHOLD = {drawdown}
VOLATILITY_THRESHOLD = 0.5
WEIGHT_LIMIT = 2.0

def suggest_factor_weights(trial):
    trial.suggest_float("weight_pe_ratio", -1.0, 1.0)
    trial.suggest_float("weight_momentum_12_1", -1.0, 1.0)
    trial.suggest_float("cash_pct", 0.0, 0.5)

def objective(result):
    return {value}
"""


@cache
def demo() -> tuple[Settings, Panel]:
    overrides = {"data.demo.symbols": 20, "data.demo.years": 4, "tuning.pruner": "median"}
    settings = load_settings(overrides=overrides, environment={})
    return settings, load_panel(settings)


def plan_of(folder: Path, value: str = "result.sharpe", drawdown: float = 0.9) -> WeightRun:
    settings, panel = demo()
    source = LINES.format(value=value, drawdown=drawdown).encode()
    path = Path("research/obj_utils.py")
    return WeightRun(
        study_file=folder / "s.db",
        settings=settings,
        objective=ObjectiveFile(path, source, "of a test", str(path)),
        panel=panel,
        n_trials=16,
    )


def table(plan: WeightRun) -> str:
    return trial_table(read_study(plan.study_file, "s"), "csv", times=False)


def test_jobs_and_parts_give_the_same_table(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    carried_out(plan)
    for jobs in (2, 4, 8):
        other = replace(plan, study_file=tmp_path / f"{jobs}.db", n_jobs=jobs)
        carried_out(other)
        assert table(other) == table(plan)
    parts = replace(plan, study_file=tmp_path / "parts.db", n_trials=8, n_jobs=2)
    carried_out(parts)
    carried_out(parts)
    assert table(parts) == table(plan)
    states = {trial.state for trial in read_study(plan.study_file, "s").trials}
    assert states >= {"COMPLETE", "PRUNED"}


def test_a_stored_trial_is_what_this_process_computes(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    best = carried_out(plan).best
    assert best is not None
    spec = ObjectiveSpec.compile(plan.objective.source, plan.objective.label)
    evaluator = Evaluator(spec, plan.panel, plan.settings)
    again = evaluator.evaluate(best.params)
    assert again.values == best.values
    assert again.constraints == best.constraints
    assert again.metrics == best.metrics


def test_what_the_workers_hold_is_not_in_this_process_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search at 3,000 stocks took twice the memory of its kernel, and 600 MB to make it."""
    monkeypatch.setattr(units, "CELLS", 2**14)  # as few of all as at 3,000 stocks
    plan = plan_of(tmp_path)
    panel = random_panel(3, sessions=1500, names=400, factors=2, every=21, delistings=40)
    panel = replace(panel, factor_names=("pe_ratio", "momentum_12_1"))
    arrays = Kernel(panel, plan.settings.backtest).arrays()
    kernel = sum(array.nbytes for array in arrays.values())
    largest = max(array.nbytes for array in arrays.values())
    del arrays
    tracemalloc.start()
    try:
        problem = WeightSearch(plan.settings, plan.objective, panel).problem()
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 0.1 * kernel
    assert most < kernel + 1.2 * largest
    assert isinstance(problem.evaluator, Parcel)
    there = problem.evaluator.unpacked()().base.arrays()
    assert sum(array.nbytes for array in there.values()) == kernel


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("float('nan')", "nan"),
        ("float('inf')", "inf"),
        ("1 / 0", "ZeroDivisionError"),
        ("[][int(result.sharpe * 0)]", "IndexError"),
    ],
)
def test_an_objective_without_a_value_fails_with_its_reason(
    tmp_path: Path, value: str, reason: str
) -> None:
    outcome = carried_out(replace(plan_of(tmp_path, value), n_trials=3))
    assert {trial.state for trial in outcome.study.trials} == {"FAIL"}
    assert all(reason in trial.reason for trial in outcome.study.trials)
    assert outcome.best is None


def test_no_feasible_trial_is_no_best_but_a_least_violating(tmp_path: Path) -> None:
    outcome = carried_out(plan_of(tmp_path, drawdown=0.0001))
    assert outcome.best is None
    least = outcome.study.least_violating()
    assert least is not None
    assert least.violation > 0


def test_another_objective_file_is_another_fingerprint(tmp_path: Path) -> None:
    carried_out(replace(plan_of(tmp_path), n_trials=2))
    with pytest.raises(ExoError, match="objective file") as caught:
        carried_out(plan_of(tmp_path, "result.calmar"))
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    with pytest.raises(ExoError, match=r"thresholds\.max_drawdown: 0\.9 → 0\.5"):
        carried_out(plan_of(tmp_path, drawdown=0.5))


def test_a_mistake_in_the_file_makes_no_study(tmp_path: Path) -> None:
    plan = plan_of(tmp_path / "new", "result.sharp")
    with pytest.raises(ExoError, match="obj_utils"):
        carried_out(plan)
    assert not plan.study_file.parent.exists()


def test_several_objectives_make_a_front(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    settings = load_settings(
        overrides={
            "data.demo.symbols": 20,
            "data.demo.years": 4,
            "tuning.objectives": ["sharpe", "max_drawdown"],
            "tuning.sampler": "nsga2",
            "tuning.population": 6,
        },
        environment={},
    )
    events: list[Event] = []
    outcome = carried_out(replace(plan, settings=settings), events.append)
    assert outcome.study.directions == ("maximize", "minimize")
    assert outcome.study.objective_names == ("sharpe", "max_drawdown")
    assert outcome.best is None
    assert outcome.study.front()
    assert isinstance(events[0], StudyOpened)
    assert events[0].pruner == "none"
    assert {t.state for t in outcome.study.trials} == {"COMPLETE"}


def test_another_program_that_locks_the_file_only_delays(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    free = replace(plan, study_file=tmp_path / "free.db")
    carried_out(free)
    blockers: list[threading.Thread] = []
    blocked = threading.Event()

    def hold() -> None:
        connection = sqlite3.connect(plan.study_file, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        blocked.set()
        time.sleep(2.0)
        connection.execute("COMMIT")
        connection.close()

    def block(event: Event) -> None:
        if isinstance(event, TrialFinished) and not blockers:
            blockers.append(threading.Thread(target=hold))
            blockers[0].start()
            assert blocked.wait(30)

    begun = time.monotonic()
    carried_out(plan, block)
    blockers[0].join()
    assert time.monotonic() - begun >= 2.0
    assert table(plan) == table(free)
