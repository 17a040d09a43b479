"""The statistics against the papers' numbers and independent libraries."""

import math
from typing import Any

import holdout
import numpy as np
import pytest
import skfolio.measures as skfolio_measures
from scipy import stats

from mech_exo.verdict import statistics as st


def test_deflated_sharpe_of_the_paper() -> None:
    daily = 2.5 / math.sqrt(250)
    variance = 0.5 / 250
    assert st.noise_sharpe(100, variance) == pytest.approx(0.113172, abs=5e-7)
    value = st.deflated_sharpe(
        daily, 1250, trials=100, variance=variance, skewness=-3.0, kurtosis=10.0
    )
    assert value == pytest.approx(0.90039683, abs=5e-9)


@pytest.mark.parametrize(("trials", "published"), [(100, 2.5306), (10, 1.57)])
def test_expected_maximum_of_the_paper(trials: int, published: float) -> None:
    assert st.expected_maximum(trials) == pytest.approx(published, abs=0.005 * published)
    assert round(st.expected_maximum(100), 4) == 2.5306


def test_expected_maximum_is_close_to_the_exact_integral() -> None:
    for trials in (5, 20, 100, 5_000):
        exact = holdout.expected_maximum_normal(trials)
        assert st.expected_maximum(trials) == pytest.approx(exact, rel=0.03)


def test_one_trial_has_no_maximum_to_correct_and_none_is_an_error() -> None:
    assert st.expected_maximum(1) == 0.0
    with pytest.raises(ValueError, match="at least 1"):
        st.expected_maximum(0)


def test_probabilistic_sharpe_of_the_paper() -> None:
    value = st.probabilistic_sharpe(1.585 / math.sqrt(12), 24, skewness=-2.448, kurtosis=10.164)
    assert value == pytest.approx(0.9132, abs=5e-5)


def test_minimum_track_record_of_the_paper() -> None:
    root = math.sqrt(250)
    length = st.minimum_track_record(2.0 / root, benchmark=1.0 / root)
    assert length / 250 == pytest.approx(2.7312, abs=5e-5)
    assert math.isinf(st.minimum_track_record(0.1, benchmark=0.1))


def test_minimum_track_record_inverts_the_probabilistic_sharpe() -> None:
    length = st.minimum_track_record(0.08, benchmark=0.02, skewness=-1.0, kurtosis=7.0)
    below, above = (
        st.probabilistic_sharpe(0.08, n, benchmark=0.02, skewness=-1.0, kurtosis=7.0)
        for n in (math.floor(length), math.ceil(length))
    )
    assert below < 0.95 <= above


def test_minimum_backtest_length_of_the_paper() -> None:
    # Bailey et al. (2014): with 5 years, 45 independent trials are expected to show SR 1.
    assert st.minimum_backtest_length(45, 1.0) == pytest.approx(5.0, abs=0.15)
    assert math.isinf(st.minimum_backtest_length(45, 0.0))


@pytest.fixture
def returns() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    generator = np.random.default_rng(3)
    return 0.0006 + 0.01 * generator.standard_t(5, size=900)


def test_psr_and_dsr_equal_skfolio(returns: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    trials = np.random.default_rng(4).normal(0.0, 0.03, size=40)
    sharpe = st.sharpe_of(returns)
    skewness, kurtosis = st.shape_of(returns)
    ours = st.probabilistic_sharpe(sharpe, 900, skewness=skewness, kurtosis=kurtosis)
    theirs = float(skfolio_measures.probabilistic_sharpe_ratio(returns))
    assert ours == pytest.approx(theirs, abs=2e-3)  # skfolio's sample moments differ by O(1/T)
    deflated = st.deflated_sharpe(
        sharpe,
        900,
        trials=40,
        variance=float(np.var(trials, ddof=1)),
        skewness=skewness,
        kurtosis=kurtosis,
    )
    assert deflated == pytest.approx(
        float(skfolio_measures.deflated_sharpe_ratio(returns, trials)), abs=1e-2
    )


@pytest.mark.parametrize("skewness", [-1.5, 0.0, 0.7])
@pytest.mark.parametrize("sharpe", [-0.05, 0.02, 0.2])
def test_formulas_equal_holdout_backtest(sharpe: float, skewness: float) -> None:
    shape: dict[str, Any] = {"skewness": skewness, "kurtosis": 8.0}
    assert st.probabilistic_sharpe(sharpe, 500, benchmark=0.01, **shape) == pytest.approx(
        holdout.probabilistic_sharpe_ratio(sharpe, 500, benchmark=0.01, **shape), abs=1e-12
    )
    assert st.deflated_sharpe(sharpe, 500, trials=60, variance=0.002, **shape) == pytest.approx(
        holdout.deflated_sharpe_ratio(sharpe, 500, n_trials=60, trials_variance=0.002, **shape),
        abs=1e-12,
    )
    assert st.haircut_sharpe(sharpe, 500, 30) == pytest.approx(
        holdout.haircut_sharpe(sharpe, 500, n_tests=30).adjusted_sharpe, abs=1e-12
    )
    if sharpe > 0.01:
        assert st.minimum_track_record(sharpe, benchmark=0.01, **shape) == pytest.approx(
            holdout.minimum_track_record_length(sharpe, benchmark=0.01, **shape), rel=1e-12
        )


def test_haircut_of_a_certain_result_takes_nothing() -> None:
    assert st.haircut_sharpe(3.0, 1000, 10_000) == 3.0
    assert st.haircut_sharpe(0.001, 100, 50) == 0.0
    assert math.isnan(st.haircut_sharpe(math.nan, 100, 50))


def test_shape_equals_scipy(returns: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    skewness, kurtosis = st.shape_of(returns)
    assert skewness == pytest.approx(float(stats.skew(returns)), abs=1e-12)
    assert kurtosis == pytest.approx(float(stats.kurtosis(returns, fisher=False)), abs=1e-12)
    assert st.shape_of(np.full(10, 0.01)) == (0.0, 3.0)


def test_a_flat_series_has_no_sharpe() -> None:
    assert math.isnan(st.sharpe_of(np.full(50, 0.001)))
    assert math.isnan(st.sharpe_of(np.array([0.1])))


def test_power_and_years_invert_each_other() -> None:
    years = st.years_needed(0.7, 0.05, 0.8)
    assert st.power_of_length(0.7, years, 0.05) == pytest.approx(0.8, abs=1e-12)
    assert years == pytest.approx((1.6448536 + 0.8416212) ** 2 / 0.49, rel=1e-6)
    assert math.isinf(st.years_needed(-0.2, 0.05, 0.8))


def test_power_equals_its_simulation() -> None:
    generator = np.random.default_rng(11)
    days = 252 * 4
    drawn = generator.normal(1.0 / math.sqrt(252), 1.0, size=(4_000, days))
    seen = float(np.mean(drawn.mean(axis=1) * math.sqrt(days) > 1.6448536))
    assert seen == pytest.approx(st.power_of_length(1.0, 4.0, 0.05), abs=0.03)


def test_permutation_p_counts_ties_and_nan_against_the_claim() -> None:
    placebo = np.array([0.1, 0.2, 0.3, math.nan])
    assert st.permutation_p(0.25, placebo) == 3 / 5
    assert st.permutation_p(0.3, placebo) == 3 / 5
    assert st.permutation_p(0.9, placebo) == 2 / 5
    assert st.permutation_p(math.nan, placebo) == 1.0
