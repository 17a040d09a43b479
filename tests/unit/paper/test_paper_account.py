"""The account session by session: equal to the backtest, and by hand."""

from dataclasses import replace
from itertools import product
from typing import Literal

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.market import Market
from mech_exo.paper.paper_account import Holding, PaperAccount, PaperDecision, PaperSession
from mech_exo.paper.quotes import Prices
from tests.unit.backtest.markets import panel_of, random_panel, suspended_panel
from tests.unit.paper.walks import walk
from tests.unit.portfolio.books import closes, drawn_candidate, model_on

CENT = 0.005
REFERENCES: tuple[Literal["entry", "rebalance"], ...] = ("entry", "rebalance")
RULES = [
    BacktestSettings(
        stop_reference=where, stop_lag=lag, execution_lag=wait, delist_after=4, delisting_return=0.3
    )
    for where, lag, wait in product(REFERENCES, (0, 1), (1, 3))
]


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("every", [2, 7])
@pytest.mark.parametrize("seed", range(5))
def test_equity_is_the_backtests_to_the_cent(
    seed: int, every: int, rules: BacktestSettings
) -> None:
    panel = random_panel(seed, sessions=100, every=every, ties=seed % 2 == 0)
    model = model_on(panel, rules, drawn_candidate(seed, 3))
    equity = [account.equity for _, account, _ in walk(model)]
    expected = 1_000_000.0 * np.cumprod(1.0 + model.result.returns)
    assert np.abs(np.array(equity) - expected).max() < CENT


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("seed", range(8))
def test_holdings_are_the_backtests_where_all_is_set_aside(
    seed: int, rules: BacktestSettings
) -> None:
    panel = suspended_panel(seed, missing=0.5)
    weights = 1e-200 * np.random.default_rng(seed).standard_normal(2)
    model = model_on(panel, rules, Candidate(weights, 0.0, 0.08, 0.5))
    result = model.result
    held = dict(zip(model.kernel.schedule.executed.tolist(), result.holdings > 0.0, strict=True))
    for t, account, fills in walk(model):
        value = 1_000_000.0 * np.prod(1.0 + result.returns[: t + 1 - result.first])
        assert account.equity == pytest.approx(value, abs=CENT)
        if t in held:
            stopped = {fill.symbol for fill in fills if fill.reason == "stop"}
            expected = {panel.symbols[n] for n in np.flatnonzero(held[t])}
            assert {*account.holdings, *stopped} == expected


def test_the_random_panels_have_stops_delistings_and_costs() -> None:
    reasons = set[str]()
    for seed in range(12):
        panel = random_panel(seed, sessions=100, every=7)
        for _, _, fills in walk(model_on(panel, RULES[0], drawn_candidate(seed, 3))):
            reasons |= {fill.reason for fill in fills}
            assert all(fill.cost > 0.0 for fill in fills)
    assert reasons == {"rebalance", "stop", "delisting"}


@pytest.mark.parametrize("fractional", [True, False])
def test_every_cent_is_in_a_fill(fractional: bool) -> None:
    panel = random_panel(5, sessions=100, every=7)
    cash, shares = 1_000_000.0, dict[str, float]()
    for _, account, fills in walk(
        model_on(panel, RULES[0], drawn_candidate(5, 3)), fractional=fractional
    ):
        for fill in fills:
            cash -= fill.value + fill.cost
            shares[fill.symbol] = shares.get(fill.symbol, 0.0) + fill.shares
        assert account.cash == pytest.approx(cash, abs=1e-6)
        held = {symbol: number for symbol, number in shares.items() if abs(number) > 1e-9}
        assert held == pytest.approx({s: h.shares for s, h in account.holdings.items()})
        assert account.cash >= -1e-6
        if not fractional:
            assert all(h.shares == int(h.shares) for h in account.holdings.values())


def test_bankruptcy_ends_it() -> None:
    returns = np.zeros((8, 2))
    returns[4] = [-1.0, 0.0]
    panel = panel_of(returns, rebalance=[1, 5])
    candidate = Candidate(np.array([1.0]), 0.0, 0.5, 1.0)
    model = model_on(panel, BacktestSettings(commission_bps=0.0, slippage_bps=0.0), candidate)
    walked = list(walk(model))
    equity = [account.equity for _, account, _ in walked]
    assert equity == [1_000_000.0, 1_000_000.0, 0.0, 0.0, 0.0, 0.0]
    assert [f.reason for _, _, fills in walked for f in fills] == ["rebalance", "worthless"]


def test_restated_prices_change_the_number_of_shares_and_not_the_value() -> None:
    """A split of 2 for 1 between two sessions: the vendor halves all earlier closes."""
    panel = panel_of([[0.0], [0.0], [0.1]])
    market = Market(dates=panel.dates, symbols=panel.symbols, close=closes(panel) / 2.0)
    before = PaperAccount(50.0, {"N0000": Holding(100.0, 10.0)}, stop_loss=0.2)
    after = PaperSession(
        before, Prices(market, panel).at(2), BacktestSettings(), fractional=False
    ).run(None)
    holding = after.holdings["N0000"]
    assert holding.shares == 200.0
    assert holding.value == pytest.approx(1100.0)
    assert holding.growth == pytest.approx(1.1)
    assert after.cash == 50.0


def test_whole_shares_by_hand() -> None:
    # 1,000 at 10 bps on one name of 30.00: x = 1/(1 + 0.001) = 0.999001, 999.00/30 = 33.3 shares.
    panel = panel_of([[0.0, 0.0], [0.0, 0.0]])
    market = Market(dates=panel.dates, symbols=panel.symbols, close=np.full((2, 2), 30.0))
    decision = PaperDecision("", "", {"N0000": 1.0}, 0.1, "")
    session = PaperSession(
        PaperAccount(1000.0), Prices(market, panel).at(1), BacktestSettings(), fractional=False
    )
    account = session.run(decision)
    assert account.holdings == {"N0000": Holding(33.0, 30.0)}
    assert account.cash == pytest.approx(1000.0 - 990.0 - 0.99)
    assert account.stop_loss == 0.1


def test_a_stop_is_sold_at_the_close_behind_the_gap() -> None:
    panel = panel_of([[0.0], [0.0], [-0.3]])
    market = Market(dates=panel.dates, symbols=panel.symbols, close=closes(panel))
    before = PaperAccount(0.0, {"N0000": Holding(10.0, 10.0)}, stop_loss=0.2)
    rules = BacktestSettings()
    after = PaperSession(before, Prices(market, panel).at(2), rules, fractional=True).run(None)
    assert after.holdings == {}
    assert after.cash == pytest.approx(70.0 * (1.0 - 0.001))
    waits = PaperSession(
        before, Prices(market, panel).at(2), replace(rules, stop_lag=1), fractional=True
    ).run(None)
    assert waits.holdings["N0000"].hit
