"""The model portfolio at its last close, against a daily account and by hand."""

from dataclasses import replace
from itertools import product
from typing import Literal

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings
from mech_exo.paper.paper_account import PaperAccount
from mech_exo.portfolio.book import Book, last_book
from mech_exo.portfolio.model import Model
from tests.unit.backtest.markets import panel_of, random_panel
from tests.unit.paper.walks import walk
from tests.unit.portfolio import mandates
from tests.unit.portfolio.books import drawn_candidate, model_on, until

REFERENCES: tuple[Literal["entry", "rebalance"], ...] = ("entry", "rebalance")
RULES = [
    BacktestSettings(
        stop_reference=where, stop_lag=lag, execution_lag=wait, delist_after=4, delisting_return=0.3
    )
    for where, lag, wait in product(REFERENCES, (0, 1), (1, 3))
]


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_book_is_what_the_paper_account_holds(seed: int, rules: BacktestSettings) -> None:
    """Two ways to the same positions: the backtest's record, and a daily account."""
    panel = random_panel(seed, sessions=70, every=7, unknown=0.0)
    whole = model_on(panel, rules, drawn_candidate(seed, 3))
    for t, account, _ in walk(whole):
        if t % 3 and t != 66:
            continue
        model = until(whole, t + 1)
        same(last_book(model), model, account)


def same(book: Book, model: Model, account: PaperAccount) -> None:
    symbols = model.panel.symbols
    assert {symbols[n] for n in np.flatnonzero(book.held)} == set(account.holdings)
    for symbol, holding in account.holdings.items():
        n = symbols.index(symbol)
        assert book.weights[n] == pytest.approx(
            holding.value / account.equity, rel=1e-11, abs=1e-12
        )
        assert book.growth[n] == pytest.approx(holding.growth, rel=1e-12)
        assert bool(book.hit[n]) == holding.hit
        assert (book.stop_distance[n] > 0.0) == (not holding.beyond(book.stop_loss))
    assert book.net == pytest.approx(float(model.result.exposure[-1]), abs=1e-11)
    assert book.short_interest == pytest.approx(float(model.result.short_exposure[-1]), abs=1e-11)


@pytest.mark.parametrize("rules", mandates.RULES)
@pytest.mark.parametrize("name", mandates.MANDATES)
def test_book_of_shorts_is_what_the_paper_account_holds(name: str, rules: BacktestSettings) -> None:
    shorts = 0
    for seed in range(2):
        panel = random_panel(seed, 90, every=7, unknown=0.0, volatility=0.05)
        rules = replace(rules, impact=(None, 0.8)[seed])
        candidate = replace(drawn_candidate(seed, 3), mandate=mandates.MANDATES[name])
        whole = model_on(mandates.with_trading(panel, seed), rules, candidate)
        for t, account, _ in walk(whole):
            if t % 5:
                continue
            model = until(whole, t + 1)
            same(last_book(model), model, account)
            shorts += int((last_book(model).weights < 0.0).sum())
    assert (shorts > 0) == candidate.mandate.shorts


def test_hand_computed_holding() -> None:
    # Decided at 1, bought at 2 (half each), then +10 % and −5 % for the first name.
    panel = panel_of([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.1, 0.0], [-0.05, 0.2]], every=9)
    candidate = Candidate(np.array([1.0]), 0.0, 0.2, 0.5)
    rules = BacktestSettings(commission_bps=0.0, slippage_bps=0.0)
    book = last_book(model_on(panel, rules, candidate))
    first, second = 0.5 * 1.1 * 0.95, 0.5 * 1.2
    assert book.weights == pytest.approx([first / (first + second), second / (first + second)])
    assert book.growth == pytest.approx([1.045, 1.2])
    assert book.bought.tolist() == [2, 2]
    assert book.stop_distance == pytest.approx([1 - 0.8 / 1.045, 1 - 0.8 / 1.2])
    assert book.cash == pytest.approx(0.0, abs=1e-15)
