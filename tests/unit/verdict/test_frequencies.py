"""The verdict counts years, blocks and embargo by the frequency of the market."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mech_exo.config.settings import VerdictSettings
from mech_exo.data.frequency import DAILY, EVERY_DAY, MONTHLY, WEEKLY, Frequency
from mech_exo.verdict import statistics as st
from mech_exo.verdict.active import mean_test
from mech_exo.verdict.evidence import Evidence, join, skill_test, years_of
from mech_exo.verdict.ranking import fewest_returns, holding_periods, market_model, own_risk
from mech_exo.verdict.supplementary import report_ratio
from mech_exo.verdict.windows import walk_forward_windows
from tests.unit.verdict.small import small_panel

RETURNS = np.random.default_rng(2).normal(0.004, 0.03, 300)
FREQUENCIES = (DAILY, WEEKLY, MONTHLY, EVERY_DAY)


@pytest.mark.parametrize("frequency", FREQUENCIES, ids=lambda f: f.name)
def test_a_mean_and_its_ratio_are_annual(frequency: Frequency) -> None:
    year = frequency.periods_per_year
    found = mean_test(RETURNS, periods=year)
    assert found.mean == pytest.approx(RETURNS.mean() * year, rel=1e-12)
    by_hand = RETURNS.mean() / RETURNS.std(ddof=1) * math.sqrt(year)
    assert found.ratio == pytest.approx(by_hand, rel=1e-12)
    assert found.years == 300 / year
    daily = mean_test(RETURNS)
    assert (found.t, found.p) == (daily.t, daily.p)  # a year is no part of the test


@pytest.mark.parametrize("frequency", FREQUENCIES, ids=lambda f: f.name)
def test_the_reported_figures_are_annual(frequency: Frequency) -> None:
    year = frequency.periods_per_year
    found = report_ratio(RETURNS, [0.5, 1.0, 1.2], 50, 1, frequency)
    ratio = st.sharpe_of(RETURNS)
    skewness, kurtosis = st.shape_of(RETURNS)
    assert found.ratio == pytest.approx(ratio * math.sqrt(year))
    assert found.haircut == pytest.approx(st.haircut_sharpe(ratio, 300, 50) * math.sqrt(year))
    record = st.minimum_track_record(ratio, skewness=skewness, kurtosis=kurtosis)
    assert found.minimum_track_record == pytest.approx(record / year)
    assert found.variance_trials == pytest.approx(float(np.var([0.5, 1.0, 1.2], ddof=1)))
    assert found.low < found.ratio < found.high
    daily = report_ratio(RETURNS, [0.5, 1.0, 1.2], 50, 1)
    assert found.probabilistic == daily.probabilistic
    assert found.deflated_noise == daily.deflated_noise


def evidence(frequency: Frequency) -> Evidence:
    series = (RETURNS, RETURNS, RETURNS[:12], RETURNS[:12])
    return Evidence(*series, periods_per_year=frequency.periods_per_year)


def test_pieces_keep_their_years() -> None:
    joined = join([evidence(MONTHLY), evidence(MONTHLY)])
    assert years_of(joined) == 50.0
    test = skill_test(joined)
    assert test.skill.years == 50.0
    assert (
        test.skill.ratio
        == joined.ratio
        == pytest.approx(mean_test(np.tile(RETURNS, 2)).ratio * math.sqrt(12 / 252))
    )


@pytest.mark.parametrize(
    ("frequency", "block"), [(DAILY, 21), (WEEKLY, 4), (MONTHLY, 1), (EVERY_DAY, 30)]
)
def test_holding_periods_are_joined_to_a_month(frequency: Frequency, block: int) -> None:
    panel = replace(small_panel(sessions=600, step=1), frequency=frequency)
    holding = holding_periods(panel, 1)
    lengths = np.bincount(holding.block)
    assert lengths[:-1].tolist() == [block] * (len(lengths) - 1)


@pytest.mark.parametrize(
    ("frequency", "embargo"), [(DAILY, 21), (WEEKLY, 4), (MONTHLY, 1), (EVERY_DAY, 30)]
)
def test_the_embargo_is_a_month(frequency: Frequency, embargo: int) -> None:
    panel = replace(small_panel(sessions=900), frequency=frequency)
    windows = walk_forward_windows(panel, VerdictSettings(windows=4))
    assert {w.test_start - w.train_stop for w in windows} == {embargo}
    none = walk_forward_windows(panel, VerdictSettings(windows=4, embargo_days=0))
    assert {w.test_start - w.train_stop for w in none} == {0}


def test_a_beta_needs_some_returns_at_any_frequency() -> None:
    counts = [fewest_returns(f) for f in (*FREQUENCIES, Frequency.stated(4))]
    assert counts == [60, 24, 24, 87, 24]
    panel = small_panel(sessions=40)
    few, enough = (market_model(panel.returns, None, n)[0] for n in (60, 24))
    assert np.ptp(few, axis=1).max() == 0.0  # every beta is 1
    assert np.ptp(enough, axis=1).max() > 0.0
    assert np.isnan(own_risk(panel.returns, 60)).all()
    assert np.isfinite(own_risk(panel.returns, 24)).all()
