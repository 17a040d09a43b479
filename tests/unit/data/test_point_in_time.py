"""Nothing that becomes known after t moves a score, a return or the grid up to t."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from small_markets import SETTINGS, garbage_after, random_market

from mech_exo.config.settings import DemoSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.demo import demo_market
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel


def assert_same_until(whole: Panel, other: Panel, stop: int) -> None:
    assert whole.factor_names == other.factor_names
    expected, actual = whole.between(0, stop), other.between(0, stop)
    np.testing.assert_array_equal(expected.rebalance, actual.rebalance)
    for name in ("exposures", "returns", "tradable"):
        np.testing.assert_array_equal(
            getattr(expected, name), getattr(actual, name), err_msg=name, strict=True
        )
    assert expected.fingerprint == actual.fingerprint


@hypothesis_settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), stop=st.integers(16, 320))
def test_later_data_change_nothing_before(seed: int, stop: int) -> None:
    market = random_market(seed)
    whole = build_panel(market, SETTINGS)
    assert_same_until(whole, build_panel(market.until(stop), SETTINGS), stop)
    assert_same_until(whole, build_panel(garbage_after(market, stop, seed), SETTINGS), stop)


@pytest.mark.parametrize("stop", [253, 700, 1200])
def test_the_demo_is_point_in_time(stop: int) -> None:
    market = demo_market(DemoSettings(symbols=20, years=5))
    whole = build_panel(market, Settings())
    assert_same_until(whole, build_panel(market.until(stop), Settings()), stop)
    assert_same_until(whole, build_panel(garbage_after(market, stop, 1), Settings()), stop)


def test_the_check_would_see_a_leak() -> None:
    """A market whose facts are dated on the period end instead does change."""
    market = random_market(3)
    early = {
        name: type(v)(v.symbol, v.period_end, v.period_end, v.value)
        for name, v in market.vintages.items()
    }
    leaking = Market(
        dates=market.dates, symbols=market.symbols, close=market.close, vintages=early
    )
    honest = build_panel(market, SETTINGS)
    k = honest.factor_names.index("return_on_equity")
    leaked = build_panel(leaking, SETTINGS)
    j = leaked.factor_names.index("return_on_equity")
    assert not np.array_equal(
        honest.exposures[:, :, k], leaked.exposures[:, :, j], equal_nan=True
    )
