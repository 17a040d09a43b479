"""The figures that decide nothing."""

import math

import numpy as np
import pytest

from mech_exo.verdict import statistics as st
from mech_exo.verdict.neighbourhood import Neighbourhood
from mech_exo.verdict.supplementary import report_ratio
from tests.unit.verdict.small import small_panel, small_settings, small_subject

RETURNS = np.random.default_rng(0).normal(0.0008, 0.01, 1_000)


def test_figures_are_annual_and_those_of_the_formulas() -> None:
    ratios = [0.2, 0.5, 0.9, 1.3, math.nan]
    found = report_ratio(RETURNS, ratios, 5, seed=1)
    daily = st.sharpe_of(RETURNS)
    skewness, kurtosis = st.shape_of(RETURNS)
    assert found.ratio == pytest.approx(daily * math.sqrt(252))
    assert found.variance_trials == pytest.approx(float(np.var(ratios[:4], ddof=1)))
    assert found.variance_noise == pytest.approx(252 / 999)
    assert found.deflated_trials == pytest.approx(
        st.deflated_sharpe(
            daily,
            1_000,
            trials=5,
            variance=found.variance_trials / 252,
            skewness=skewness,
            kurtosis=kurtosis,
        )
    )
    assert found.noise == pytest.approx(st.expected_maximum(5) * math.sqrt(252 / 999))
    assert found.low < found.ratio < found.high
    assert found.haircut <= found.ratio
    assert found.as_dict()["ratio"] == found.ratio


def test_one_trial_has_no_variance_of_trials() -> None:
    found = report_ratio(RETURNS, [0.4], 1, seed=1)
    assert math.isnan(found.variance_trials)
    assert math.isnan(found.deflated_trials)
    assert found.deflated_noise == pytest.approx(found.probabilistic)


def test_more_trials_deflate_more() -> None:
    few, many = (report_ratio(RETURNS, [], n, seed=1) for n in (10, 1_000))
    assert many.deflated_noise < few.deflated_noise
    assert many.noise > few.noise
    assert many.minimum_backtest > few.minimum_backtest


def test_overfitting_is_low_where_one_factor_earns_and_not_in_noise() -> None:
    settings = small_settings(portfolios=60, overfitting_blocks=8)
    skilled = Neighbourhood(small_subject(small_panel(premium=0.8, sessions=1_000), settings))
    report = skilled.reported()
    assert report.portfolios == 64  # the next power of two
    assert report.overfitting < 0.1
    noise = Neighbourhood(small_subject(small_panel(sessions=1_000), settings)).reported()
    assert noise.overfitting > report.overfitting
    assert report.trials == 8
    assert report.observations == len(range(60 + 1, 816))
