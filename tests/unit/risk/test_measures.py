"""Risk measures against hand-computed values and skfolio."""

import math

import numpy as np
import pytest
from skfolio import measures

from mech_exo.risk.measures import drawdown_now, expected_shortfall, value_at_risk

# Twenty days; the worst are −5 %, −4 %, −3 %.
DAYS = np.array([-0.05, 0.01, -0.03, 0.02, -0.04, *[0.01] * 15])


def test_by_hand() -> None:
    # 95 % of 20 days: 20 · 0.05 = 1 day, the worst.
    assert value_at_risk(DAYS, 0.95) == pytest.approx(0.05)
    assert expected_shortfall(DAYS, 0.95) == pytest.approx(0.05)
    # 90 %: the second worst; the mean of both.
    assert value_at_risk(DAYS, 0.90) == pytest.approx(0.04)
    assert expected_shortfall(DAYS, 0.90) == pytest.approx(0.045)
    # 87.5 %: 2.5 days, so the third worst, of which half a day counts:
    # (0.05 + 0.04 + 0.5 · 0.03) / 2.5
    assert value_at_risk(DAYS, 0.875) == pytest.approx(0.03)
    assert expected_shortfall(DAYS, 0.875) == pytest.approx(0.042)


def test_a_hundred_days_have_five_in_the_tail() -> None:
    returns = -np.arange(1, 101) / 1000.0  # 100 · (1 − 0.95) is 5.000000000000004
    assert value_at_risk(returns, 0.95) == pytest.approx(0.096)
    assert expected_shortfall(returns, 0.95) == pytest.approx(0.098)


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.975, 0.99])
@pytest.mark.parametrize("days", [101, 252, 505])
def test_as_in_skfolio(days: int, confidence: float) -> None:
    """Where n(1 − confidence) is not whole; there skfolio counts one day more, by rounding."""
    returns = np.random.default_rng(days).standard_t(4, days) * 0.01
    assert value_at_risk(returns, confidence) == pytest.approx(
        measures.value_at_risk(returns, confidence)
    )
    assert expected_shortfall(returns, confidence) == pytest.approx(
        measures.cvar(returns, confidence)
    )


def test_too_few_days() -> None:
    assert math.isnan(value_at_risk(DAYS[:19], 0.95))
    assert math.isnan(expected_shortfall(DAYS[:19], 0.95))
    assert math.isnan(drawdown_now(DAYS[:0]))


def test_drawdown_now_by_hand() -> None:
    # 1.1, 0.88, 0.968: 12 % below the peak of 1.1
    assert drawdown_now(np.array([0.1, -0.2, 0.1])) == pytest.approx(0.12)
    assert drawdown_now(np.array([-0.1, 0.05])) == pytest.approx(1.0 - 0.945)
    assert drawdown_now(np.array([0.1, 0.0])) == 0.0
