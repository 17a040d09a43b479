"""Statistics of the Sharpe ratio by hand: each number is worked out beside it."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from mech_exo.verdict import statistics as st

Z95, Z80 = 1.6448536269514722, 0.8416212335729143  # from any table of the normal distribution


def test_normal_distribution_of_the_tables() -> None:
    assert st.normal_cdf(1.96) == pytest.approx(0.9750021048517795, rel=1e-14)
    assert st.normal_cdf(-6.0) == pytest.approx(9.865876450376946e-10, rel=1e-12)
    assert st.normal_quantile(0.95) == pytest.approx(Z95, rel=1e-14)
    assert (st.normal_quantile(0.0), st.normal_quantile(1.0)) == (-math.inf, math.inf)


def test_shape_by_hand() -> None:
    # 0, 0, 0, 1: deviations −1/4 (three) and 3/4; m₂ = 3/16, m₃ = 3/32, m₄ = 21/256
    skewness, kurtosis = st.shape_of(np.array([0.0, 0.0, 0.0, 1.0]))
    assert skewness == pytest.approx(2.0 / math.sqrt(3.0), rel=1e-14)  # (3/32) / (3/16)^1.5
    assert kurtosis == pytest.approx(7.0 / 3.0, rel=1e-14)  # (21/256) / (9/256)


def test_shape_of_a_series_is_known_down_to_a_deviation_of_a_trillionth() -> None:
    assert st.shape_of(np.array([-1.02e-12, 1.02e-12])) == pytest.approx((0.0, 1.0), abs=1e-9)
    assert st.shape_of(np.array([-0.98e-12, 0.98e-12])) == (0.0, 3.0)


def test_sharpe_by_hand() -> None:
    assert st.sharpe_of(np.array([1.0, 3.0])) == pytest.approx(math.sqrt(2.0))  # 2 / √2
    assert st.sharpe_of(np.array([-1.0, -3.0])) == pytest.approx(-math.sqrt(2.0))
    assert st.sharpe_of(np.array([0.0, 1.485e-12])) == pytest.approx(math.sqrt(0.5))
    for short in ([], [0.1], [0.0, 1.4e-12]):
        assert math.isnan(st.sharpe_of(np.array(short)))


def test_standard_error_by_hand() -> None:
    # √((1 − 1·½ + (5 − 1)/4·¼) / 4) = √(3/16)
    assert st.sharpe_error(0.5, 5, 1.0, 5.0) == pytest.approx(math.sqrt(3.0) / 4.0, rel=1e-14)
    # normal, two observations: √(1 + ½·¼)
    assert st.sharpe_error(0.5, 2) == pytest.approx(math.sqrt(1.125), rel=1e-14)


@pytest.mark.parametrize("n", [1, 0, -3])
def test_fewer_than_two_observations_have_no_error_and_no_probability(n: int) -> None:
    assert math.isnan(st.sharpe_error(0.1, n))
    assert math.isnan(st.probabilistic_sharpe(0.1, n))
    assert math.isnan(st.deflated_sharpe(0.1, n, trials=3, variance=0.1))


def test_nothing_below_the_root_is_no_error() -> None:
    assert math.isnan(st.sharpe_error(1.0, 10, 3.0, 1.0))  # 1 − 3
    assert math.isnan(st.sharpe_error(1.0, 10, 1.0, 1.0))  # 1 − 1


def test_probabilistic_sharpe_by_hand() -> None:
    # σ̂ = √1.125 as above; (0.5 − 0)/σ̂ = √2/3
    assert st.probabilistic_sharpe(0.5, 2) == pytest.approx(norm.cdf(math.sqrt(2.0) / 3.0))
    found = st.probabilistic_sharpe(0.5, 5, benchmark=0.25, skewness=1.0, kurtosis=5.0)
    assert found == pytest.approx(norm.cdf(1.0 / math.sqrt(3.0)))  # ¼ / (√3/4)


def test_expected_maximum_of_two() -> None:
    # Φ⁻¹(½) is 0; γ·Φ⁻¹(1 − 1/(2e)); the exact value is 1/√π
    assert st.expected_maximum(2) == pytest.approx(0.5197550, abs=5e-7)
    assert st.expected_maximum(2) == pytest.approx(0.92 / math.sqrt(math.pi), abs=2e-3)
    assert st.noise_sharpe(2, 0.25) == pytest.approx(0.2598775, abs=5e-7)


def test_deflated_sharpe_is_against_the_noise() -> None:
    # SR₀ = ½·0.519755; SR = SR₀ is even odds, whatever n
    assert st.deflated_sharpe(st.noise_sharpe(2, 0.25), 30, trials=2, variance=0.25) == 0.5
    found = st.deflated_sharpe(0.5, 5, trials=2, variance=0.25, skewness=1.0, kurtosis=5.0)
    assert found == pytest.approx(norm.cdf((0.5 - 0.2598775) / (math.sqrt(3.0) / 4.0)), abs=1e-6)


def test_deflated_sharpe_of_a_single_normal_trial_is_the_probabilistic_one() -> None:
    found = st.deflated_sharpe(0.5, 2, trials=1, variance=0.25)
    assert found == pytest.approx(norm.cdf(math.sqrt(2.0) / 3.0))  # as above


def test_minimum_track_record_by_hand() -> None:
    # 1 + (1 + ½·0.04)·(1.644854/0.2)²
    assert st.minimum_track_record(0.2) == pytest.approx(1.0 + 1.02 * (Z95 / 0.2) ** 2, rel=1e-13)
    # 1 + ¾·(0.841621/¼)²
    found = st.minimum_track_record(0.5, benchmark=0.25, confidence=0.8, skewness=1.0, kurtosis=5.0)
    assert found == pytest.approx(1.0 + 0.75 * (4.0 * Z80) ** 2, rel=1e-13)
    assert math.isinf(st.minimum_track_record(0.0))
    assert math.isinf(st.minimum_track_record(math.nan))


@pytest.mark.parametrize(
    ("trials", "sharpe", "years"),
    [
        (100, 2.0, 1.6010),  # (2.5306/2)², E[max] of the paper's table
        (100, 0.5, 25.6157),  # (2.5306·2)²
        (2, 0.519755, 1.0),
    ],
)
def test_minimum_backtest_length_away_from_one(trials: int, sharpe: float, years: float) -> None:
    assert st.minimum_backtest_length(trials, sharpe) == pytest.approx(years, rel=5e-5)


@pytest.mark.parametrize("sharpe", [0.0, -1.0, math.nan])
def test_no_backtest_is_long_enough_for_no_sharpe(sharpe: float) -> None:
    assert math.isinf(st.minimum_backtest_length(100, sharpe))


def test_haircut_by_hand() -> None:
    # t = 0.1·√900 = 3, p = 0.0026998; ten tests: 0.0269980, half of it has z = 2.211547
    z = norm.isf(10.0 * norm.sf(3.0))
    assert z == pytest.approx(2.211547, abs=5e-7)
    assert st.haircut_sharpe(0.1, 900, 10) == pytest.approx(z / 30.0, rel=1e-10)
    assert st.haircut_sharpe(-0.1, 900, 10) == pytest.approx(-z / 30.0, rel=1e-10)
    assert st.haircut_sharpe(0.1, 900, 1) == pytest.approx(0.1, rel=1e-12)
    assert st.haircut_sharpe(0.1, 900, 370) == pytest.approx(
        norm.isf(370.0 * norm.sf(3.0)) / 30.0, rel=1e-8
    )  # p' = 0.999
    assert st.haircut_sharpe(0.1, 900, 371) == 0.0  # p' = 1.0016


def test_power_of_a_length_by_hand() -> None:
    # Φ(1·√4 − 1.644854) = Φ(0.355146)
    assert st.power_of_length(1.0, 4.0, 0.05) == pytest.approx(norm.cdf(2.0 - Z95), rel=1e-12)
    assert st.power_of_length(0.0, 4.0, 0.05) == pytest.approx(0.05, rel=1e-12)


@pytest.mark.parametrize(
    ("power", "years"),
    [
        (0.8, ((Z95 + Z80) / 0.5) ** 2),
        (0.5, (Z95 / 0.5) ** 2),
        (0.2, ((Z95 - Z80) / 0.5) ** 2),
        (0.05, 0.0),  # the level itself: a test without data has it
        (0.02, 0.0),  # and more than this
    ],
)
def test_years_needed_at_high_and_low_power(power: float, years: float) -> None:
    assert st.years_needed(0.5, 0.05, power) == pytest.approx(years, rel=1e-12, abs=1e-25)


@pytest.mark.parametrize("ratio", [0.0, -0.1, math.nan])
def test_no_years_are_enough_for_no_ratio(ratio: float) -> None:
    assert math.isinf(st.years_needed(ratio, 0.05, 0.8))


def test_a_permutation_without_placebos_says_nothing() -> None:
    assert st.permutation_p(5.0, np.array([])) == 1.0
