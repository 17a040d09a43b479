"""What is wanted after the next close: what the backtest then holds."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.mandate import Mandate
from mech_exo.data.sector_history import SectorHistory
from mech_exo.portfolio.target import decide, next_target
from tests.unit.backtest.markets import panel_of, random_panel
from tests.unit.portfolio.books import drawn_candidate, model_on, until

FREE = BacktestSettings(commission_bps=0.0, slippage_bps=0.0, stop_lag=0, execution_lag=1)


@pytest.mark.parametrize("lag", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_a_due_decision_is_what_the_backtest_executes(seed: int, lag: int) -> None:
    panel = random_panel(seed, sessions=70, every=7, holes=0.0, delistings=0)
    rules = BacktestSettings(execution_lag=lag)
    whole = model_on(panel, rules, drawn_candidate(seed, 3))
    executed = whole.kernel.schedule.executed
    for g in range(1, len(executed)):
        target = next_target(until(whole, int(executed[g])))
        assert target.rebalance
        assert target.decided == panel.dates[panel.rebalance[g]]
        held = whole.result.holdings[g]
        assert target.weights == pytest.approx(held, abs=1e-12)


@pytest.mark.parametrize("scale", [1e-300, 1e-10, 3.0, 1e300])
def test_only_the_ratios_of_weights_matter(scale: float) -> None:
    panel = random_panel(3, sessions=70, names=40, every=7)
    weights = np.array([0.7, -0.2, 0.1])
    for row in range(len(panel.rebalance)):
        expected = decide(panel, Candidate(weights, 0.1, 0.1, 0.1), row, FREE).weights
        found = decide(panel, Candidate(scale * weights, 0.1, 0.1, 0.1), row, FREE).weights
        assert np.count_nonzero(expected) == 9
        assert found.tolist() == expected.tolist()


def test_between_rebalances_it_is_the_portfolio_after_stops() -> None:
    returns = np.zeros((7, 2))
    returns[4] = [-0.3, 0.1]  # the first is stopped; 0.35 in cash, 0.55
    panel = panel_of(returns, rebalance=[1])
    model = model_on(panel, FREE, Candidate(np.array([1.0]), 0.0, 0.2, 0.5))
    target = next_target(model)
    assert not target.rebalance
    assert target.decided == panel.dates[1]
    assert target.weights == pytest.approx([0.0, 0.55 / 0.9])
    late = BacktestSettings(commission_bps=0.0, slippage_bps=0.0, stop_lag=1)
    hit = next_target(until(model_on(panel, late, model.candidate), 5))
    assert hit.weights == pytest.approx([0.0, 0.55 / 0.9])  # to be sold at the next close


def test_a_panel_of_one_decision_has_its_universe_and_sectors() -> None:
    panel = random_panel(4, sessions=60, names=6, every=7)
    rows = len(panel.rebalance)
    sectors = SectorHistory.of([["a"] * 6] * (rows - 1) + [["b"] * 6])
    narrowed = replace(panel, eligible=panel.tradable, sectors=sectors)
    one = narrowed.deciding(slice(rows - 1, rows))
    assert one.rebalance.tolist() == [panel.rebalance[-1]]
    assert one.eligible is not None
    assert one.eligible.tolist() == panel.tradable[-1:].tolist()
    assert one.sectors is not None
    assert one.sectors.names() == ("b",) * 6
    candidate = drawn_candidate(4, 3)
    for row in range(rows):
        found, expected = (decide(p, candidate, row, FREE).weights for p in (narrowed, panel))
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("turned", [True, False])
def test_a_name_that_changes_its_side_is_done_with_its_stop(turned: bool) -> None:
    # The first of two is held and falls by 30 % at the last close, the other one is short.
    returns = np.zeros((6, 2))
    returns[5] = [-0.3, 0.0]
    scores = np.array([[[1.0], [0.0]], [[0.0], [1.0]] if turned else [[1.0], [0.0]]])
    panel = panel_of(returns, scores, [1, 5])
    late = BacktestSettings(commission_bps=0.0, slippage_bps=0.0, stop_lag=1)
    mandate = Mandate(side="long_short")
    candidate = Candidate(np.array([1.0]), 0.0, 0.2, 0.5, mandate=mandate)
    target = next_target(model_on(panel, late, candidate))
    assert target.rebalance
    assert target.weights.tolist() == ([-0.5, 0.5] if turned else [0.0, -0.5])


def test_between_rebalances_trading_costs_what_it_costs() -> None:
    panel = random_panel(4, sessions=100, names=8, every=40)
    panel = replace(panel, adv=np.full(panel.tradable.shape, 1e6))
    mandate = Mandate(no_trade_band=0.1, max_adv_share=0.1, max_gross=1.5, vol_target=0.2)
    rules = BacktestSettings(impact=1.0, capital=1e6)
    candidate = replace(drawn_candidate(4, 3), mandate=mandate)
    target = next_target(model_on(panel, rules, candidate))
    assert not target.rebalance
    terms = target.terms
    assert (terms.band, terms.most, terms.max_gross) == (0.0, None, 1.5)
    assert terms.impact is not None
    held = [target.symbols[n] for n in np.flatnonzero(target.weights)]
    assert held
    assert min(terms.impact[symbol] for symbol in held) > 0.0
