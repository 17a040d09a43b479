"""Closes that lie on a line."""

from collections.abc import Callable

import numpy as np
import pytest

from mech_exo.data.check.interpolation import interpolated
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import calm_market, damaged, found

N = 4


@pytest.mark.parametrize("line", [np.linspace, np.geomspace])
def test_a_line_between_two_closes_is_a_warning(line: Callable[..., FloatArray]) -> None:
    def damage(close: FloatArray) -> None:
        close[100:131, N] = np.round(line(close[100, N], close[100, N] * 1.2, 31), 6)

    market = damaged(calm_market(), damage)
    assert found(interpolated, market) == [("warning", f"interpolated:N04:{market.dates[100]}")]


def test_an_honest_market_and_a_price_that_stands_still_are_none() -> None:
    def damage(close: FloatArray) -> None:
        close[100:140, N] = close[100, N]

    assert found(interpolated, calm_market()) == []
    assert found(interpolated, damaged(calm_market(), damage)) == []


def test_a_fund_that_accrues_throughout_is_none() -> None:
    def damage(close: FloatArray) -> None:
        close[:, N] = 100.0 * 1.0002 ** np.arange(len(close))

    assert found(interpolated, damaged(calm_market(), damage)) == []
