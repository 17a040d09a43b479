"""Technical factors against plain formulas."""

import numpy as np
import pytest

from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray
from mech_exo.data.prices import last_known, simple_returns
from mech_exo.data.technical import TECHNICAL, momentum_12_1, rsi_14, volatility_ratio
from tests.unit.data.small_markets import random_market


def market_of(close: FloatArray) -> Market:
    dates = np.datetime64("2020-01-01") + np.arange(len(close))
    return Market(dates, tuple(f"S{i}" for i in range(close.shape[1])), close)


def walk(sessions: int, names: int = 2, seed: int = 0) -> FloatArray:
    rng = np.random.default_rng(seed)
    steps = 1.0 + rng.normal(0.0, 0.02, (sessions, names))
    return 50.0 * np.cumprod(steps, axis=0, dtype=np.float64)


def wilder(close: FloatArray, period: int = 14) -> float:
    """RSI of one name's known closes, from Wilder's worksheet."""
    change = np.diff(close)
    gain, loss = np.maximum(change, 0.0), np.maximum(-change, 0.0)
    up, down = gain[:period].mean(), loss[:period].mean()
    for g, d in zip(gain[period:], loss[period:], strict=True):
        up, down = ((period - 1) * up + g) / period, ((period - 1) * down + d) / period
    return float(100.0 - 100.0 / (1.0 + up / down))


@pytest.mark.parametrize("t", [14, 15, 60, 199])
def test_rsi_is_wilders(t: int) -> None:
    close = walk(200)
    close[30:33, 1] = np.nan
    values = rsi_14(market_of(close), np.array([t]))[0]
    for n in range(2):
        known = close[: t + 1, n][~np.isnan(close[: t + 1, n])]
        assert values[n] == pytest.approx(wilder(known), abs=1e-10)


@pytest.mark.parametrize("period", [5, 9, 30])
def test_rsi_over_other_windows(period: int) -> None:
    close = walk(200)
    values = rsi_14(market_of(close), np.array([period - 1, period, 199]), period)
    assert np.isnan(values[0]).all()
    for m, t in ((1, period), (2, 199)):
        for n in range(2):
            expected = wilder(close[: t + 1, n], period)
            assert values[m, n] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("months", [2, 6, 13])
def test_momentum_over_other_windows_leaves_out_the_same_month(months: int) -> None:
    close = walk(300)
    far = 21 * months
    values = momentum_12_1(market_of(close), np.array([far - 1, far, 290]), months)
    assert np.isnan(values[0]).all()
    np.testing.assert_array_equal(values[1], close[far - 21] / close[0] - 1.0)
    np.testing.assert_array_equal(values[2], close[269] / close[290 - far] - 1.0)


def test_volatility_ratio_over_other_windows() -> None:
    close = walk(300)
    returns = close[1:] / close[:-1] - 1.0  # row t − 1 is the return of session t
    value = volatility_ratio(market_of(close), np.array([280]), 5, 60)[0]
    expected = returns[275:280].std(axis=0, ddof=1) / returns[220:280].std(axis=0, ddof=1)
    np.testing.assert_allclose(value, expected, atol=1e-12)


def test_rsi_extremes() -> None:
    rising = np.linspace(1.0, 2.0, 30)
    close = np.stack([rising, rising[::-1], np.ones(30)], axis=1)
    values = rsi_14(market_of(close), np.array([13, 29]))
    assert np.isnan(values[0]).all()  # 13 changes are too few
    assert list(values[1, :2]) == [100.0, 0.0]
    assert np.isnan(values[1, 2])  # a price that never moved has none


def test_momentum_leaves_out_the_last_month() -> None:
    close = walk(300)
    values = momentum_12_1(market_of(close), np.array([251, 252, 290]))
    assert np.isnan(values[0]).all()
    np.testing.assert_array_equal(values[1], close[231] / close[0] - 1.0)
    np.testing.assert_array_equal(values[2], close[269] / close[38] - 1.0)


def test_momentum_over_a_gap_uses_the_last_known_close() -> None:
    close = walk(300)
    close[38, 0] = close[269, 0] = np.nan
    close[:40, 1] = np.nan  # not listed a year before
    value = momentum_12_1(market_of(close), np.array([290]))[0]
    assert value[0] == close[268, 0] / close[37, 0] - 1.0
    assert np.isnan(value[1])


def test_volatility_ratio_is_of_sample_deviations() -> None:
    close = walk(300)
    returns = close[1:] / close[:-1] - 1.0
    value = volatility_ratio(market_of(close), np.array([280]))[0]
    expected = returns[259:280].std(axis=0, ddof=1) / returns[28:280].std(axis=0, ddof=1)
    np.testing.assert_allclose(value, expected, atol=1e-12)


def test_volatility_ratio_needs_two_thirds_of_its_windows() -> None:
    close = np.concatenate([walk(300, 3), np.ones((300, 1))], axis=1)
    close[: 281 - 169, 0] = np.nan  # 169 prices: 168 returns, just enough
    close[: 281 - 168, 1] = np.nan
    close[270:278, 2] = np.nan  # 13 of 21
    value = volatility_ratio(market_of(close), np.array([280]))[0]
    assert np.isfinite(value[0])
    assert np.isnan(value[1:]).all()  # the last one never moved


@pytest.mark.parametrize("name", sorted(TECHNICAL))
def test_each_date_alone_gives_the_same(name: str) -> None:
    market = random_market(5)
    rows = np.array([14, 100, 253, 319])
    together = TECHNICAL[name](market, rows)
    for m, t in enumerate(rows):
        np.testing.assert_array_equal(TECHNICAL[name](market, np.array([t]))[0], together[m])


def test_returns_span_a_gap() -> None:
    nan = np.nan
    close = np.array([[nan, 10.0], [4.0, nan], [5.0, nan], [nan, 12.0]])
    np.testing.assert_array_equal(last_known(close)[:, 1], [10.0, 10.0, 10.0, 12.0])
    np.testing.assert_allclose(
        simple_returns(close), [[nan, nan], [nan, nan], [0.25, nan], [nan, 0.2]]
    )
