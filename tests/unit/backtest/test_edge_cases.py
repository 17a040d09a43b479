"""Named edge cases: kernel against the daily loop, and against figures worked out by hand."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.result import BacktestResult
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.errors import ExoError
from tests.unit.backtest.comparison import agree, candidate
from tests.unit.backtest.markets import panel_of

NAN = float("nan")
Case = Callable[[dict[str, Any]], BacktestResult]
CASES: dict[str, Case] = {}


def case(function: Case) -> Case:
    CASES[function.__name__] = function
    return function


def flat(sessions: int = 16, names: int = 4) -> FloatArray:
    return np.zeros((sessions, names))


def noisy(sessions: int = 40, names: int = 6, seed: int = 0, sigma: float = 0.03) -> FloatArray:
    return np.random.default_rng(seed).normal(0.0, sigma, (sessions, names))


def scores_of(panel: Panel, factors: int, seed: int = 3) -> FloatArray:
    shape = (len(panel.rebalance), len(panel.symbols), factors)
    return np.random.default_rng(seed).standard_normal(shape)


def exits(result: BacktestResult) -> list[tuple[int, int, str]]:
    p = result.positions
    return list(
        zip(
            (p.exit_date + result.first).tolist(),
            p.exit_name.tolist(),
            p.exit_reason,
            strict=True,
        )
    )


def rules(changes: dict[str, Any], **more: Any) -> BacktestSettings:
    return BacktestSettings(**{**changes, **more})


@case
def constant_prices_lose_the_costs_once(changes: dict[str, Any]) -> BacktestResult:
    result = agree(panel_of(flat()), rules(changes), candidate())
    # 90 % invested from cash: x = 1 − c·0.9·x
    assert result.returns[0] == pytest.approx(1 / (1 + 0.001 * 0.9) - 1, abs=1e-15)
    assert np.abs(result.returns[1:]).max() < 1e-15
    return result


@case
def all_cash(changes: dict[str, Any]) -> BacktestResult:
    result = agree(panel_of(noisy()), rules(changes), candidate(cash=1.0))
    assert not result.returns.any()
    assert np.isnan(result.sharpe)
    return result


@case
def zero_weights_hold_nothing(changes: dict[str, Any]) -> BacktestResult:
    result = agree(panel_of(noisy()), rules(changes), candidate(0.0))
    assert not result.holdings.any()
    assert not result.returns.any()
    return result


@case
def all_nan_factor_alone_ranks_nobody(changes: dict[str, Any]) -> BacktestResult:
    r = noisy()
    panel = panel_of(r, np.full((8, 6, 1), NAN), np.arange(1, 40, 5))
    result = agree(panel, rules(changes), candidate())
    assert not result.holdings.any()
    return result


@case
def all_nan_factor_beside_a_heavier_one(changes: dict[str, Any]) -> BacktestResult:
    z = scores_of(panel_of(noisy()), 2)
    z[:, :, 1] = NAN
    result = agree(panel_of(noisy(), z), rules(changes), candidate(1.0, 0.9))
    assert result.holdings.any()
    return result


@case
def all_nan_factor_beside_a_lighter_one_ranks_nobody(changes: dict[str, Any]) -> BacktestResult:
    z = scores_of(panel_of(noisy()), 2)
    z[:, :, 1] = NAN
    result = agree(panel_of(noisy(), z), rules(changes), candidate(0.9, 1.0))
    assert not result.holdings.any()
    return result


@case
def exactly_half_known_is_ranked(changes: dict[str, Any]) -> BacktestResult:
    z = scores_of(panel_of(noisy()), 3)
    z[:, :3, 2] = NAN
    result = agree(panel_of(noisy(), z), rules(changes), candidate(0.1, -0.2, 0.3))
    assert result.holdings[:, :3].any()
    return result


@case
def missing_scores_are_rescaled(changes: dict[str, Any]) -> BacktestResult:
    # 0: 1·1 of 1.5 known → 1.5; 1: 1·1 + 0.5·0.9 → 1.45
    z = np.array([[1.0, NAN], [1.0, 0.9], [0.0, 0.0]])
    panel = panel_of(noisy(names=3), z)
    result = agree(panel, rules(changes), candidate(1.0, 0.5, size=0.9))
    assert (result.holdings[:, 0] > 0).all()
    return result


@case
def unknown_factor_of_weight_zero_does_not_matter(changes: dict[str, Any]) -> BacktestResult:
    z = scores_of(panel_of(noisy()), 2)
    z[:, ::2, 1] = NAN
    result = agree(panel_of(noisy(), z), rules(changes), candidate(1.0, 0.0))
    other = agree(panel_of(noisy(), z[:, :, :1]), rules(changes), candidate(1.0))
    assert result.returns.tobytes() == other.returns.tobytes()
    return result


@case
def ties_go_to_the_first_symbol(changes: dict[str, Any]) -> BacktestResult:
    result = agree(panel_of(noisy(), np.zeros((6, 1))), rules(changes), candidate(cash=0.5))
    assert (result.holdings[:, :2] > 0).all()
    assert not result.holdings[:, 2:].any()
    return result


@case
def ties_by_symbol_in_an_unsorted_panel(changes: dict[str, Any]) -> BacktestResult:
    panel = panel_of(noisy(), np.zeros((6, 1)), symbols=("F", "B", "A", "E", "D", "C"))
    result = agree(panel, rules(changes), candidate(cash=0.5))
    assert (result.holdings[:, [1, 2]] > 0).all()
    assert np.count_nonzero(result.holdings) == 2 * len(result.holdings)
    return result


@case
def tie_within_the_grid(changes: dict[str, Any]) -> BacktestResult:
    z = np.array([[1.0], [1.0 + 1e-11], [1.0 + 2e-11], [0.0]])
    result = agree(panel_of(noisy(names=4), z), rules(changes), candidate(size=0.9))
    assert (result.holdings[:, 0] > 0).all()
    return result


@case
def tie_for_the_last_place_only(changes: dict[str, Any]) -> BacktestResult:
    z = np.array([[0.0], [1.0], [0.0], [2.0], [0.0], [0.0]])
    result = agree(panel_of(noisy(), z), rules(changes), candidate(cash=0.25))
    assert (result.holdings[:, [0, 1, 3]] > 0).all()
    assert not result.holdings[:, [2, 4, 5]].any()
    return result


@case
def too_few_names_leave_cash(changes: dict[str, Any]) -> BacktestResult:
    result = agree(panel_of(noisy(names=2)), rules(changes), candidate(cash=0.0))
    assert result.holdings.sum(axis=1) == pytest.approx(0.5)
    return result


@case
def weights_below_the_cap(changes: dict[str, Any]) -> BacktestResult:
    result = agree(panel_of(noisy()), rules(changes), candidate(cash=0.1, size=0.4))
    assert result.holdings[0, :3] == pytest.approx(0.3)
    return result


@case
def a_quotient_a_hair_above_a_whole_number(changes: dict[str, Any]) -> BacktestResult:
    assert 0.9 / 0.3 > 3.0 or (1.0 - 0.4) / 0.2 != 3.0
    result = agree(panel_of(noisy()), rules(changes), candidate(cash=0.1, size=0.3))
    assert (np.count_nonzero(result.holdings, axis=1) == 3).all()
    return result


@case
def one_stock(changes: dict[str, Any]) -> BacktestResult:
    result = agree(panel_of(noisy(names=1)), rules(changes), candidate(cash=0.0, size=1.0))
    assert result.holdings[0, 0] == pytest.approx(1.0)
    return result


@case
def one_stock_without_a_price_at_a_rebalance(changes: dict[str, Any]) -> BacktestResult:
    r = noisy(names=1)
    r[[7, 12, 13]] = NAN
    return agree(panel_of(r), rules(changes), candidate(cash=0.0, size=1.0))


@case
def late_listing(changes: dict[str, Any]) -> BacktestResult:
    r = noisy()
    r[:18, 0] = NAN  # the best name
    result = agree(panel_of(r), rules(changes), candidate())
    held = result.holdings[:, 0] > 0
    assert not held[:4].any()
    assert held[4:].all()
    return result


@case
def first_price_on_the_decision_date(changes: dict[str, Any]) -> BacktestResult:
    r = noisy()
    r[:7, 0] = NAN
    tradable = np.isfinite(r[1::5])
    tradable[1, 0] = True  # its first price is on date 6, its first return on 7
    result = agree(panel_of(r, tradable=tradable), rules(changes), candidate())
    assert (result.holdings[1:, 0] > 0).all()
    return result


@case
def delisting_in_mid_hold(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 6)
    r[8:, 0] = NAN
    result = agree(panel_of(r, every=30), rules(changes, delisting_return=0.3), candidate())
    assert exits(result) == [(17, 0, "delisting")]  # ten sessions without a price: 8 to 17
    loss = result.holdings[0, 0] * (1 - 0.7 * 0.999)
    assert result.returns[17 - result.first] == pytest.approx(-loss, abs=1e-12)
    return result


@case
def delisting_waits_through_a_rebalance(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 6)
    r[10:, 0] = NAN  # executions on 2, 7, 12, 17
    result = agree(panel_of(r), rules(changes, delisting_return=0.5), candidate())
    assert exits(result) == [(19, 0, "delisting")]
    assert (result.holdings[2:4, 0] > 0).all()
    assert not result.holdings[4:, 0].any()
    return result


@case
def delisting_on_a_rebalance_date(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 6)
    r[8:, 0] = NAN
    result = agree(panel_of(r), rules(changes, delisting_return=0.5), candidate())
    assert exits(result) == [(17, 0, "delisting")]
    assert not result.holdings[3:, 0].any()
    return result


@case
def delisting_with_a_total_loss(changes: dict[str, Any]) -> BacktestResult:
    r = noisy(40, 6, sigma=0.005)
    r[8:, 0] = NAN
    return agree(panel_of(r, every=30), rules(changes, delisting_return=1.0), candidate())


@case
def suspension_shorter_than_a_delisting(changes: dict[str, Any]) -> BacktestResult:
    r = noisy(40, 6, sigma=0.005)
    r[8:17, 0] = NAN
    r[17, 0] = -0.02
    result = agree(panel_of(r), rules(changes), candidate())
    assert exits(result) == []
    return result


@case
def delisted_name_comes_back(changes: dict[str, Any]) -> BacktestResult:
    r = noisy(60, 6, sigma=0.005)
    r[8:25, 0] = NAN
    result = agree(panel_of(r, every=50), rules(changes), candidate())
    assert exits(result) == [(17, 0, "delisting")]
    return result


@case
def gap_through_the_stop(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 4)
    r[5, 0] = -0.4
    result = agree(panel_of(r, every=30), rules(changes), candidate())
    assert exits(result) == [(5 + changes["stop_lag"], 0, "stop")]
    return result


@case
def stop_hit_to_the_last_bit(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 4)
    r[5, 0] = -0.1
    r[6, 1] = -0.1 + 1e-9
    result = agree(panel_of(r, every=30), rules(changes), candidate(stop=0.1))
    assert [name for _, name, _ in exits(result)] == [0]
    return result


@case
def stop_reached_step_by_step(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 4)
    r[4:9, 0] = -0.03
    result = agree(panel_of(r, every=30), rules(changes), candidate(stop=0.1))
    assert exits(result) == [(7 + changes["stop_lag"], 0, "stop")]
    return result


@case
def stop_on_a_rebalance_date(changes: dict[str, Any]) -> BacktestResult:
    r = flat(20, 4)
    r[7, 0] = -0.2  # executions on 2, 7, 12, 17
    result = agree(panel_of(r), rules(changes), candidate())
    assert exits(result) == [(7 + changes["stop_lag"], 0, "stop")]
    assert result.holdings[1, 0] > 0  # rebalanced first, then sold
    if not changes["stop_lag"]:
        assert result.positions.exposure[7 - 2] < 0.7
    return result


@case
def stop_before_a_rebalance_date(changes: dict[str, Any]) -> BacktestResult:
    r = flat(20, 4)
    r[6, 0] = -0.2
    result = agree(panel_of(r), rules(changes), candidate())
    assert exits(result) == [(6 + changes["stop_lag"], 0, "stop")]
    assert result.holdings[2, 0] > 0
    return result


@case
def stop_of_a_name_left_out_the_same_day(changes: dict[str, Any]) -> BacktestResult:
    r = flat(20, 4)
    r[7, 0] = -0.2
    z = np.tile(np.arange(4.0)[::-1, None], (4, 1, 1))
    z[1:, 0] = -1.0
    result = agree(panel_of(r, z), rules(changes), candidate(size=0.3))
    assert exits(result) == []  # the rebalance sells it
    return result


@case
def stop_of_a_name_bought_the_same_day(changes: dict[str, Any]) -> BacktestResult:
    r = flat(20, 4)
    r[2, 0] = -0.5  # the day of the first purchase
    result = agree(panel_of(r), rules(changes), candidate())
    assert exits(result) == []
    return result


@case
def entry_reference_outlives_a_rebalance(changes: dict[str, Any]) -> BacktestResult:
    r = flat(30, 4)
    r[[5, 9, 14], 0] = -0.04  # 11.5 % in three segments
    result = agree(panel_of(r), rules(changes), candidate(stop=0.1))
    expected = [(14 + changes["stop_lag"], 0, "stop")]
    assert exits(result) == (expected if changes["stop_reference"] == "entry" else [])
    return result


@case
def entry_begins_anew_after_a_stop(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 4)
    r[5, 0] = -0.2
    r[13, 0] = -0.08
    r[23, 0] = -0.08
    result = agree(panel_of(r), rules(changes), candidate(stop=0.1))
    found = [day for day, _, _ in exits(result)]
    lag = changes["stop_lag"]
    assert found == ([5 + lag, 23 + lag] if changes["stop_reference"] == "entry" else [5 + lag])
    return result


@case
def entry_begins_anew_after_being_left_out(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 4)
    r[[5, 15, 24], 0] = -0.06
    z = np.tile(np.arange(4.0)[::-1, None], (8, 1, 1))
    z[1, 0] = -1.0
    result = agree(panel_of(r, z), rules(changes), candidate(size=0.3, stop=0.1))
    expected = [(24 + changes["stop_lag"], 0, "stop")]
    assert exits(result) == (expected if changes["stop_reference"] == "entry" else [])
    return result


@case
def hit_just_before_a_suspension(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 4)
    r[6, 0] = -0.2
    r[7:15, 0] = NAN
    r[15, 0] = 0.5
    result = agree(panel_of(r), rules(changes), candidate())
    day = 15 if changes["stop_lag"] else 6
    assert exits(result) == [(day, 0, "stop")]
    return result


@case
def hit_on_a_rebalance_date_before_a_suspension(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 4)
    r[7, 0] = -0.2
    r[8:15, 0] = NAN
    result = agree(panel_of(r), rules(changes), candidate())
    assert exits(result) == [(15 if changes["stop_lag"] else 7, 0, "stop")]
    return result


@case
def hit_just_before_a_delisting(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 4)
    r[6, 0] = -0.2
    r[7:, 0] = NAN
    result = agree(panel_of(r), rules(changes), candidate())
    assert exits(result) == [(16, 0, "delisting") if changes["stop_lag"] else (6, 0, "stop")]
    return result


@case
def chosen_name_without_a_price_is_not_bought(changes: dict[str, Any]) -> BacktestResult:
    r = noisy()
    r[2, 0] = NAN
    result = agree(panel_of(r), rules(changes), candidate())
    assert result.holdings[0, 0] == 0.0
    assert result.holdings[0].sum() == pytest.approx(0.9 * 3 / 4)
    return result


@case
def held_name_without_a_price_is_set_aside(changes: dict[str, Any]) -> BacktestResult:
    r = flat(40, 6)
    r[3, 0] = 0.5
    r[7, 0] = NAN
    result = agree(panel_of(r), rules(changes), candidate(cash=0.0))
    before = result.holdings[0, 0] * 1.5 / (1 + 0.5 * result.holdings[0, 0])
    assert result.holdings[1, 0] == pytest.approx(before, rel=1e-3)
    assert result.holdings[1].sum() < 1.0 + 1e-12
    assert result.holdings[2, 0] == pytest.approx(0.25)
    return result


@case
def everything_set_aside(changes: dict[str, Any]) -> BacktestResult:
    r = noisy(names=3)
    r[[6, 7], :] = NAN
    return agree(panel_of(r), rules(changes), candidate(cash=0.0, size=0.5))


@case
def what_is_bought_for_nothing_is_not_held(changes: dict[str, Any]) -> BacktestResult:
    r = flat(20, 2)
    r[7, 0] = NAN  # executions on 2, 7, 12, 17; all is in name 0, name 1 is chosen from 7 on
    r[[9, 14], 1] = -0.06
    z = np.array([[[1.0], [0.0]], *[[[0.0], [1.0]]] * 3])
    result = agree(panel_of(r, z), rules(changes), candidate(cash=0.0, size=1.0, stop=0.1))
    assert result.holdings[1].tolist() == [1.0, 0.0]
    assert result.holdings[2].tolist() == [0.0, 1.0]
    assert exits(result) == []  # since its purchase on 12, name 1 has lost 6 %, not 12
    return result


@case
def nothing_to_buy_with_over_two_executions(changes: dict[str, Any]) -> BacktestResult:
    r = flat(25, 3)
    r[[7, 12], 0] = NAN
    r[9, 1] = -0.5
    z = np.array([[[2.0], [0.0], [1.0]], *[[[0.0], [1.0], [1.0]]] * 4])
    result = agree(panel_of(r, z), rules(changes), candidate(cash=0.0, size=1.0, stop=0.1))
    assert (result.holdings[:3] > 0.0).sum(axis=1).tolist() == [1, 1, 1]
    assert exits(result) == []
    assert result.returns[17 - 2] == pytest.approx(0.999 / 1.001 - 1.0, abs=1e-15)
    return result


@case
def bankruptcy(changes: dict[str, Any]) -> BacktestResult:
    r = noisy(names=2)
    r[9] = -1.0
    result = agree(panel_of(r), rules(changes), candidate(cash=0.0, size=0.5, stop=5.0))
    assert result.returns[9 - 2] == -1.0
    assert not result.returns[9 - 2 + 1 :].any()
    assert result.total_return == -1.0
    assert result.max_drawdown == 1.0
    return result


@case
def bankruptcy_on_a_rebalance_date(changes: dict[str, Any]) -> BacktestResult:
    r = noisy(names=2)
    r[12] = -1.0
    result = agree(panel_of(r), rules(changes), candidate(cash=0.0, size=0.5, stop=5.0))
    assert not result.holdings[2:].any()
    return result


@case
def one_name_loses_everything(changes: dict[str, Any]) -> BacktestResult:
    r = noisy()
    r[9, 0] = -1.0
    return agree(panel_of(r), rules(changes), candidate())


@case
def daily_rebalancing(changes: dict[str, Any]) -> BacktestResult:
    panel = panel_of(noisy(60, 8, sigma=0.05), every=1)
    return agree(
        panel_of(noisy(60, 8, sigma=0.05), scores_of(panel, 2), every=1),
        rules(changes),
        candidate(1.0, 0.5, stop=0.05),
    )


@case
def monthly_rebalancing(changes: dict[str, Any]) -> BacktestResult:
    return agree(panel_of(noisy(130), every=21), rules(changes), candidate(stop=0.05))


@case
def rebalance_more_often_than_the_lag(changes: dict[str, Any]) -> BacktestResult:
    return agree(panel_of(noisy(), every=1), rules(changes, execution_lag=3), candidate())


@case
def a_single_rebalance(changes: dict[str, Any]) -> BacktestResult:
    return agree(panel_of(noisy(), rebalance=[4]), rules(changes), candidate(stop=0.05))


@case
def execution_on_the_last_date(changes: dict[str, Any]) -> BacktestResult:
    result = agree(panel_of(noisy(), rebalance=[4, 38]), rules(changes), candidate())
    assert len(result.holdings) == 2
    return result


@case
def decision_on_the_last_date_is_not_traded(changes: dict[str, Any]) -> BacktestResult:
    result = agree(panel_of(noisy(), rebalance=[4, 39]), rules(changes), candidate())
    assert len(result.holdings) == 1
    return result


@case
def stop_on_the_last_date(changes: dict[str, Any]) -> BacktestResult:
    r = flat(20, 4)
    r[19 - changes["stop_lag"], 0] = -0.5
    result = agree(panel_of(r), rules(changes), candidate())
    assert exits(result) == [(19, 0, "stop")]
    return result


@case
def free_trading(changes: dict[str, Any]) -> BacktestResult:
    free = rules(changes, commission_bps=0.0, slippage_bps=0.0)
    return agree(panel_of(noisy()), free, candidate())


@case
def ruinous_costs(changes: dict[str, Any]) -> BacktestResult:
    dear = rules(changes, commission_bps=4000.0, slippage_bps=4999.0)
    return agree(panel_of(noisy(), every=1), dear, candidate(stop=0.05))


@case
def more_factors_than_a_word_has_bits(changes: dict[str, Any]) -> BacktestResult:
    z = scores_of(panel_of(noisy()), 40)
    z[np.random.default_rng(0).random(z.shape) < 0.3] = NAN
    weights = np.random.default_rng(1).standard_normal(40)
    return agree(panel_of(noisy(), z), rules(changes), candidate(*weights.tolist()))


@case
def segments_of_very_different_length(changes: dict[str, Any]) -> BacktestResult:
    rows = [1, 2, 3, 4, 60, 61, 62, 90, 91, 92, 93, 94, 95, 96]
    panel = panel_of(noisy(100, 6, sigma=0.05), rebalance=rows)
    kernel = Kernel(panel, rules(changes))
    assert len(kernel.growth.block_width) > 1
    return agree(panel, rules(changes), candidate(stop=0.05), kernel=kernel)


@pytest.mark.parametrize("lag", [0, 1])
@pytest.mark.parametrize("reference", ["entry", "rebalance"])
@pytest.mark.parametrize("name", CASES)
def test_edge_case(name: str, reference: str, lag: int) -> None:
    result = CASES[name]({"stop_reference": reference, "stop_lag": lag})
    assert np.isfinite(result.returns).all()
    assert not any(np.isinf(value) for value in result.metrics().values())


@pytest.mark.parametrize("lag", [0, 1])
@pytest.mark.parametrize("reference", ["entry", "rebalance"])
@pytest.mark.parametrize("name", CASES)
def test_edge_case_over_a_checkpoint(
    name: str, reference: str, lag: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a year ends, and with it a part of the run, before one execution after the other
    module = sys.modules[__name__]
    for new_year in (3, 8, 13, 18):
        start = np.busday_offset(np.datetime64("2019-01-01"), -new_year)
        monkeypatch.setattr(module, "panel_of", partial(panel_of, start=str(start)))
        monkeypatch.setattr(module, "agree", partial(agree, observe=lambda step, result: False))
        result = CASES[name]({"stop_reference": reference, "stop_lag": lag})
        assert result.stopped_at is None
        monkeypatch.undo()


def test_all_names_stopping_together_is_stale_data() -> None:
    r = noisy(40)
    r[25:] = NAN
    with pytest.raises(ExoError, match=r"stale, no name has a price from 2018-02-05 to 2018-02-23"):
        Kernel(panel_of(r), BacktestSettings())


def test_a_few_days_without_any_price_are_not_stale() -> None:
    r = noisy(40)
    r[20:29] = NAN
    agree(panel_of(r), BacktestSettings(), candidate())


@pytest.mark.parametrize("value", [-1.1, np.inf])
def test_impossible_return_names_symbol_and_date(value: float) -> None:
    r = noisy(40)
    r[11, 2] = value
    with pytest.raises(ExoError, match=r"N0002 has a return of .* on 2018-01-16"):
        Kernel(panel_of(r), BacktestSettings())


def test_nothing_to_execute() -> None:
    with pytest.raises(ExoError, match="none of 1 rebalance dates can be executed"):
        Kernel(panel_of(noisy(40), rebalance=[39]), BacktestSettings())
