import os
import signal
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mech_exo.config import Settings
from mech_exo.errors import ExitCode, ExoError
from mech_exo.tuning.events import Event, StudyOpened, TrialFinished
from mech_exo.tuning.plan import WarmStart
from mech_exo.tuning.records import read_study
from mech_exo.tuning.trial_table import trial_table
from tests.unit.tuning.tuning_problems import Slow, bowl, suggest_floats
from tests.unit.tuning.tuning_runs import Run, carried_out


def components(space: Mapping[str, str], seed: int = 42) -> Mapping[str, str]:
    return {"tuning.seed": str(seed), **space}


@pytest.fixture
def job(tmp_path: Path) -> Run:
    return Run(bowl(), components, "s", tmp_path / "a" / "s.db", Settings(), n_trials=12)


def table(job: Run) -> str:
    return trial_table(read_study(job.study_file, job.study_name), "csv", times=False)


def tuned(job: Run, **changes: Any) -> Run:
    tuning = replace(job.settings.tuning, **changes)
    return replace(job, settings=replace(job.settings, tuning=tuning))


def test_n_trials_adds_and_target_trials_completes(job: Run, tmp_path: Path) -> None:
    assert carried_out(job).added == 12
    assert carried_out(replace(job, n_trials=None, target_trials=20, n_jobs=2)).added == 8
    outcome = carried_out(replace(job, n_trials=None, target_trials=20))
    assert (outcome.added, outcome.interrupted, len(outcome.study.trials)) == (0, False, 20)
    whole = replace(job, study_file=tmp_path / "whole.db", n_trials=20)
    carried_out(whole)
    assert table(job) == table(whole)


def test_the_outcome_is_the_study_in_the_file(job: Run) -> None:
    events: list[Event] = []
    outcome = carried_out(job, events.append)
    assert outcome.study == read_study(job.study_file, "s")
    last = events[-1]
    assert isinstance(last, TrialFinished)
    assert last.best is not None
    assert outcome.best is not None
    assert (last.best.number, last.best.values) == (outcome.best.number, outcome.best.values)


def test_more_jobs_than_the_window_are_said(job: Run) -> None:
    events: list[Event] = []
    outcome = carried_out(replace(tuned(job, window=2), n_jobs=5, n_trials=3), events.append)
    opened = events[0]
    assert isinstance(opened, StudyOpened)
    assert (opened.jobs, opened.window, opened.created) == (2, 2, True)
    assert any("5 jobs wanted, 2 used" in note for note in outcome.notes)


def test_another_fingerprint_is_refused_then_accepted(job: Run) -> None:
    carried_out(job)
    other = replace(tuned(job, seed=7), components=partial(components, seed=7))
    with pytest.raises(ExoError, match=r"tuning\.seed: 42 → 7") as caught:
        carried_out(other)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    study = carried_out(replace(other, accept_changes=True)).study
    assert [t.epoch for t in study.trials] == [0] * 12 + [1] * 12
    assert [t.number for t in study.trials] == list(range(24))
    # the new epoch is the study that its fingerprint makes from scratch
    fresh = replace(other, study_file=job.study_file.with_name("fresh.db"))
    again = carried_out(fresh).study
    assert [t.params for t in study.current] == [t.params for t in again.current]


def test_warm_start_is_clipped_said_and_kept(job: Run) -> None:
    vector = {"x0": 7.0, "x1": 0.5, "x2": 0.5, "x3": 0.5, "nowhere": 1.0}
    starts = (WarmStart("config/factors.yml", vector), WarmStart("nothing", {"nowhere": 1.0}))
    outcome = carried_out(replace(job, warm_start=starts))
    first = outcome.study.trials[0].params
    assert (first["x0"], first["x1"]) == (1.0, 0.5)
    assert any(
        note.startswith("trial 0 is config/factors.yml") and "x0 7.0 → 1.0" in note and "x4" in note
        for note in outcome.notes
    )
    assert any("nothing" in note and "left out" in note for note in outcome.notes)
    resumed = carried_out(replace(job, warm_start=(WarmStart("other", {"x0": 0.0}),)))
    assert resumed.added == 12  # another vector neither refuses nor changes the study
    assert len(resumed.study.epochs) == 1


def test_warm_start_can_be_left_out(job: Run) -> None:
    starts = (WarmStart("config/factors.yml", {"x0": 0.25}),)
    outcome = carried_out(replace(tuned(job, warm_start=False), warm_start=starts, n_trials=1))
    assert outcome.study.trials[0].params["x0"] != 0.25


def test_a_study_that_would_not_be_asked_again_is_refused(job: Run) -> None:
    carried_out(job)
    drifted = tuned(job, seed=7)  # as if a library drew other numbers: the fingerprint is the same
    with pytest.raises(ExoError, match=r"trial 8 has x0 = .* asked again it would be") as caught:
        carried_out(drifted)
    assert caught.value.exit_code == ExitCode.NOT_THE_FILES
    outcome = carried_out(replace(drifted, accept_changes=True))
    assert len(outcome.study.epochs) == 2
    assert len(outcome.study.current) == 12


def test_a_mistake_in_the_suggest_function_costs_nothing(job: Run) -> None:
    def mistaken(trial: Any) -> None:
        raise ExoError("research/obj_utils.py line 3: no such factor")

    with pytest.raises(ExoError, match="line 3"):
        carried_out(replace(job, problem=bowl(mistaken)))
    assert not job.study_file.parent.exists()


def test_what_was_finished_is_stored_when_the_run_fails(job: Run) -> None:
    calls: list[int] = []

    def later_mistaken(trial: Any) -> None:
        calls.append(1)
        if len(calls) > 9:
            raise ExoError("it broke")
        suggest_floats(trial)

    with pytest.raises(ExoError, match="it broke"):
        carried_out(replace(job, problem=bowl(later_mistaken)))
    study = read_study(job.study_file, "s")
    assert 1 <= len(study.trials) <= 8
    carried_out(replace(job, n_trials=None, target_trials=12))
    whole = replace(job, study_file=job.study_file.with_name("whole.db"))
    carried_out(whole)
    assert table(job) == table(whole)


def test_the_locked_study_is_refused(job: Run) -> None:
    def run_inside(event: Event) -> None:
        if isinstance(event, StudyOpened):
            with pytest.raises(ExoError, match="is being run by") as caught:
                carried_out(job)
            assert caught.value.exit_code == ExitCode.LOCKED

    assert carried_out(job, run_inside).added == 12


def test_interrupted_runs_go_on(job: Run, tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, TrialFinished) and event.trial.number == 3:
            os.kill(os.getpid(), signal.SIGINT)

    slow = replace(job, problem=bowl(evaluator=Slow), n_jobs=2, n_trials=None, target_trials=60)
    outcome = carried_out(slow, interrupt)
    assert outcome.interrupted
    assert 4 <= outcome.added < 60
    assert not carried_out(slow).interrupted
    whole = replace(job, study_file=tmp_path / "whole.db", n_trials=60)
    carried_out(whole)
    assert table(job) == table(whole)
