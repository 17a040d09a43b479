"""Whether the numbers are prices."""

import numpy as np
import pytest

from mech_exo.data.check.kind_of_numbers import not_prices
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import calm_market, damaged, found

RNG = np.random.default_rng(5)
SHAPE = calm_market().close.shape


@pytest.mark.parametrize(
    "numbers",
    [
        1.0 + RNG.normal(0.0, 0.01, SHAPE),  # growth factors
        100.0 + RNG.normal(0.0, 1.0, SHAPE),  # returns in per cent, lifted
        np.exp(12.0 + RNG.normal(0.0, 0.4, SHAPE)),  # volumes
    ],
)
def test_numbers_without_a_level_are_no_prices(numbers: FloatArray) -> None:
    def damage(close: FloatArray) -> None:
        close[:] = numbers

    assert found(not_prices, damaged(calm_market(), damage)) == [("warning", "not-prices")]


def test_prices_are_prices_also_where_they_bounce() -> None:
    def bounce(close: FloatArray) -> None:
        close *= 1.0 + 0.008 * np.sign(RNG.normal(size=SHAPE))

    for seed in range(5):
        assert found(not_prices, calm_market(seed=seed)) == []
    assert found(not_prices, damaged(calm_market(), bounce)) == []
