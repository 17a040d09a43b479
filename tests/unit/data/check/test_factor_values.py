"""Values of a factor that are no measurements."""

from dataclasses import replace

import numpy as np

from mech_exo.data.check.factor_values import implausible
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import calm_market, found


def with_factor(values: FloatArray) -> Market:
    return replace(calm_market(), daily={"quality": values}, categories={"quality": "custom"})


def honest() -> FloatArray:
    return np.random.default_rng(0).standard_t(3, size=calm_market().close.shape)


def test_an_honest_factor_with_fat_tails_is_none() -> None:
    assert found(implausible, with_factor(honest())) == []


def test_a_code_for_unknown_is_a_warning() -> None:
    values = honest()
    values[np.random.default_rng(1).random(values.shape) < 0.05] = -999.0
    assert found(implausible, with_factor(values)) == [("warning", "code:quality")]


def test_one_value_beyond_all_others_is_a_warning() -> None:
    values = honest()
    values[21:42, 3] = 1e12
    assert found(implausible, with_factor(values)) == [("warning", "outlier:quality")]


def test_a_flag_is_no_code() -> None:
    values = np.where(np.random.default_rng(2).random(calm_market().close.shape) < 0.1, 1.0, 0.0)
    assert found(implausible, with_factor(values)) == []


def test_values_that_never_change_are_a_warning() -> None:
    values = np.tile(honest()[0], (len(calm_market().dates), 1))
    assert found(implausible, with_factor(values)) == [("warning", "unchanging:quality")]
    values[200:, 5] += 0.1
    assert found(implausible, with_factor(values)) == []
