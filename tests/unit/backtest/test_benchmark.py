"""The benchmark without cash: names that could not be traded, and what was bought for nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mech_exo.backtest import settlement
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import FloatArray, Panel
from tests.unit.backtest import reference
from tests.unit.backtest.markets import panel_of, suspended_panel

ONE_PERCENT = BacktestSettings(commission_bps=100.0, slippage_bps=0.0)
NAN = float("nan")


def benchmark(panel: Panel, rules: BacktestSettings, cash: float = 0.0) -> FloatArray:
    """The benchmark's returns, which the daily loop must confirm."""
    found = Kernel(panel, rules).benchmark_returns(cash)
    expected = reference.run_benchmark(panel, rules, cash).returns
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    return found


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    names=st.integers(1, 4),
    every=st.sampled_from([1, 2, 3, 5]),
    missing=st.sampled_from([0.3, 0.5, 0.8]),
    volatility=st.sampled_from([0.0, 0.03]),
    cost=st.sampled_from([0.0, 100.0, 2000.0]),
    cash=st.sampled_from([0.0, 0.0, 0.2, 1.0]),
    delist_after=st.sampled_from([1, 2, 10]),
)
def test_agrees_with_the_daily_loop_without_cash(
    seed: int,
    names: int,
    every: int,
    missing: float,
    volatility: float,
    cost: float,
    cash: float,
    delist_after: int,
) -> None:
    panel = suspended_panel(seed, names=names, every=every, missing=missing, volatility=volatility)
    rules = BacktestSettings(commission_bps=cost, slippage_bps=0.0, delist_after=delist_after)
    benchmark(panel, rules, cash)


def two_names(tradable: list[list[int]], *, without: slice | int) -> Panel:
    """Flat prices, executions on 2, 5, 8, 11; name 0 lacks a price at the sessions `without`."""
    r = np.zeros((14, 2))
    r[without, 0] = NAN
    return panel_of(r, rebalance=[1, 4, 7, 10], tradable=np.array(tradable, dtype=bool))


def test_purchase_after_all_was_set_aside_costs() -> None:
    # name 0, all that is held, has no price at the second execution: nothing can be bought there
    panel = two_names([[1, 0], [0, 1], [1, 1], [1, 1]], without=5)
    returns = benchmark(panel, ONE_PERCENT)
    growth = np.cumprod(1.0 + returns)
    # half of name 0 is sold and name 1 bought: of 1/1.01 of the beginning, 1 % is paid
    assert returns[6] == pytest.approx(-0.01, abs=1e-15)
    assert growth[6] - growth[5] == pytest.approx(-0.0099, abs=1e-6)


def test_switch_after_all_was_set_aside_costs_twice() -> None:
    panel = two_names([[1, 0], [0, 1], [0, 1], [0, 1]], without=5)
    # x = 1 − c·(1 + x): all of name 0 is sold, all goes into name 1
    assert benchmark(panel, ONE_PERCENT)[6] == pytest.approx(0.99 / 1.01 - 1.0, abs=1e-15)


def test_purchase_from_cash_after_a_delisting_costs_once() -> None:
    # set aside at 5, delisted at 7 with its cost; the proceeds buy name 1 at 8
    panel = two_names([[1, 0], [0, 1], [0, 1], [0, 1]], without=slice(5, None))
    rules = BacktestSettings(commission_bps=100.0, slippage_bps=0.0, delist_after=3)
    returns = benchmark(panel, rules)
    assert returns[5] == pytest.approx(-0.01, abs=1e-15)
    assert returns[6] == pytest.approx(1 / 1.01 - 1.0, abs=1e-15)  # −0.0099


def test_names_that_multiply_between_two_executions() -> None:
    rng = np.random.default_rng(2)
    r = np.full((62, 12), NAN)
    r[1:] = np.exp(rng.normal(0.3, 0.6, (61, 12))) - 1.0  # by 10 and more in five sessions
    growth = np.multiply.accumulate(1.0 + np.nan_to_num(r))[2::5]
    assert (growth[1:] / growth[:-1]).max() > 100.0
    benchmark(panel_of(r), ONE_PERCENT)


def test_the_first_name_set_aside_keeps_its_value() -> None:
    r = np.zeros((14, 2))
    r[[5, 8], 0] = NAN  # executions on 2, 5, 8, 11
    r[[6, 9], 0] = 1.0, 0.5
    panel = panel_of(r, rebalance=[1, 4, 7, 10])
    rules = BacktestSettings(commission_bps=0.0, slippage_bps=0.0)
    returns = benchmark(panel, rules)
    # set aside at 5 and again at 8: half of all doubles, then two thirds of all gain a half
    assert returns[4] == pytest.approx(1 / 2, abs=1e-15)
    assert returns[7] == pytest.approx(1 / 3, abs=1e-15)
    assert np.count_nonzero(returns) == 2


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    names=st.integers(1, 5),
    every=st.sampled_from([1, 2, 4]),
    missing=st.sampled_from([0.1, 0.3, 0.6]),
    volatility=st.sampled_from([0.0, 0.03, 0.08]),
    cost=st.sampled_from([0.0, 10.0, 2000.0]),
    cash=st.sampled_from([0.0, 0.05, 0.4, 1.0]),
)
def test_rough_passes_change_no_bit(
    seed: int, names: int, every: int, missing: float, volatility: float, cost: float, cash: float
) -> None:
    """Of the benchmark, and of a candidate whose holdings could not all be traded."""
    panel = suspended_panel(seed, names=names, every=every, missing=missing, volatility=volatility)
    kernel = Kernel(panel, BacktestSettings(commission_bps=cost, slippage_bps=0.0, delist_after=10))
    candidate = Candidate(np.ones(panel.exposures.shape[2]), cash, 0.1, 0.5)
    found = []
    for passes in (settlement.ROUGH_PASSES, 0, 2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settlement, "ROUGH_PASSES", passes)
            run = kernel.run(candidate)
            found.append(
                run.benchmark_returns.tobytes() + run.returns.tobytes() + run.traded.tobytes()
            )
    assert found[0] == found[1] == found[2]
