import math

import optuna
import pytest
from optuna.trial import TrialState

from mech_exo.tuning.cube import to_json
from mech_exo.tuning.study_record import State, TrialRecord
from mech_exo.tuning.told_trials import ToldTrials

SPACE = {"x": to_json(optuna.distributions.FloatDistribution(-1.0, 1.0))}


def record(
    index: int, value: float, violation: float = -1.0, state: State = "COMPLETE"
) -> TrialRecord:
    values = () if state == "FAIL" else (value,)
    return TrialRecord(index, state, {"x": 0.5}, SPACE, values, (violation,))


def test_what_is_seen_is_by_state_when_asked_so() -> None:
    history = ToldTrials()
    history.tell(0, record(0, 1.0))
    history.tell(1, record(1, 1.0, state="FAIL"))
    complete = history.get_all_trials(0, states=(TrialState.COMPLETE,))
    assert [t.number for t in complete] == [0]
    assert history.get_all_trials(0, states=(TrialState.RUNNING, TrialState.WAITING)) == []


def test_an_undefined_constraint_is_violated() -> None:
    history = ToldTrials()
    history.tell(0, record(0, 1.0, violation=math.nan))
    (trial,) = history.get_all_trials(0)
    assert trial.constraints == {"0": math.inf}


def test_a_trial_is_made_for_a_sampler_when_it_looks() -> None:
    history = ToldTrials()
    for index in range(3):
        history.tell(index, record(index, float(index)))
    with pytest.raises(ValueError, match="trial 5 told as number 3"):
        history.tell(5, record(5, 1.0))
    assert history._shown == []  # cmaes never looks
    assert history.column("x").tolist() == [0.5, 0.5, 0.5]
    history.tell(3, record(3, 9.0))
    assert [t.value for t in history.get_all_trials(0)] == [0.0, 1.0, 2.0, 9.0]
    assert history.get_trial(3).value == 9.0
    assert len(history.column("x")) == 4
