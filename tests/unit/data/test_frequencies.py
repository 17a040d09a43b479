"""Factor windows, rebalances and the data's identity follow the frequency of the market."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mech_exo.config.load import load_settings
from mech_exo.config.settings import (
    BacktestSettings,
    DataSettings,
    DemoSettings,
    FactorSettings,
    Settings,
)
from mech_exo.data.build import build_panel
from mech_exo.data.frames import frame_market
from mech_exo.data.frequency import DAILY, MONTHLY, WEEKLY, Frequency
from mech_exo.data.identity import DataIdentity, differences
from mech_exo.data.market import Market
from mech_exo.data.prices import simple_returns
from mech_exo.data.sources import load_market
from mech_exo.data.technical import TECHNICAL, momentum_12_1, volatility_ratio
from mech_exo.errors import ExoError
from mech_exo.tuning.fingerprint import components_of
from tests.unit.data.one_market import Version, versions
from tests.unit.data.small_markets import garbage_after, random_market

VERSIONS = versions()
STATED = DataSettings(source="frames")
# sessions: the first rebalance, from one to the next, of 12 months, of 1 month
COUNTS = {
    "calendar-day": (365, 30, 365, 30),
    "daily": (252, 21, 252, 21),
    "weekly": (52, 4, 52, 4),
    "monthly": (12, 1, 12, 1),
    "quarterly": (4, 1, 4, 1),
}
# sessions of the recent volatility and of the usual one
WINDOWS = {
    "calendar-day": (30, 365),
    "daily": (21, 252),
    "weekly": (4, 52),
    "monthly": (3, 12),
    "quarterly": (3, 4),
}


def market_of(version: Version, data: DataSettings = STATED) -> Market:
    return frame_market(version.prices, {}, data)


@pytest.mark.parametrize("name", VERSIONS)
def test_it_is_recognised_and_decides_the_rebalances(name: str) -> None:
    market = market_of(VERSIONS[name])
    assert market.frequency.name == name
    assert market.periods_per_year == VERSIONS[name].periods_per_year
    panel = build_panel(market, Settings())
    first, step, _, _ = COUNTS[name]
    np.testing.assert_array_equal(panel.rebalance, np.arange(first, len(market.dates), step))
    assert panel.frequency == panel.between(5, 9).frequency == market.frequency
    assert market.until(40).frequency == market.frequency


@pytest.mark.parametrize("name", VERSIONS)
def test_months_stay_months(name: str) -> None:
    version = VERSIONS[name]
    _, _, year, month = COUNTS[name]
    rows = np.arange(year, len(version.prices))
    found = momentum_12_1(market_of(version), rows)
    close = version.prices.to_numpy()
    np.testing.assert_array_equal(found, close[rows - month] / close[rows - year] - 1.0)
    at: Any = version.prices.index
    days = (at[rows - month] - at[rows - year]).days  # eleven months
    assert 250 <= np.median(days) <= 350
    half = momentum_12_1(market_of(version), rows, momentum_window=6)
    far = max(month + 1, round(6 * 21 * version.periods_per_year / 252))
    np.testing.assert_array_equal(half, close[rows - month] / close[rows - far] - 1.0)


@pytest.mark.parametrize("name", VERSIONS)
def test_volatility_windows_are_the_same_time_and_hold_a_deviation(name: str) -> None:
    version = VERSIONS[name]
    short, long = WINDOWS[name]
    rows = np.arange(long, len(version.prices))
    found = volatility_ratio(market_of(version), rows)
    returns = version.prices.pct_change()
    by_hand = returns.rolling(short).std() / returns.rolling(long).std()
    np.testing.assert_allclose(found, by_hand.to_numpy()[rows], rtol=1e-10)


@pytest.mark.parametrize("windows", [(2, 3), (2, 252), (5, 6), (60, 63), (3, 10_000)])
def test_every_pair_of_windows_has_an_order_in_every_frequency(windows: tuple[int, int]) -> None:
    for version in VERSIONS.values():
        market = market_of(version)
        last = np.array([len(market.dates) - 1])
        ratio = volatility_ratio(market, last, *windows)
        returns = simple_returns(market.close)
        if windows[1] < 252:
            assert np.isfinite(ratio).all()
            assert (np.abs(ratio - 1.0) > 1e-9).any(), returns.shape  # not a window over itself


@pytest.mark.parametrize("frequency", [WEEKLY, MONTHLY, Frequency.stated(100.0)])
@pytest.mark.parametrize("stop", [60, 140, 250])
def test_what_comes_later_changes_no_factor(frequency: Frequency, stop: int) -> None:
    market = replace(random_market(3), frequency=frequency)
    later = garbage_after(market, stop, 2)
    rows = np.arange(stop)
    for function in TECHNICAL.values():
        np.testing.assert_array_equal(function(market, rows), function(later, rows))
    panels = [
        build_panel(m, Settings(factors=FactorSettings(min_history=60))) for m in (market, later)
    ]
    kept = panels[0].rebalance < stop
    assert kept.any()
    np.testing.assert_array_equal(panels[0].rebalance[kept], panels[1].rebalance[: kept.sum()])
    np.testing.assert_array_equal(panels[0].exposures[kept], panels[1].exposures[: kept.sum()])


def test_a_number_decides_over_the_dates() -> None:
    for version in VERSIONS.values():
        market = market_of(version, DataSettings(source="frames", periods_per_year=50.0))
        assert (market.periods_per_year, market.frequency.name) == (50.0, "")
        assert "50 sessions a year (data.periods_per_year)" in market.frequency.words


def test_a_mixture_is_taken_where_a_number_says_so() -> None:
    monthly, daily = (VERSIONS[n].prices for n in ("monthly", "daily"))
    mixed = pd.concat([monthly[:60], daily[daily.index > monthly.index[60]]])
    version = Version(mixed, 252.0)
    with pytest.raises(ExoError, match="monthly until 2013-02-01 and daily from 2013-02-04 on"):
        market_of(version)
    by_hand = DataSettings(source="frames", periods_per_year=252.0)
    assert market_of(version, by_hand).periods_per_year == 252.0
    later = DataSettings(source="frames", start="2013-02-04")
    assert market_of(version, later).frequency == DAILY


def test_auto_is_the_default_by_name() -> None:
    stated = load_settings(overrides={"data.periods_per_year": "auto"}, environment={})
    assert stated == load_settings(environment={})
    assert "periods_per_year" not in json.dumps(stated.as_dict())
    from_outside = load_settings(environment={"EXO_DATA__PERIODS_PER_YEAR": "12"})
    assert from_outside.data.periods_per_year == 12.0
    for wrong, says in ((0, "between 1 and 366"), ("weekly", "expected a number"), (400, "366")):
        with pytest.raises(ExoError, match=says):
            load_settings(overrides={"data.periods_per_year": wrong}, environment={})


def test_the_identity_of_daily_data_is_what_it_was_and_others_name_theirs() -> None:
    settings = Settings(data=DataSettings(demo=DemoSettings(symbols=8, years=3)))
    panel = build_panel(load_market(settings), settings)
    plain = DataIdentity.of(panel)
    assert "periods_per_year" not in plain.as_dict()
    assert not any("sessions_a_year" in name for name in plain.as_components())
    other = DataIdentity.of(replace(panel, frequency=WEEKLY))
    assert other.fingerprint != plain.fingerprint
    assert other.as_dict()["periods_per_year"] == 52.0
    assert DataIdentity.from_dict(other.as_dict()) == other
    assert DataIdentity.from_components(other.as_components()) == other
    assert DataIdentity.from_components(plain.as_components()) == plain
    assert differences(plain, other) == ["a year has 52 sessions, had 252 (data.periods_per_year)"]


def test_a_frozen_end_is_a_matter_of_days() -> None:
    """Five sessions of a daily market; a holiday week of calendar days, two months."""

    def frozen(name: str, sessions: int) -> Version:
        prices = VERSIONS[name].prices.copy()
        prices.iloc[-sessions:] = prices.iloc[-sessions - 1]
        return Version(prices, 0.0)

    for name, sessions in (("daily", 5), ("calendar-day", 7), ("weekly", 2), ("monthly", 2)):
        market_of(frozen(name, sessions - 1))
        with pytest.raises(ExoError, match="all prices stand still"):
            market_of(frozen(name, sessions))


def test_a_long_wait_for_the_first_rebalance_is_told_in_sessions() -> None:
    short = Version(VERSIONS["monthly"].prices[:12], 12.0)
    with pytest.raises(ExoError, match="has 12 sessions, the first rebalance needs 13"):
        build_panel(market_of(short), Settings())
    settings = Settings(backtest=BacktestSettings(rebalance_days=63))
    panel = build_panel(market_of(VERSIONS["monthly"]), settings)
    assert set(np.diff(panel.rebalance)) == {3}


def test_252_by_hand_is_what_monthly_data_were_before_they_were_recognised() -> None:
    """So a study of that time goes on: nothing of its identity, windows or dates is another."""
    by_hand = DataSettings(source="frames", periods_per_year=252.0)
    settings = Settings(data=by_hand, factors=FactorSettings(min_history=40))
    panel = build_panel(market_of(VERSIONS["monthly"], by_hand), settings)
    identity = DataIdentity.of(panel)
    assert "periods_per_year" not in identity.as_dict()
    before = replace(market_of(VERSIONS["monthly"]), frequency=DAILY)
    assert DataIdentity.of(build_panel(before, settings)) == identity
    unset = replace(settings, data=DataSettings(source="frames"))
    assert _components(settings, identity) == _components(unset, identity)


def _components(settings: Settings, identity: DataIdentity) -> dict[str, str]:
    return components_of(
        settings,
        objective_sha256="",
        space={},
        thresholds={},
        objectives=(),
        data=identity,
        kernel_version="2",
    )
