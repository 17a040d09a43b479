"""Draws of a whole space at once are those of Optuna's RandomSampler, bit for bit."""

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

from mech_exo.config.settings import TuningSettings
from mech_exo.tuning.asking import Asker
from mech_exo.tuning.problem import Problem
from mech_exo.tuning.samplers.even_draws import KEPT, EvenDraws, even_draws
from mech_exo.tuning.samplers.random import SeededRandomSampler

SPACES: dict[str, dict[str, BaseDistribution]] = {
    "floats": {f"x{i}": FloatDistribution(-1.0 - i, 2.5 * i + 0.1) for i in range(12)},
    "one": {"x": FloatDistribution(1e-300, 1e300)},
    "mixed": {
        "a": FloatDistribution(1e-5, 1e3, log=True),
        "b": IntDistribution(-7, 12),
        "c": CategoricalDistribution(("red", None, True, 1, 2.5)),
        "d": FloatDistribution(0.05, 0.2, step=0.05),
        "e": IntDistribution(1, 1000, log=True),
        "f": FloatDistribution(0.3, 0.3),
        "g": IntDistribution(6, 18, step=3),
        "h": CategoricalDistribution(("only",)),
        "i": FloatDistribution(-1.0, 1.0),
    },
    "fixed": {"n": IntDistribution(4, 4), "c": CategoricalDistribution((False,))},
}


def ask(trial: Any, space: dict[str, BaseDistribution]) -> None:
    for name, d in space.items():
        if isinstance(d, CategoricalDistribution):
            trial.suggest_categorical(name, d.choices)
        elif isinstance(d, IntDistribution):
            trial.suggest_int(name, d.low, d.high, step=d.step, log=d.log)
        elif isinstance(d, FloatDistribution):
            trial.suggest_float(name, d.low, d.high, step=d.step, log=d.log)


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_the_draws_are_those_of_optuna(space: dict[str, BaseDistribution]) -> None:
    even, sampler = EvenDraws(space), SeededRandomSampler(seed=0)
    study = optuna.create_study(sampler=sampler)
    for seed in range(60):
        words = np.random.SeedSequence(seed).generate_state(4).astype(np.uint32)
        sampler.restart_from(words)
        trial = study.ask()
        ask(trial, space)
        found = even.draw(words)
        assert list(found.items()) == list(trial.params.items())
        assert [type(v) for v in found.values()] == [type(v) for v in trial.params.values()]


def test_draws_are_kept_for_the_searches_over_one_space_and_no_other() -> None:
    plain = {"a": CategoricalDistribution((0, 1)), "b": FloatDistribution(0.0, 1.0)}
    truth = {**plain, "a": CategoricalDistribution((False, True))}
    assert even_draws(plain) is even_draws(dict(plain))
    for seed in range(KEPT + 20):
        words = np.random.SeedSequence(seed).generate_state(4).astype(np.uint32)
        kept, other = even_draws(plain).draw(words), even_draws(truth).draw(words)
        assert kept == EvenDraws(plain).draw(words) == even_draws(plain).draw(words)
        assert (type(kept["a"]), type(other["a"])) == (int, bool)
        assert kept["a"] == other["a"]


def backwards(trial: Any) -> None:
    """Asks in another order where the first parameter is below zero."""
    x = trial.suggest_float("x", -1.0, 1.0)
    for name in ("y", "z") if x > 0 else ("z", "y"):
        trial.suggest_float(name, -1.0, 1.0)


def sometimes(trial: Any) -> None:
    """Has a parameter more where the first is below zero."""
    if trial.suggest_float("x", -1.0, 1.0) < 0.0:
        trial.suggest_int("n", 1, 9)
    trial.suggest_float("y", -1.0, 1.0)


def narrower(trial: Any) -> None:
    """Has another range where the first parameter is below zero."""
    x = trial.suggest_float("x", -1.0, 1.0)
    trial.suggest_float("y", 0.0, 0.5 if x < 0.0 else 1.0)
    trial.suggest_float("z", 0.0, 1.0)


@pytest.mark.parametrize("sampler", ["random", "tpe"])
@pytest.mark.parametrize("suggest", [backwards, sometimes, narrower])
def test_where_the_file_asks_for_another_space_optuna_draws(suggest: Any, sampler: Any) -> None:
    """As if nothing had been drawn beforehand."""
    x = FloatDistribution(-1.0, 1.0)
    space: dict[str, BaseDistribution] = {"x": x, "y": x, "z": x}
    if suggest is narrower:
        space |= {"y": FloatDistribution(0.0, 1.0), "z": FloatDistribution(0.0, 1.0)}
    if suggest is sometimes:
        del space["z"]
    settings = TuningSettings(sampler=sampler, seed=5, window=8)
    asker = Asker(Problem(suggest, dict), settings, space)  # type: ignore[arg-type]
    plain = SeededRandomSampler(seed=0)
    study = optuna.create_study(sampler=plain)
    others = 0
    for index in range(8):  # the window: no trial is told yet
        sequence = np.random.SeedSequence(5, spawn_key=(index,))
        plain.restart_from(sequence.generate_state(4).astype(np.uint32))
        trial = study.ask()
        suggest(trial)
        suggestion = asker.ask(index)
        assert list(suggestion.params.items()) == list(trial.params.items())
        others += trial.params["x"] < 0.0
    assert 0 < others < 8
