from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from mech_exo.tuning.study_record import NO_EPOCH, Epoch, State, StudyRecord, TrialRecord
from tests.unit.tuning.stored_studies import NOON, complete, failed, pruned


def study(*trials: TrialRecord, epochs: int = 1, **fields: object) -> StudyRecord:
    made = tuple(Epoch(i, f"f{i}", {}, 0, NOON) for i in range(epochs))
    return StudyRecord(
        name="s",
        directions=("maximize",),
        version=1,
        epochs=made,
        trials=trials,
        **fields,  # type: ignore[arg-type]
    )


def test_best_is_feasible_complete_and_of_the_current_epoch() -> None:
    s = study(
        complete(0, 9.0, epoch=0),
        complete(1, 8.0, excess=0.01, epoch=1),
        pruned(2, 7.0, epoch=1),
        failed(3, epoch=1),
        complete(4, 1.0, epoch=1),
        complete(5, 2.0, epoch=1),
        epochs=2,
    )
    best = s.best()
    assert best is not None
    assert best.number == 5


def test_ties_go_to_the_lowest_number() -> None:
    best = study(complete(0, 1.0), complete(1, 2.0), complete(2, 2.0)).best()
    assert best is not None
    assert best.number == 1


def test_the_least_is_best_where_the_value_is_minimised() -> None:
    s = replace(study(complete(0, 1.0), complete(1, -2.0)), directions=("minimize",))
    best = s.best()
    assert best is not None
    assert best.number == 1


def test_a_constraint_of_zero_is_satisfied_and_a_nan_is_not() -> None:
    assert complete(0, 1.0, excess=0.0).feasible
    assert not complete(0, 1.0, excess=float("nan")).feasible
    assert complete(0, 1.0, excess=float("nan")).violation == float("inf")
    assert not failed(0).feasible


def test_no_feasible_trial_has_no_best_but_a_least_violating_one() -> None:
    s = study(complete(0, 3.0, excess=0.3), complete(1, 1.0, excess=0.1), failed(2))
    assert s.best() is None
    least = s.least_violating()
    assert least is not None
    assert least.number == 1


def test_no_trial_no_best() -> None:
    assert study().best() is None
    assert study().least_violating() is None
    assert study(epochs=0).current == ()


def test_front_keeps_what_no_other_dominates() -> None:
    def point(number: int, sharpe: float, drawdown: float, excess: float = -1.0) -> TrialRecord:
        return replace(complete(number, 0.0, excess=excess), values=(sharpe, drawdown))

    s = replace(
        study(
            point(0, 1.0, 0.2),
            point(1, 2.0, 0.3),
            point(2, 1.5, 0.35),  # dominated by 1
            point(3, 1.0, 0.2),  # equal to 0: neither dominates
            point(4, 9.0, 0.0, excess=0.1),  # not feasible
            point(5, 0.5, 0.1),
        ),
        directions=("maximize", "minimize"),
    )
    assert [t.number for t in s.front()] == [0, 1, 3, 5]
    assert s.best() is None


def test_foreign_trials_are_told_apart_since_the_epoch_began() -> None:
    s = study(complete(0, 1.0), replace(complete(1, 5.0), epoch=NO_EPOCH))
    assert [t.number for t in s.foreign] == [1]
    best = s.best()
    assert best is not None
    assert best.number == 0


def test_canonical_has_plain_types_and_no_negative_zero() -> None:
    berlin = timezone(timedelta(hours=2))
    numpy: Any = np  # as values reach us from the user's file, whatever their type
    trial = replace(
        complete(0, 1.0),
        params={"weight_pe_ratio": numpy.float64(-0.0), "momentum_window": numpy.int64(7)},
        values=(numpy.float32(0.1),),
        constraints=(-0.0, numpy.float64(0.5)),
        metrics={"sharpe": numpy.float32(1.5)},
        intermediate={numpy.int64(3): -0.0},
        started=datetime(2025, 1, 1, 2, tzinfo=berlin),
    ).canonical()
    assert str(trial.params["weight_pe_ratio"]) == "0.0"
    assert type(trial.params["momentum_window"]) is int
    assert trial.values == (float(np.float32(0.1)),)
    assert type(trial.values[0]) is float
    assert str(trial.constraints) == "(0.0, 0.5)"
    assert type(trial.metrics["sharpe"]) is float
    assert str(dict(trial.intermediate)) == "{3: 0.0}"
    assert trial.started == datetime(2025, 1, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        (replace(complete(4, 1.0), values=()), "trial 4 is COMPLETE and has no value"),
        (complete(4, float("nan")), "trial 4 has the value NaN"),
        (replace(complete(4, 1.0), started=datetime(2025, 1, 1)), "has no time zone"),
    ],
)
def test_what_cannot_be_stored_is_refused(trial: TrialRecord, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        trial.canonical()


def test_a_failed_trial_keeps_no_value() -> None:
    assert replace(failed(0), values=(float("nan"),)).canonical().values == ()


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ([], "no trials yet"),
        ([("FAIL", "a"), ("FAIL", "b"), ("FAIL", "b")], "all 3 trials failed: b"),
        ([("FAIL", "a"), ("PRUNED", "")], "no complete trial (1 fail, 1 pruned)"),
    ],
)
def test_why_there_is_no_feasible_trial(states: list[tuple[State, str]], told: str) -> None:
    trials = (TrialRecord(i, state, reason=why) for i, (state, why) in enumerate(states))
    assert study(*trials).without_feasible() == told
