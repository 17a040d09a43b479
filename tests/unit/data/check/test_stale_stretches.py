"""Prices that stand still while others move."""

import numpy as np

from mech_exo.data.check.stale_stretches import carried, frozen
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import calm_market, damaged, found

N = 3


def test_a_long_stretch_is_a_warning_with_its_name_and_day() -> None:
    def damage(close: FloatArray) -> None:
        close[100:130, N] = close[100, N]

    market = damaged(calm_market(), damage)
    assert found(frozen, market) == [("warning", f"frozen:N03:{market.dates[100]}")]


def test_several_names_are_one_warning() -> None:
    def damage(close: FloatArray) -> None:
        close[100:130, N] = close[100, N]
        close[200:260, 5] = close[200, 5]

    assert found(frozen, damaged(calm_market(), damage)) == [("warning", "frozen")]


def test_a_delisted_name_that_is_carried_forward_is_an_error() -> None:
    def damage(close: FloatArray) -> None:
        close[300:, N] = close[300, N]

    market = damaged(calm_market(), damage)
    assert found(frozen, market) == [("error", f"frozen:N03:{market.dates[300]}")]


def test_a_fortnight_is_none() -> None:
    def damage(close: FloatArray) -> None:
        close[100:115, N] = close[100, N]

    assert found(frozen, damaged(calm_market(), damage)) == []


def test_a_share_that_seldom_trades_is_none() -> None:
    rng = np.random.default_rng(1)

    def damage(close: FloatArray) -> None:
        traded = np.asarray(rng.random(len(close)) < 0.15)
        traded[0] = True
        last = np.maximum.accumulate(np.where(traded, np.arange(len(close)), 0))
        close[:, N] = close[last, N]

    assert found(frozen, damaged(calm_market(), damage)) == []


def test_weekly_prices_that_were_filled_are_none() -> None:
    def damage(close: FloatArray) -> None:
        close[:] = close[np.arange(len(close)) // 5 * 5]

    assert found(frozen, damaged(calm_market(), damage)) == []


def test_a_share_at_the_lowest_price_there_is_is_none() -> None:
    def damage(close: FloatArray) -> None:
        close[:, N] = 0.01
        close[:100:7, N] = 0.02

    assert found(frozen, damaged(calm_market(), damage)) == []


def test_when_all_stand_still_it_is_no_name() -> None:
    def damage(close: FloatArray) -> None:
        close[100:130] = close[100]

    assert found(frozen, damaged(calm_market(), damage)) == []


def test_holidays_that_were_filled_are_one_warning() -> None:
    def damage(close: FloatArray) -> None:
        for t in (50, 120, 200):
            close[t] = close[t - 1]

    assert found(carried, damaged(calm_market(), damage)) == [("warning", "carried")]


def test_quiet_days_of_seldom_traded_shares_are_none() -> None:
    rng = np.random.default_rng(2)

    def damage(close: FloatArray) -> None:
        traded = rng.random(close.shape) < 0.3
        last = np.maximum.accumulate(np.where(traded, np.arange(len(close))[:, None], 0), axis=0)
        close[:] = np.take_along_axis(close, last, axis=0)

    assert found(carried, damaged(calm_market(names=20), damage)) == []
    assert found(carried, calm_market()) == []
