"""Nothing that becomes known after t moves a score, a return or the grid up to t."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mech_exo.config.settings import DemoSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.demo import demo_market
from mech_exo.data.identity import DataIdentity
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from tests.unit.data.small_markets import (
    NARROWED,
    SETTINGS,
    garbage_after,
    random_market,
    universe_market,
)


def assert_same_until(whole: Panel, other: Panel, stop: int) -> None:
    assert whole.factor_names == other.factor_names
    expected, actual = whole.between(0, stop), other.between(0, stop)
    np.testing.assert_array_equal(expected.rebalance, actual.rebalance)
    for name in ("exposures", "returns", "tradable"):
        np.testing.assert_array_equal(
            getattr(expected, name), getattr(actual, name), err_msg=name, strict=True
        )
    assert expected.fingerprint == actual.fingerprint
    assert DataIdentity.of(expected) == DataIdentity.of(actual)


@hypothesis_settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), stop=st.integers(16, 320))
def test_later_data_change_nothing_before(seed: int, stop: int) -> None:
    market = random_market(seed)
    whole = build_panel(market, SETTINGS)
    assert_same_until(whole, build_panel(market.until(stop), SETTINGS), stop)
    assert_same_until(whole, build_panel(garbage_after(market, stop, seed), SETTINGS), stop)


@hypothesis_settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), stop=st.integers(40, 320))
def test_later_members_sectors_volume_and_sizes_change_nothing_before(seed: int, stop: int) -> None:
    market = universe_market(seed)
    whole = build_panel(market, NARROWED)
    assert 0.1 < whole.tradable.mean() < 0.9
    assert whole.eligible is not None
    assert_same_until(whole, build_panel(market.until(stop), NARROWED), stop)
    assert_same_until(whole, build_panel(garbage_after(market, stop, seed), NARROWED), stop)


@pytest.mark.parametrize("stop", [253, 700, 1200])
def test_the_demo_is_point_in_time(stop: int) -> None:
    market = demo_market(DemoSettings(symbols=20, years=5))
    whole = build_panel(market, Settings())
    assert_same_until(whole, build_panel(market.until(stop), Settings()), stop)
    assert_same_until(whole, build_panel(garbage_after(market, stop, 1), Settings()), stop)


def dated_on_period_ends(market: Market) -> Market:
    early = {n: replace(v, available=v.period_end) for n, v in market.vintages.items()}
    return replace(market, vintages=early)


def test_the_check_sees_a_join_on_period_ends() -> None:
    market = random_market(3)
    whole = build_panel(dated_on_period_ends(market), SETTINGS)
    then = build_panel(dated_on_period_ends(market.until(200)), SETTINGS)
    with pytest.raises(AssertionError, match="exposures"):
        assert_same_until(whole, then, 200)
