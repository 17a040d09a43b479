import math

import optuna
from optuna.trial import TrialState

from mech_exo.tuning.history import History, Sight
from mech_exo.tuning.space import to_json
from mech_exo.tuning.study import State, TrialRecord

SPACE = {"x": to_json(optuna.distributions.FloatDistribution(-1.0, 1.0))}


def record(
    index: int, value: float, violation: float = -1.0, state: State = "COMPLETE"
) -> TrialRecord:
    values = () if state == "FAIL" else (value,)
    return TrialRecord(index, state, {"x": 0.5}, SPACE, values, (violation,))


def numbers(history: History) -> list[int]:
    return [t.number for t in history.get_all_trials(0)]


def test_a_long_history_shows_its_best_and_its_last_trials() -> None:
    history = History(Sight(best=3, last=2))
    trials = [
        record(0, 5.0),
        record(1, 9.0, violation=0.5),  # the best value, and not feasible
        record(2, 1.0),
        record(3, 4.0),
        record(4, 0.0, state="FAIL"),
        record(5, 5.0),
        record(6, 0.5),
        record(7, 0.25),
    ]
    for index, trial in enumerate(trials[:6]):
        history.tell(index, trial)
    assert numbers(history) == [0, 1, 2, 3, 4, 5]  # five usable: all are seen
    history.tell(6, trials[6])
    assert numbers(history) == [0, 3, 5, 6]
    history.tell(7, trials[7])
    assert numbers(history) == [0, 3, 5, 6, 7]
    assert len(history.column("x")) == 8


def test_what_is_seen_is_by_state_when_asked_so() -> None:
    history = History()
    history.tell(0, record(0, 1.0))
    history.tell(1, record(1, 1.0, state="FAIL"))
    complete = history.get_all_trials(0, states=(TrialState.COMPLETE,))
    assert [t.number for t in complete] == [0]
    assert history.get_all_trials(0, states=(TrialState.RUNNING, TrialState.WAITING)) == []


def test_an_undefined_constraint_is_violated() -> None:
    history = History()
    history.tell(0, record(0, 1.0, violation=math.nan))
    (trial,) = history.get_all_trials(0)
    assert trial.constraints == {"0": math.inf}
