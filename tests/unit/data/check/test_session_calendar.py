"""Sessions that are none."""

from dataclasses import replace
from datetime import date

import numpy as np

from mech_exo.config.settings import Settings
from mech_exo.data.check.session_calendar import future, thin, weekend
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import calm_market, damaged, found

DECIDED = 21 + 5 * 21


def test_one_name_on_a_day_of_decision_is_an_error() -> None:
    def damage(close: FloatArray) -> None:
        close[DECIDED, 1:] = np.nan

    market = damaged(calm_market(), damage)
    assert found(thin, market) == [("error", f"thin:{market.dates[DECIDED]}")]


def test_one_name_on_another_day_is_a_warning() -> None:
    def damage(close: FloatArray) -> None:
        close[DECIDED + 1, 1:] = np.nan

    market = damaged(calm_market(), damage)
    assert found(thin, market) == [("warning", f"thin:{market.dates[DECIDED + 1]}")]


def test_more_than_half_of_the_names_and_a_growing_universe_are_none() -> None:
    def damage(close: FloatArray) -> None:
        close[DECIDED, :3] = np.nan
        for n in range(12):
            close[: 20 * n, n] = np.nan

    assert found(thin, damaged(calm_market(), damage)) == []


def test_prices_that_come_seldom_are_none() -> None:
    rng = np.random.default_rng(0)

    def damage(close: FloatArray) -> None:
        close[rng.random(close.shape) < 0.7] = np.nan

    assert found(thin, damaged(calm_market(names=40), damage)) == []


def test_a_saturday_among_weekdays_is_a_warning() -> None:
    market = calm_market()
    dates = market.dates.copy()
    friday = int(np.flatnonzero((dates.astype(np.int64) + 3) % 7 == 4)[10])
    dates[friday] += 1
    assert found(weekend, replace(market, dates=dates)) == [("warning", f"weekend:{dates[friday]}")]


def test_markets_that_trade_on_weekends_are_none() -> None:
    market = calm_market()
    every_day = np.datetime64("2020-01-01") + np.arange(400)
    assert found(weekend, replace(market, dates=every_day)) == []
    days = np.datetime64("2020-01-05") + np.arange(600)
    from_sunday = days[np.is_busday(days, weekmask="1111001")][:400]
    assert found(weekend, replace(market, dates=from_sunday)) == []
    assert found(weekend, market) == []


def test_a_session_after_today_is_an_error() -> None:
    market = calm_market()
    dates = market.dates.copy()
    dates[-1] = np.datetime64("2099-01-01")
    late = replace(market, dates=dates)
    assert found(future, late) == [("error", "future:2099-01-01")]
    assert found(future, late, today=date(2098, 12, 31)) == []  # tomorrow, elsewhere
    assert found(future, late, Settings()) == []  # the demo has the dates that it has
    assert found(future, market) == []
