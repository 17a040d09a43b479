"""The estimator on arrays against Optuna's own class: a change on either side is noticed."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.cube import to_json
from mech_exo.tuning.samplers.tpe import STARTUP, Estimator
from mech_exo.tuning.study_record import State, TrialRecord

optuna.logging.set_verbosity(optuna.logging.WARNING)

TRIALS = 300
CLOSE = 1e-9  # of a parameter's range, of its logarithm where it has one

GUIDE: dict[str, BaseDistribution] = {
    **{f"weight_{i}": FloatDistribution(-1.0, 1.0) for i in range(9)},
    "cash_pct": FloatDistribution(0.0, 0.5),
    "stop_loss_pct": FloatDistribution(0.05, 0.25),
    "position_size_pct": FloatDistribution(0.05, 0.2),
}


def drawn_space(seed: int) -> dict[str, BaseDistribution]:
    """One to eight parameters of all kinds, at least one of them continuous."""
    generator = np.random.default_rng([seed, 1])
    space: dict[str, BaseDistribution] = {}
    for i in range(int(generator.integers(1, 9))):
        low = float(generator.choice([-1e3, -1.0, 0.0, 1e-4, 5.0, 1e6]))
        wide = float(generator.choice([1e-3, 1.0, 40.0]))
        above = abs(low) + 1e-3
        kinds: list[BaseDistribution] = [
            FloatDistribution(low, low + wide),
            FloatDistribution(above, above * (1.0 + wide), log=True),
            FloatDistribution(0.0, 1.0, step=float(generator.choice([0.05, 0.25]))),
            IntDistribution(int(generator.integers(-5, 5)), int(generator.integers(6, 30))),
            IntDistribution(1, int(generator.integers(2, 2000)), log=True),
            IntDistribution(0, 40, step=int(generator.choice([2, 5, 8]))),
            CategoricalDistribution(tuple("abcdef"[: int(generator.integers(2, 6))])),
            FloatDistribution(2.0, 2.0),
        ]
        space[f"p{generator.integers(0, 100):02d}_{i}"] = kinds[int(generator.integers(len(kinds)))]
    space["smooth"] = FloatDistribution(-2.0, 3.0)
    return space


class Course:
    """Trials of a made-up objective: with constraints, ties, pruned and failed ones, or without."""

    def __init__(self, seed: int, space: dict[str, BaseDistribution]) -> None:
        generator = np.random.default_rng([seed, 2])
        self.space = space
        self.direction: Direction = "maximize" if seed % 2 else "minimize"
        self.digits = 1 if seed % 3 == 0 else 12  # values that are often equal, or never
        self.limits = seed % 4 != 1
        self.prunes = seed % 5 in (2, 3)
        self._centre = generator.uniform(size=len(space))

    def record(self, number: int, params: dict[str, Any]) -> TrialRecord:
        """What comes of a trial."""
        shares = np.array([share(d, params[n]) for n, d in self.space.items()])
        value = round(
            float(np.sum((shares - self._centre) ** 2 + 0.1 * np.sin(9 * shares))), self.digits
        )
        state: State = "COMPLETE"
        reported: dict[int, float] = {}
        if self.prunes and number % 7 in (2, 5):
            state, reported = "PRUNED", {0: value + 1.0, number % 3 + 1: value}
        if self.prunes and number % 19 == 4:
            state = "FAIL"
        limits = (float(shares[0]) - 0.7, float(shares[-1]) - 0.8, -1.0) if self.limits else ()
        return TrialRecord(
            number=number,
            state=state,
            params=params,
            distributions={n: to_json(d) for n, d in self.space.items()},
            values=(value,),
            constraints=limits or None,
            intermediate=reported,
        )


def share(distribution: BaseDistribution, value: Any) -> float:
    """Where a value lies in its range, from 0 to 1."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices.index(value) / len(distribution.choices)
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    low, high = distribution.low, distribution.high
    if distribution.log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return float((value - low) / (high - low)) if high > low else 0.0


Params = dict[str, Any]


def suggestions(seed: int, course: Course) -> Iterator[tuple[Params, list[Params]]]:
    """What Optuna suggests for trial after trial, and the estimator from the same random state.

    The estimator's best candidate, and whatever is as good but for rounding.
    """
    sampler = optuna.samplers.TPESampler(seed=0, constant_liar=False)
    study = optuna.create_study(sampler=sampler, direction=course.direction)
    estimator = Estimator(course.space, course.direction)
    rng = np.random.RandomState()
    for number in range(TRIALS):
        words = np.random.SeedSequence(seed, spawn_key=(number,)).generate_state(4)
        sampler._rng.rng.seed(words)
        sampler._random_sampler._rng.rng.seed(words)
        trial = study.ask(course.space)
        if estimator.count >= STARTUP:
            rng.seed(words)
            points, chosen, gain = estimator.candidates(rng)
            equal = np.flatnonzero(gain >= gain.max() - 1e-9)
            yield trial.params, [estimator.params(points, chosen, int(i)) for i in equal]
        record = course.record(number, trial.params)
        for i, limit in enumerate(record.constraints or ()):
            trial.set_constraint(str(i), limit)
        for step, value in record.intermediate.items():
            trial.report(value, step)
        complete = record.state == "COMPLETE"
        study.tell(
            trial,
            record.values[0] if complete else None,
            state=optuna.trial.TrialState[record.state],
        )
        if record.state != "FAIL":
            estimator.learn(record)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(26))
def test_the_suggestions_are_optunas(seed: int) -> None:
    space = GUIDE if seed in (0, 1) else drawn_space(seed)
    course = Course(seed, space)
    compared = tied = 0
    for theirs, ours in suggestions(seed, course):
        assert any(same(space, theirs, each) for each in ours), (theirs, ours)
        compared += 1
        tied += len(ours) > 1
    assert compared >= 270
    assert tied <= 3


def same(space: dict[str, BaseDistribution], theirs: Params, ours: Params) -> bool:
    """Whether two suggestions are equal within `CLOSE`, and of the same types."""
    return theirs.keys() == ours.keys() and all(
        type(ours[n]) is type(theirs[n]) and abs(share(d, theirs[n]) - share(d, ours[n])) <= CLOSE
        for n, d in space.items()
    )


def test_spaces_that_are_left_to_optuna() -> None:
    discrete = {"a": IntDistribution(0, 5), "b": CategoricalDistribution(("x", "y"))}
    assert not Estimator.serves(discrete)
    assert not Estimator.serves({"a": FloatDistribution(1.0, 1.0)})
    assert Estimator.serves(discrete | {"c": FloatDistribution(0.0, 1.0)})


def test_a_suggestion_does_not_depend_on_when_it_was_asked_before() -> None:
    course = Course(2, GUIDE)
    asked, quiet = (Estimator(GUIDE, course.direction) for _ in range(2))
    generator = np.random.default_rng(0)
    for number in range(120):
        params = {
            n: float(generator.uniform(d.low, d.high))  # type: ignore[attr-defined]
            for n, d in GUIDE.items()
        }
        record = course.record(number, params)
        for estimator in (asked, quiet):
            estimator.learn(record)
        if number >= STARTUP:
            asked.suggest(np.random.RandomState(number))
    same = [e.suggest(np.random.RandomState(7)) for e in (asked, quiet)]
    assert same[0] == same[1]
