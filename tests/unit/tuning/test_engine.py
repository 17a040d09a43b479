import os
import signal
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from mech_exo.config.settings import TuningSettings
from mech_exo.tuning.events import Event, Interrupted, TrialFinished, WorkerReplaced
from mech_exo.tuning.problem import Problem
from mech_exo.workforce.crew import Crew
from tests.unit.tuning.tuning_problems import (
    Bowl,
    Broken,
    Deadly,
    Sleeper,
    Slow,
    bowl,
    pareto,
    suggest_conditional,
    suggest_mixed,
    suggest_x,
)
from tests.unit.tuning.tuning_search import Search

Name = Literal["tpe", "cmaes", "nsga2", "qmc", "random"]
SAMPLERS: tuple[Name, ...] = ("tpe", "cmaes", "nsga2", "qmc", "random")


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_number_of_jobs_changes_nothing(sampler: Name) -> None:
    settings = TuningSettings(sampler=sampler, population=6, pruner="median")
    tables = []
    for jobs in (1, 2, 4, 8):
        search = Search(bowl(evaluator=Slow), settings)
        assert search.run(40, jobs)
        tables.append(search.trials())
    assert all(table == tables[0] for table in tables)
    assert {row[1] for row in tables[0]} >= {"COMPLETE", "FAIL"}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_parts_equal_the_whole(sampler: Name) -> None:
    settings = TuningSettings(sampler=sampler, population=6, pruner="median")
    whole, parts = Search(bowl(), settings), Search(bowl(), settings)
    with Crew(Bowl, 2) as whole.crew:
        whole.run(48)
        parts.crew = whole.crew
        for goal in (1, 7, 24, 48):
            parts.run(goal)
            assert len(parts.records) == goal
    assert parts.trials() == whole.trials()


@pytest.mark.parametrize("sampler", ["tpe", "nsga2"])
def test_several_objectives(sampler: Name) -> None:
    settings = TuningSettings(sampler=sampler, population=6, pruner="median")
    whole, parts = Search(pareto(), settings), Search(pareto(), settings)
    whole.run(40, 2)
    parts.run(17)
    parts.run(40)
    assert parts.trials() == whole.trials()
    assert "PRUNED" not in {r.state for r in whole.records}
    assert all(len(r.values) == 2 for r in whole.records if r.state == "COMPLETE")


@pytest.mark.parametrize("suggest", [suggest_mixed, suggest_conditional])
def test_other_kinds_of_parameters(suggest: object) -> None:
    problem = bowl(suggest)  # type: ignore[arg-type]
    whole, parts = Search(problem, TuningSettings()), Search(problem, TuningSettings())
    whole.run(40, 2)
    parts.run(23)
    parts.run(40)
    assert parts.trials() == whole.trials()


def test_seed_changes_the_trials() -> None:
    one, other = Search(bowl(), TuningSettings(seed=1)), Search(bowl(), TuningSettings(seed=2))
    one.run(3)
    other.run(3)
    assert all(a[2] != b[2] for a, b in zip(one.trials(), other.trials(), strict=True))


def test_pruning_depends_on_the_told_trials_only() -> None:
    search = Search(bowl(), TuningSettings(sampler="random", pruner="median"))
    search.run(60, 3)
    pruned = [r for r in search.records if r.state == "PRUNED"]
    assert pruned
    without = Search(bowl(), replace(search.settings, pruner="none"))
    without.run(60, 3)
    assert "PRUNED" not in {r.state for r in without.records}
    assert all(len(r.intermediate) < 5 or r.values[0] == r.intermediate[4] for r in pruned)


def test_events_come_in_number_order_with_the_best_so_far() -> None:
    search = Search(bowl(evaluator=Slow), TuningSettings())
    search.run(30, 4)
    finished = [e for e in search.events if isinstance(e, TrialFinished)]
    assert [e.trial.number for e in finished] == list(range(30))
    assert [e.finished for e in finished] == list(range(1, 31))
    for event in finished:
        seen = [r for r in search.records[: event.finished] if r.state == "COMPLETE"]
        feasible = [r for r in seen if r.feasible]
        assert (event.complete, event.feasible) == (len(seen), len(feasible))
        best = max(feasible, key=lambda r: (r.values[0], -r.number), default=None)
        assert event.best == best


@pytest.mark.parametrize("how", ["kill", "exit"])
def test_a_dead_worker_is_replaced_and_its_trial_evaluated_again(tmp_path: Path, how: str) -> None:
    def tune(folder: str, times: int) -> Search:
        (tmp_path / folder).mkdir()
        evaluator = partial(Deadly, tmp_path / folder, times, how)
        problem = Problem(suggest_x, evaluator)
        search = Search(problem, TuningSettings(sampler="random"))
        assert search.run(8, 2)
        return search

    calm, twice, ever = tune("calm", 0), tune("twice", 2), tune("ever", 99)
    assert twice.trials() == calm.trials()
    assert {r.state for r in twice.records} == {"COMPLETE"}
    for record in ever.records:
        x = record.params["x"]
        assert isinstance(x, float)
        assert record.state == ("FAIL" if x > 0 else "COMPLETE")
        if record.state == "FAIL":
            assert "evaluated 3 times" in record.reason
            assert ("SIGKILL" if how == "kill" else "status 1") in record.reason
    lost = [e for e in ever.events if isinstance(e, WorkerReplaced)]
    assert len(lost) == 3 * sum(r.state == "FAIL" for r in ever.records)


def test_a_bug_of_the_evaluator_keeps_its_traceback() -> None:
    search = Search(bowl(evaluator=Broken), TuningSettings())
    with pytest.raises(RuntimeError, match="ZeroDivisionError: a bug of the evaluator"):
        search.run(3)


def test_the_first_signal_finishes_what_runs(tmp_path: Path) -> None:
    problem = Problem(suggest_x, partial(Sleeper, 0.3, tmp_path))
    search = Search(problem, TuningSettings(sampler="random"))

    def interrupt(event: Event) -> None:
        if isinstance(event, TrialFinished) and event.trial.number == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    assert not search.run(1000, 2, interrupt)
    assert signal.getsignal(signal.SIGTERM) is before
    assert 2 < len(search.records) <= 2 + search.settings.window
    assert [r.number for r in search.records] == list(range(len(search.records)))
    (told,) = [e for e in search.events if isinstance(e, Interrupted)]
    assert told.signal == "SIGTERM"
    assert told.running >= 1


def test_the_second_signal_ends_at_once(tmp_path: Path) -> None:
    problem = Problem(suggest_x, partial(Sleeper, 60.0, tmp_path))
    search = Search(problem, TuningSettings(sampler="random"))

    def press_twice() -> None:
        while not any(tmp_path.iterdir()):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press_twice)
    thread.start()
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        search.run(5)
    thread.join()
    assert time.monotonic() - begun < 30  # of 60: it did not wait for the trial
    assert search.records == []
