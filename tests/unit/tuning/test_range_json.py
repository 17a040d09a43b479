import json

import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)

from mech_exo.tuning.range_json import describe, from_stored, to_stored
from tests.unit.tuning.stored_studies import KIND


@pytest.mark.parametrize(
    ("distribution", "values", "words"),
    [
        (FloatDistribution(-1.0, 1.0), [0.1, -1.0], "float -1.0 … 1.0"),
        (FloatDistribution(0.001, 1.0, log=True), [0.01], "float 0.001 … 1.0 log"),
        (FloatDistribution(0.0, 1.0, step=0.25), [0.75], "float 0.0 … 1.0 step 0.25"),
        (IntDistribution(6, 18), [7], "int 6 … 18"),
        (IntDistribution(6, 18, step=3), [9], "int 6 … 18 step 3"),
        (IntDistribution(1, 64, log=True), [8], "int 1 … 64 log"),
        (CategoricalDistribution(("a", "ü")), ["ü"], 'one of ["a", "ü"]'),
        (
            CategoricalDistribution((1, True, None, 1.5)),
            [1, True, None, 1.5],
            "one of [1, true, null, 1.5]",
        ),
    ],
)
def test_stored_numbers_are_those_of_optuna(
    distribution: BaseDistribution, values: list[float | str | None], words: str
) -> None:
    text = distribution_to_json(distribution)
    assert describe(text) == words
    for value in values:
        assert to_stored(text, value) == distribution.to_internal_repr(value) or value is True
        back = from_stored(text, to_stored(text, value))
        assert back == value
        assert type(back) is type(value)


def test_true_is_not_the_choice_one() -> None:
    assert to_stored(KIND, True) == 2.0
    assert to_stored(KIND, 1) == 1.0


@pytest.mark.parametrize("value", ["z", 2, False])
def test_a_value_outside_the_choices_is_refused(value: str | int) -> None:
    with pytest.raises(ValueError, match="is not one of"):
        to_stored(KIND, value)


def test_a_word_is_no_number() -> None:
    with pytest.raises(ValueError, match="is not a number"):
        to_stored(distribution_to_json(FloatDistribution(0, 1)), "0.5")


def test_the_abbreviated_form_and_the_names_of_optuna_2() -> None:
    short = json.dumps({"type": "int", "low": 1, "high": 5})
    assert optuna.distributions.json_to_distribution(short) == IntDistribution(1, 5)
    assert from_stored(short, 3.0) == 3
    old = {"name": "LogUniformDistribution", "attributes": {"low": 0.1, "high": 1.0}}
    assert describe(json.dumps(old)) == "float 0.1 … 1.0 log"
    old = {"name": "DiscreteUniformDistribution", "attributes": {"low": 0, "high": 1, "q": 0.5}}
    assert describe(json.dumps(old)) == "float 0 … 1 step 0.5"
