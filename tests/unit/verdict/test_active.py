"""Mean tests and intervals against arch, holdout-backtest and simulation."""

import math

import holdout
import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap

from mech_exo.data.panel import FloatArray
from mech_exo.verdict import active


def autoregressive(seed: int, n: int, rho: float) -> FloatArray:
    noise = np.random.default_rng(seed).standard_normal(n) * 0.01
    series = np.empty(n)
    series[0] = noise[0]
    for t in range(1, n):
        series[t] = rho * series[t - 1] + noise[t]
    return series


def test_newey_west_equals_holdout_backtest() -> None:
    series = autoregressive(1, 700, 0.4)
    lags = active.newey_west_lags(700)
    assert lags == holdout.pairwise.newey_west_bandwidth(700)
    long_run = holdout.newey_west_covariance((series - series.mean())[:, None], lags)
    assert active.mean_error(series, lags) == pytest.approx(
        math.sqrt(float(long_run[0, 0]) / 700), rel=1e-10
    )


def test_no_lags_is_the_plain_error() -> None:
    series = autoregressive(2, 300, 0.0)
    assert active.mean_error(series, 0) == pytest.approx(float(series.std()) / math.sqrt(300))


def test_mean_test_reports_years_and_ratio() -> None:
    series = 0.001 + autoregressive(3, 504, 0.0)
    test = active.mean_test(series)
    assert test.years == 2.0
    assert test.mean == pytest.approx(float(series.mean()) * 252)
    assert test.ratio == pytest.approx(float(series.mean() / series.std(ddof=1)) * math.sqrt(252))
    assert test.low < test.mean < test.high
    assert test.as_dict()["t"] == test.t


def test_level_of_the_mean_test_under_autocorrelation() -> None:
    robust = [active.mean_test(autoregressive(s, 600, 0.3)).t > 1.645 for s in range(400)]
    plain = [active.mean_test(autoregressive(s, 600, 0.3), lags=0).t > 1.645 for s in range(400)]
    assert np.mean(robust) < 0.09
    assert np.mean(plain) > np.mean(robust)


@pytest.mark.parametrize("series", [np.zeros(100), np.full(50, 0.01), np.array([0.1, 0.2])])
def test_nothing_to_test_is_no_evidence(series: FloatArray) -> None:
    assert active.mean_test(series).p == 1.0
    assert math.isnan(active.mean_test(series).t)


def test_skill_return_takes_the_markets_share_out() -> None:
    market = autoregressive(5, 2_000, 0.0) + 0.0005
    alpha = autoregressive(6, 2_000, 0.0) * 0.3 + 0.0002
    aggressive = alpha + 1.6 * market
    assert active.beta_of(aggressive, market) == pytest.approx(1.6, abs=0.03)
    np.testing.assert_allclose(active.skill_return(aggressive, market), alpha, atol=2e-3)
    assert active.beta_of(aggressive, np.full(2_000, 0.01)) == 1.0


def test_resamples_are_blocks_of_the_asked_mean_length() -> None:
    rows = active.stationary_indices(400, 10.0, 300, np.random.default_rng(0))
    assert rows.min() == 0
    assert rows.max() == 399
    breaks = np.mean((np.diff(rows, axis=1) % 400) != 1)
    assert breaks == pytest.approx(0.1, abs=0.01)


def test_ratio_interval_agrees_with_arch() -> None:
    series = 0.0004 + autoregressive(8, 750, 0.2)
    low, high = active.ratio_interval(series, confidence=0.9, block=8.0, samples=3_000, seed=1)

    def ratio(x: FloatArray) -> FloatArray:
        return np.array([x.mean() / x.std(ddof=1) * math.sqrt(252)])

    theirs = StationaryBootstrap(8, series, seed=2).conf_int(
        ratio, reps=3_000, method="percentile", size=0.9
    )
    np.testing.assert_allclose([low, high], theirs[:, 0], atol=0.08)


def test_a_flat_series_has_no_interval() -> None:
    low, high = active.ratio_interval(np.zeros(50), confidence=0.9, block=5.0, samples=10, seed=1)
    assert math.isnan(low)
    assert math.isnan(high)
