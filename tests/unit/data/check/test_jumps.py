"""Jumps that no market makes, and those that one makes."""

import numpy as np
import pytest

from mech_exo.data.check.examined import Examined
from mech_exo.data.check.jumps import jumps
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import FILES, TODAY, calm_market, damaged, found

T, N = 200, 3


def test_calm_prices_have_none() -> None:
    for seed in range(5):
        assert found(jumps, calm_market(seed=seed)) == []


@pytest.mark.parametrize("factor", [100.0, 0.01, 10.0, 0.1, 1.6, 0.55])
@pytest.mark.parametrize("held", [1, 2, 3])
def test_a_price_that_comes_back_is_wrong(factor: float, held: int) -> None:
    def damage(close: FloatArray) -> None:
        close[T : T + held, N] *= factor

    market = damaged(calm_market(), damage)
    assert found(jumps, market) == [("error", f"jump:N03:{market.dates[T]}")]


@pytest.mark.parametrize("ratio", [2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0])
def test_a_split_that_is_not_adjusted_for_is_an_error(ratio: float) -> None:
    def damage(close: FloatArray) -> None:
        close[:T, N] *= ratio

    market = damaged(calm_market(usual=0.008), damage)
    assert found(jumps, market) == [("error", f"jump:N03:{market.dates[T]}")]


@pytest.mark.parametrize("ratio", [3.0, 10.0, 25.0])
def test_a_reverse_split_that_is_not_adjusted_for_is_an_error(ratio: float) -> None:
    def damage(close: FloatArray) -> None:
        close[T:, N] *= ratio

    market = damaged(calm_market(usual=0.008), damage)
    assert found(jumps, market) == [("error", f"jump:N03:{market.dates[T]}")]


def test_the_split_of_a_share_like_apple() -> None:
    """645.57 and then 93.70: seven to one, and a rise of 1.6 %."""

    def damage(close: FloatArray) -> None:
        close[:T, N] *= 645.57 / close[T - 1, N]
        close[T:, N] *= 93.70 / close[T, N]

    market = damaged(calm_market(), damage)
    (finding,) = jumps(Examined(market, FILES, TODAY))
    assert (finding.severity, finding.symbol, finding.day) == ("error", "N03", str(market.dates[T]))
    assert "7:1" in finding.message
    assert finding.figure == pytest.approx(93.70 / 645.57 - 1.0)


def test_three_to_two_is_a_warning_for_crashes_look_like_it() -> None:
    def damage(close: FloatArray) -> None:
        others = np.delete(close, N, axis=1)
        day = np.nanmedian(others[T] / others[T - 1])
        close[T:, N] *= day * close[T - 1, N] / close[T, N] / 1.5

    market = damaged(calm_market(), damage)
    assert found(jumps, market) == [("warning", f"jump:N03:{market.dates[T]}")]


@pytest.mark.parametrize("fall", [0.5, 0.35, 0.667, 0.8])
@pytest.mark.parametrize("seed", range(4))
def test_a_crash_is_none_for_it_brings_turmoil(fall: float, seed: int) -> None:
    def damage(close: FloatArray) -> None:
        turmoil = np.random.default_rng(seed).normal(0.0, 0.06, len(close) - T)
        turmoil[0] = 0.0
        close[T:, N] *= (1.0 - fall) * np.exp(np.cumsum(turmoil))

    assert found(jumps, damaged(calm_market(), damage)) == []


def test_a_day_on_which_many_fall_is_none() -> None:
    def damage(close: FloatArray) -> None:
        close[T:, ::2] *= np.array([0.5, 0.7, 0.48, 0.6, 0.33, 0.75])

    assert found(jumps, damaged(calm_market(), damage)) == []


def test_a_day_on_which_many_halve_is_a_mistake_in_many() -> None:
    def damage(close: FloatArray) -> None:
        close[:T, ::2] *= 2.0

    severities = [s for s, _ in found(jumps, damaged(calm_market(usual=0.008), damage))]
    assert len(severities) >= 5
    assert "error" in severities


def test_a_takeover_is_none() -> None:
    def damage(close: FloatArray) -> None:
        bid = 1.42 * close[T - 1, N]
        close[T : T + 40, N] = np.round(bid * (1.0 + 0.001 * np.sin(np.arange(40))), 2)
        close[T + 40 :, N] = np.nan

    assert found(jumps, damaged(calm_market(), damage)) == []


def test_a_share_of_a_few_ticks_is_none() -> None:
    rng = np.random.default_rng(0)

    def damage(close: FloatArray) -> None:
        close[:, N] = 0.05 * np.clip(np.cumsum(rng.integers(-1, 2, len(close))) % 6, 2, 5)

    assert found(jumps, damaged(calm_market(), damage)) == []


def test_a_bankruptcy_is_none() -> None:
    def damage(close: FloatArray) -> None:
        close[T : T + 6, N] = close[T - 1, N] * np.array([0.207, 0.13, 0.18, 0.1, 0.15, 0.08])
        close[T + 6 :, N] = np.nan

    assert found(jumps, damaged(calm_market(), damage)) == []


def test_the_return_after_a_long_halt_is_none() -> None:
    def damage(close: FloatArray) -> None:
        close[T - 30 : T, N] = np.nan
        close[T:, N] *= 0.5

    assert found(jumps, damaged(calm_market(), damage)) == []


def test_a_jump_after_a_missing_day_is_one() -> None:
    def damage(close: FloatArray) -> None:
        close[T - 1, N] = np.nan
        close[T:, N] /= 10.0

    market = damaged(calm_market(), damage)
    assert found(jumps, market) == [("error", f"jump:N03:{market.dates[T]}")]


def test_other_units_for_all_names_are_one_finding() -> None:
    def damage(close: FloatArray) -> None:
        close[T:] *= 100.0

    market = damaged(calm_market(), damage)
    assert found(jumps, market) == [("error", f"jump:{market.dates[T]}")]


def test_a_tick_on_the_last_day_cannot_come_back_and_is_an_error() -> None:
    def damage(close: FloatArray) -> None:
        close[-1, N] *= 100.0

    market = damaged(calm_market(), damage)
    assert found(jumps, market) == [("error", f"jump:N03:{market.dates[-1]}")]


def test_a_fall_by_half_on_the_last_day_is_a_warning() -> None:
    def damage(close: FloatArray) -> None:
        close[-1, N] *= 0.5

    market = damaged(calm_market(), damage)
    assert found(jumps, market) == [("warning", f"jump:N03:{market.dates[-1]}")]


def test_monthly_prices_of_restless_names_have_none() -> None:
    assert found(jumps, calm_market(sessions=240, names=40, usual=0.11)) == []


def test_a_short_history_and_a_single_name_are_looked_at_too() -> None:
    def damage(close: FloatArray) -> None:
        close[20, 0] *= 100.0

    market = damaged(calm_market(sessions=30 + 60, names=2), damage)
    assert found(jumps, market) == [("error", f"jump:N00:{market.dates[20]}")]
