"""How a search ends before its number of trials: by patience, and by time."""

import os
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mech_exo.config import Settings
from mech_exo.errors import ExoError
from mech_exo.tuning.events import EndedEarly, Event, StudyOpened, TrialFinished
from mech_exo.tuning.records import read_study
from mech_exo.tuning.request import Duration, SearchRequest, seconds_of
from mech_exo.tuning.stopping import StoppingRule, rule_of
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from mech_exo.tuning.tally import Tally
from mech_exo.tuning.trial_table import trial_table
from tests.unit.tuning.tuning_problems import Slow, bowl
from tests.unit.tuning.tuning_runs import Run, carried_out

PATIENCE = 12


def components(space: Any) -> Any:
    return dict(space)


def patient(folder: Path, patience: int | None = PATIENCE, **changes: Any) -> Run:
    tuning = replace(Settings().tuning, patience=patience)
    settings = replace(Settings(), tuning=tuning)
    run = Run(bowl(), components, "s", folder / "s.db", settings)
    return replace(run, **changes)


def table(run: Run) -> str:
    return trial_table(read_study(run.study_file, "s"), "csv", times=False)


def last_improvement(study: StudyRecord) -> int:
    """Number of the last trial that was better than all feasible ones before it."""
    best, number = float("-inf"), -1
    for trial in study.trials:
        if trial.state == "COMPLETE" and trial.feasible and trial.values[0] > best:
            best, number = trial.values[0], trial.number
    return number


def test_a_search_ends_when_the_last_trials_brought_nothing_better(tmp_path: Path) -> None:
    events: list[Event] = []
    outcome = carried_out(patient(tmp_path), events.append)
    assert outcome.ended == "patience"
    assert not outcome.interrupted
    assert len(outcome.study.trials) == last_improvement(outcome.study) + 1 + PATIENCE
    opened = events[0]
    assert isinstance(opened, StudyOpened)
    assert (opened.goal, opened.patience) == (None, PATIENCE)
    words = [event.words for event in events if isinstance(event, EndedEarly)]
    assert words == ["no better feasible trial in the last 12: the search ends here"]


@pytest.mark.parametrize("jobs", [2, 3, 4])
def test_it_ends_at_the_same_trial_whatever_the_jobs(tmp_path: Path, jobs: int) -> None:
    alone = patient(tmp_path)
    carried_out(alone)
    together = replace(alone, study_file=tmp_path / "jobs.db", n_jobs=jobs)
    carried_out(together)
    assert table(together) == table(alone)


def test_it_ends_at_the_same_trial_after_an_interruption(tmp_path: Path) -> None:
    alone = patient(tmp_path)
    carried_out(alone)

    def interrupt(event: Event) -> None:
        if isinstance(event, TrialFinished) and event.trial.number == 5:
            os.kill(os.getpid(), signal.SIGINT)

    problem = bowl(evaluator=Slow)
    parts = replace(alone, problem=problem, study_file=tmp_path / "parts.db", n_jobs=2)
    assert carried_out(parts, interrupt).ended == "signal"
    assert carried_out(parts).ended == "patience"
    assert table(parts) == table(alone)


def test_the_same_run_again_adds_nothing_and_more_patience_goes_on(tmp_path: Path) -> None:
    run = patient(tmp_path)
    first = carried_out(run)
    again = carried_out(run)
    assert (again.ended, again.added) == ("patience", 0)
    more = carried_out(patient(tmp_path, PATIENCE + 5))
    assert more.ended == "patience"
    assert more.added >= 5
    assert more.study.trials[: len(first.study.trials)] == first.study.trials


def test_a_number_of_trials_comes_first(tmp_path: Path) -> None:
    outcome = carried_out(patient(tmp_path, 1000, n_trials=7))
    assert (outcome.ended, outcome.added) == ("goal", 7)


def test_the_rule_is_kept_with_the_study_and_goes_with_it(tmp_path: Path) -> None:
    carried_out(patient(tmp_path, n_trials=200))
    assert rule_of(read_study(tmp_path / "s.db", "s")) == StoppingRule(PATIENCE, 200)
    carried_out(patient(tmp_path, None, n_trials=2))
    assert rule_of(read_study(tmp_path / "s.db", "s")) is None


@pytest.mark.parametrize(
    "noted",
    [{"0": {"patience": "many", "goal": 3}}, {"0": {"patience": 0, "goal": 3}}, {"0": 4}, 4],
)
def test_a_rule_that_was_edited_is_said(noted: Any) -> None:
    from tests.unit.tuning.test_tally import EPOCH

    study = StudyRecord("s", ("maximize",), epochs=(EPOCH,), attributes={"stopping": noted})
    with pytest.raises(ExoError, match="attribute 'stopping' is no rule"):
        rule_of(study)


def test_entering_the_front_is_better(tmp_path: Path) -> None:
    tally = Tally(("maximize", "minimize"))
    for number, values in enumerate([(1.0, 1.0), (0.5, 2.0), (2.0, 3.0), (1.0, 1.0)]):
        tally.add(TrialRecord(number, "COMPLETE", values=values))
        assert tally.stalled == [0, 1, 0, 0][number]  # an equal one is on the front as well
    tally.add(TrialRecord(4, "FAIL", reason="x"))
    assert tally.exhausts(1)
    assert not tally.exhausts(2)
    assert not tally.exhausts(None)


def test_no_feasible_trial_exhausts_the_patience_too() -> None:
    tally = Tally(("maximize",))
    for number in range(3):
        tally.add(TrialRecord(number, "COMPLETE", values=(9.0,), constraints=(0.1,)))
    assert tally.exhausts(3)


def test_the_time_ends_a_search_with_all_that_was_asked(tmp_path: Path) -> None:
    slow = patient(tmp_path, None, problem=bowl(evaluator=Slow), timeout=0.5, n_jobs=2)
    events: list[Event] = []
    outcome = carried_out(slow, events.append)
    assert outcome.ended == "timeout"
    assert outcome.added >= 1
    assert any(isinstance(event, EndedEarly) for event in events)
    count = len(outcome.study.trials)
    whole = patient(tmp_path, None, study_file=tmp_path / "whole.db", n_trials=count)
    carried_out(whole)
    assert table(slow) == table(whole)


def test_a_goal_that_is_reached_in_time_is_the_goal(tmp_path: Path) -> None:
    outcome = carried_out(patient(tmp_path, None, timeout="1h", n_trials=3))
    assert (outcome.ended, outcome.added) == ("goal", 3)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        ("90s", 90.0),
        ("30m", 1800.0),
        ("1h30m", 5400.0),
        (" 2H ", 7200.0),
        ("1.5d", 129_600.0),
        (45, 45.0),
        (timedelta(minutes=2), 120.0),
    ],
)
def test_durations(duration: Duration, seconds: float) -> None:
    assert seconds_of(duration) == seconds


@pytest.mark.parametrize(
    "duration",
    ["30", "", "m", "30 m", "1h-2m", "0s", "-5m", "٣m", 0, -1.0, float("nan"), "9" * 400 + "d"],
)
def test_what_is_no_duration_is_said(duration: Duration) -> None:
    with pytest.raises(ExoError, match="--timeout is"):
        seconds_of(duration)


def test_without_any_end_fifty_trials_are_added() -> None:
    request = SearchRequest(study_name="s", study_file=Path("s.db"))
    assert request.goal(7, None) == 57
    assert request.goal(7, 20) is None
    assert replace(request, timeout="1m").goal(7, None) is None
    assert replace(request, timeout="1m", n_trials=3).goal(7, 20) == 10
    assert replace(request, target_trials=5).goal(7, None) == 7
