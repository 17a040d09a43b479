"""Which parameters decide."""

import importlib.util
import random
import warnings
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mech_exo.errors import ExoError
from mech_exo.objective.evaluation import Direction
from mech_exo.tuning import importance
from mech_exo.tuning.importance import PER_PARAMETER, importances
from mech_exo.tuning.study_record import Epoch, StudyRecord, TrialRecord
from tests.unit.tuning.stored_studies import KIND, WEIGHT

NAMES = ("weight_a", "weight_b", "weight_c")
EPOCH = Epoch(0, "f", {"tuning.sampler": "random"}, 0, datetime(2026, 1, 1, tzinfo=UTC))


def trial(number: int, rng: random.Random) -> TrialRecord:
    """`a` decides the value, `b` the drawdown, `c` nothing."""
    params = {name: rng.uniform(-1.0, 1.0) for name in NAMES}
    a, b = params["weight_a"], params["weight_b"]
    return TrialRecord(
        number,
        "COMPLETE",
        params=params,
        distributions=dict.fromkeys(NAMES, WEIGHT),
        values=(a,),
        constraints=(-0.1,),
        metrics={"sharpe": a, "max_drawdown": abs(b), "calmar": float("nan")},
    )


def study(count: int = 400, **changes: object) -> StudyRecord:
    rng = random.Random(3)
    plain = StudyRecord(
        "s",
        ("maximize",),
        epochs=(EPOCH,),
        constraint_names=("max_drawdown",),
        objective_names=("objective",),
        trials=tuple(trial(i, rng) for i in range(count)),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("evaluator", ["ped-anova", "fanova"])
def test_what_decides_comes_first(evaluator: importance.EvaluatorName) -> None:
    whole = study(120 if evaluator == "fanova" else 400)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = importances(whole, evaluator=evaluator)
        of_risk = importances(whole, "max_drawdown", evaluator)
    assert next(iter(found.shares)) == "weight_a"
    assert found.shares["weight_a"] > 0.8
    assert sum(found.shares.values()) == pytest.approx(1.0)
    assert (found.target, found.better, found.trials) == ("objective", "higher", len(whole.trials))
    assert next(iter(of_risk.shares)) == "weight_b"
    assert of_risk.better == "lower"
    assert repr(importances(whole, evaluator=evaluator)) == repr(found)


def test_less_is_better_where_it_is_minimised() -> None:
    """The best tenth are those of the least value: they lie at one end, whichever it is."""
    whole = study()
    loss = replace(
        whole,
        directions=("minimize",),
        trials=tuple(replace(t, values=(-t.values[0],)) for t in whole.trials),
    )
    assert importances(loss).shares == importances(whole).shares
    assert importances(loss).better == "lower"


def test_it_rests_on_the_feasible_trials_of_the_epoch() -> None:
    whole = study()
    other = [replace(t, epoch=1) for t in whole.trials[:50]]
    broken = [replace(t, constraints=(0.1,)) for t in whole.trials[50:100]]
    failed = [replace(t, state="FAIL", values=()) for t in whole.trials[100:120]]
    mixed = replace(whole, trials=(*other, *broken, *failed, *whole.trials[120:]))
    assert importances(mixed).trials == 280
    assert (
        importances(mixed).shares == importances(replace(whole, trials=whole.trials[120:])).shares
    )


def test_halves_say_what_is_chance() -> None:
    found = importances(study())
    assert found.halves.keys() == found.shares.keys()
    for low, high in found.halves.values():
        assert 0.0 <= low <= high <= 1.0
    assert found.halves["weight_a"][0] > 0.8


def test_few_trials_are_doubted_and_too_few_refused() -> None:
    enough = 3 * PER_PARAMETER
    assert importances(study(enough)).doubt == ""
    assert "60 feasible" not in importances(study(enough - 1)).doubt
    assert importances(study(enough - 1)).doubt.startswith("59 feasible trials are few for 3")
    assert importances(study(15)).halves == {}
    for few in (0, 9):
        with pytest.raises(ExoError, match=f"has {few} feasible trials with objective|a value"):
            importances(study(few))
    with pytest.raises(ExoError, match="0 feasible trials with calmar"):
        importances(study(), "calmar")


def test_trials_that_are_all_alike_are_said() -> None:
    whole = study(100)
    alike = replace(whole, trials=tuple(replace(t, values=(1.0,)) for t in whole.trials))
    found = importances(alike)
    assert found.doubt.startswith("all 100 trials have the same objective")
    assert len(set(found.shares.values())) == 1


@pytest.mark.parametrize(
    ("target", "words"),
    [("shapre", "Did you mean sharpe"), ("weight_a", "no figure"), ("state", "no figure")],
)
def test_no_such_target(target: str, words: str) -> None:
    with pytest.raises(ExoError, match=words):
        importances(study(), target)


def test_several_objectives() -> None:
    directions: tuple[Direction, ...] = ("maximize", "minimize")
    whole = study()
    both = replace(
        whole,
        directions=directions,
        objective_names=("sharpe", "max_drawdown"),
        trials=tuple(
            replace(t, values=(t.values[0], t.metrics["max_drawdown"])) for t in whole.trials
        ),
    )
    front = importances(both)
    assert (front.target, front.better) == (importance.FRONT, "")
    assert list(front.shares)[-1] == "weight_c"
    assert importances(both, "value_sharpe").shares == importances(whole).shares
    with pytest.raises(ExoError, match="--target: sharpe, max_drawdown"):
        importances(both, evaluator="fanova")


def test_parameters_that_not_all_trials_have() -> None:
    whole = study()
    some = tuple(
        replace(
            t,
            params={**t.params, "kind": "a"},
            distributions={**t.distributions, "kind": KIND},
        )
        if t.number % 3
        else t
        for t in whole.trials
    )
    found = importances(replace(whole, trials=some))
    assert next(iter(found.shares)) == "weight_a"
    assert "kind" in (*found.shares, *found.left_out)


def test_a_search_that_learns_is_said() -> None:
    assert not importances(study()).local
    learnt = replace(EPOCH, components={"tuning.sampler": "cmaes"})
    assert importances(study(epochs=(learnt,))).local


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExoError, match=r"mech-exo\[fanova\]"):
        importances(study(), evaluator="fanova")
    assert importances(study()).trials == 400
