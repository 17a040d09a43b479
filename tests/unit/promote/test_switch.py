"""What a switch trades and costs, by hand."""

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings
from mech_exo.promote.switch import Move, switch
from tests.unit.backtest.markets import panel_of
from tests.unit.portfolio.books import model_on

RULES = BacktestSettings(commission_bps=50.0, slippage_bps=50.0)
PANEL = panel_of(np.zeros((9, 4)), every=5)
FIRST = Candidate(np.array([1.0]), 0.2, 0.5, 0.4)  # N0000 and N0001
LAST = Candidate(np.array([-1.0]), 0.2, 0.5, 0.4)  # N0002 and N0003


def test_from_cash() -> None:
    found = switch(None, model_on(PANEL, RULES, FIRST))
    # x = 1 − c·0.8·x
    x = 1.0 / (1.0 + 0.01 * 0.8)
    assert found.moves == (Move("N0000", 0.0, 0.4), Move("N0001", 0.0, 0.4))
    assert found.cost == pytest.approx(1.0 - x)
    assert found.traded == pytest.approx(0.8 * x)


def test_from_one_portfolio_to_another() -> None:
    champion, challenger = model_on(PANEL, RULES, FIRST), model_on(PANEL, RULES, LAST)
    found = switch(champion, challenger)
    assert {m.symbol for m in found.moves} == {"N0000", "N0001", "N0002", "N0003"}
    held = sum(m.held for m in found.moves)
    x = (1.0 - 0.01 * held) / (1.0 + 0.01 * 0.8)  # all is sold, 0.8·x is bought
    assert found.cost == pytest.approx(1.0 - x)
    assert found.decided == str(PANEL.dates[6])


def test_to_the_same_portfolio_almost_nothing_is_traded() -> None:
    champion = model_on(PANEL, RULES, FIRST)
    assert switch(champion, champion).cost < 1e-4
