"""The paper account of mandates that are not plain: the kernel's result to the cent."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.mandate import Mandate
from mech_exo.data.market import Market
from mech_exo.paper.paper_account import Holding, PaperAccount, PaperDecision, PaperSession
from mech_exo.paper.quotes import Prices
from mech_exo.portfolio.model import Model
from tests.unit.backtest.markets import panel_of, random_panel, suspended_panel
from tests.unit.paper.walks import walk
from tests.unit.portfolio.books import closes, drawn_candidate, model_on
from tests.unit.portfolio.mandates import MANDATES, RULES, with_trading

CENT = 0.005


def off_by(model: Model) -> float:
    equity = [account.equity for _, account, _ in walk(model)]
    expected = 1_000_000.0 * np.cumprod(1.0 + model.result.returns)
    return float(np.abs(np.array(equity) - expected).max())


@pytest.mark.parametrize("impact", [None, 0.8])
@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("name", MANDATES)
def test_equity_is_the_backtests_to_the_cent(
    name: str, rules: BacktestSettings, impact: float | None
) -> None:
    for seed in range(4):
        panel = random_panel(seed, sessions=110, every=2 + 5 * (seed % 2), ties=seed % 2 == 0)
        candidate = replace(drawn_candidate(seed, 3), mandate=MANDATES[name])
        rules = replace(rules, impact=impact)
        assert off_by(model_on(with_trading(panel, seed), rules, candidate)) < CENT


@pytest.mark.parametrize("first", range(0, 60, 10))
def test_wild_markets(first: int) -> None:
    """Squeezes and ruin, names without a price at the executions, dear trading and borrowing."""
    for seed in range(first, first + 10):
        rng = np.random.default_rng(seed)
        if seed % 2:
            panel = random_panel(seed, 60, 8, every=3, volatility=0.3, holes=0.2)
        else:
            panel = suspended_panel(seed, 60, 5, volatility=0.3)
        panel = replace(panel, returns=np.maximum(panel.returns, -0.95))
        rules = replace(
            RULES[seed % 4],
            commission_bps=float(rng.choice([0.0, 500.0, 3000.0])),
            borrow_cost=float(rng.choice([0.0, 2.0])),
            delisting_return=float(rng.choice([0.0, 1.0])),
        )
        band, gross = float(rng.choice([0.0, 0.1])), float(rng.choice([1.0, 3.0]))
        mandate = Mandate(
            side="long_short", gross=gross, max_gross=gross, no_trade_band=band, buffer=0.5
        )
        factors = (panel.exposures.shape[2],)
        candidate = Candidate(rng.standard_normal(factors), 0.1, 0.3, 0.25, mandate=mandate)
        assert off_by(model_on(panel, rules, candidate)) < CENT


def test_the_markets_have_what_they_are_made_for() -> None:
    seen, ruined = set[tuple[str, float]](), 0
    turned = 0
    for seed in range(20):
        panel = random_panel(seed, 90, 8, every=3, volatility=0.2)
        candidate = replace(drawn_candidate(seed, 3), mandate=MANDATES["construct"])
        held = dict[str, float]()
        for _, account, fills in walk(model_on(panel, RULES[0], candidate)):
            for fill in fills:
                seen.add((fill.reason, float(np.sign(fill.shares))))
                side = account.holdings[fill.symbol].side if fill.symbol in account.holdings else 0
                turned += held.get(fill.symbol, 0.0) * side < 0.0
                ruined += fill.reason == "worthless"
            held = {symbol: holding.side for symbol, holding in account.holdings.items()}
    assert seen >= set(product(("rebalance", "stop", "delisting"), (-1.0, 1.0)))
    assert turned > 20
    assert ruined > 0


def short_by_hand(
    rules: BacktestSettings, returns: list[float]
) -> tuple[PaperSession, PaperAccount]:
    """100 shares at 10.00 sold short, 3,000 in cash; the next close by the last return."""
    panel = panel_of(np.array(returns)[:, None])
    market = Market(dates=panel.dates, symbols=panel.symbols, close=closes(panel))
    before = PaperAccount(3000.0, {"N0000": Holding(-100.0, 10.0)}, stop_loss=0.2)
    last = Prices(market, panel).at(len(returns) - 1)
    session = PaperSession(before, last, rules, fractional=False)
    return session, session.run(None)


def test_borrowing_by_hand() -> None:
    # 1,000 short at the close before; 5.04 % less 2.52 % a year are 1 basis point a session: 0.10.
    rules = BacktestSettings(borrow_cost=0.0504, short_rebate=0.0252)
    session, after = short_by_hand(rules, [0.0, 0.0, 0.1])
    assert session.borrowing == pytest.approx(0.1)
    assert after.cash == pytest.approx(2999.9)
    assert after.equity == pytest.approx(2999.9 - 1100.0)
    assert session.fills == []


def test_a_short_is_bought_back_by_its_stop() -> None:
    session, after = short_by_hand(BacktestSettings(), [0.0, 0.0, 0.2])  # 12.00; at the limit
    assert after.holdings == {}
    assert [(fill.reason, fill.shares) for fill in session.fills] == [("stop", 100.0)]
    assert after.cash == pytest.approx(3000.0 - 1200.0 * 1.001)
    late, waits = short_by_hand(BacktestSettings(stop_lag=1), [0.0, 0.0, 0.2])
    assert waits.holdings["N0000"].hit
    assert late.fills == []
    fallen, kept = short_by_hand(BacktestSettings(), [0.0, 0.0, -0.5])
    assert kept.equity == pytest.approx(2500.0)
    assert fallen.fills == []


def test_a_squeeze_ends_it() -> None:
    session, after = short_by_hand(BacktestSettings(), [0.0, 0.0, 2.5])
    assert (after.cash, after.holdings, after.equity) == (0.0, {}, 0.0)
    assert [(fill.reason, fill.shares) for fill in session.fills] == [("worthless", 100.0)]


def test_whole_shares_are_rounded_toward_zero_and_a_side_is_changed_in_one_trade() -> None:
    panel = panel_of([[0.0, 0.0], [0.0, 0.0]])
    market = Market(dates=panel.dates, symbols=panel.symbols, close=np.full((2, 2), 30.0))
    before = PaperAccount(700.0, {"N0000": Holding(10.0, 30.0, 1.3, True)}, stop_loss=0.2)
    decision = PaperDecision("", "", {"N0000": -0.5, "N0001": 0.5}, 0.2, "")
    rules = BacktestSettings(commission_bps=0.0, slippage_bps=0.0)
    session = PaperSession(before, Prices(market, panel).at(1), rules, fractional=False)
    after = session.run(decision)
    # 500 / 30 = 16.7: 16 of each; from 10 held to 16 short are 26 sold, and the stop is gone
    assert after.holdings == {"N0000": Holding(-16.0, 30.0), "N0001": Holding(16.0, 30.0)}
    assert [(fill.reason, fill.shares) for fill in session.fills] == [
        ("rebalance", -26.0),
        ("rebalance", 16.0),
    ]
    assert after.cash == pytest.approx(1000.0)
