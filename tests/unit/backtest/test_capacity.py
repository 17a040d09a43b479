"""Capacity: what is left of the active return at which capital."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.capacity import LEAST, SHOWN, USUAL_IMPACT, capacity_of
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.mandate import Mandate
from mech_exo.data.panel import Panel
from tests.unit.backtest.markets import random_panel

RULES = BacktestSettings(commission_bps=5.0)


def market(adv: float | None, premium: float = 0.004) -> Panel:
    """A market in which the first factor's score earns a premium a session."""
    panel = random_panel(3, 260, 20, 1, 5, volatility=0.01, holes=0.0)
    rows = np.repeat(np.arange(len(panel.rebalance)), 5)[: len(panel.dates)]
    score = np.nan_to_num(panel.exposures[rows, :, 0])
    returns = panel.returns.copy()
    start = int(panel.rebalance[0])
    days = len(returns) - start
    returns[start:] += premium * score[:days]
    depth = None if adv is None else np.full(panel.tradable.shape, adv)
    return replace(panel, returns=returns, adv=depth)


def candidate(**mandate: object) -> Candidate:
    return Candidate(np.array([1.0]), 0.0, 0.9, 0.25, mandate=Mandate(**mandate))  # type: ignore[arg-type]


@pytest.mark.parametrize("side", ["long", "long_short"])
def test_half_is_left_at_the_capital_that_is_named(side: str) -> None:
    panel, chosen = market(1e6), candidate(side=side)
    found = capacity_of(Kernel(panel, RULES), chosen, panel)
    assert found is not None
    assert found.half is not None
    assert found.impact == USUAL_IMPACT
    assert [p.capital for p in found.points] == list(SHOWN)
    earned = [p.active_return for p in found.points]
    assert earned == sorted(earned, reverse=True)
    rules = replace(RULES, impact=USUAL_IMPACT, capital=found.half)
    there = Kernel(panel, rules, decisions=True).run(chosen).metric("active_return")
    assert there == pytest.approx(0.5 * found.unmoved, rel=0.02)
    rules = replace(RULES, impact=1e-9, capital=1.0)  # whose trading is not known is not bought
    bare = Kernel(panel, rules, decisions=True).run(chosen).metric("active_return")
    assert found.unmoved == pytest.approx(bare, rel=1e-2)


def test_ten_times_the_trading_carries_ten_times_the_capital() -> None:
    found = []
    for adv in (1e6, 1e7):
        panel = market(adv)
        found.append(capacity_of(Kernel(panel, RULES), candidate(), panel))
    assert found[0] is not None and found[0].half is not None  # noqa: PT018
    assert found[1] is not None and found[1].half is not None  # noqa: PT018
    assert found[1].half / found[0].half == pytest.approx(10.0, rel=0.02)


def test_the_settings_impact_is_the_one_that_counts() -> None:
    panel = market(1e6)
    once, twice = (
        capacity_of(Kernel(panel, replace(RULES, impact=y, capital=LEAST)), candidate(), panel)
        for y in (None, 2.0)
    )
    assert once is not None and once.half is not None  # noqa: PT018
    assert twice is not None and twice.half is not None  # noqa: PT018
    assert twice.impact == 2.0
    assert once.half / twice.half == pytest.approx(4.0, rel=0.05)  # cost ~ Y·√C


def test_without_an_active_return_there_is_none_to_lose() -> None:
    panel = market(1e6, premium=-0.004)
    found = capacity_of(Kernel(panel, RULES), candidate(), panel)
    assert found is not None
    assert found.unmoved < 0.0
    assert found.half is None


@pytest.mark.parametrize("adv", [None, np.nan])
def test_without_volume_nothing_is_said(adv: float | None) -> None:
    panel = market(adv)
    assert capacity_of(Kernel(panel, RULES), candidate(), panel) is None


def test_volume_that_is_0_throughout_is_not_known() -> None:
    panel = market(0.0)
    assert capacity_of(Kernel(panel, RULES), candidate(side="long_short"), panel) is None


@pytest.mark.parametrize("ruined", [False, True])
def test_a_ruined_portfolio_has_no_capacity(ruined: bool) -> None:
    panel, chosen = market(1e6), candidate(side="long_short", vol_target=1.0, max_gross=10.0)
    run = Kernel(panel, RULES, decisions=True).run(chosen)
    short = run.holdings[-1] < 0.0
    returns = panel.returns.copy()
    returns[-1, short] = 9.0 if ruined else 0.0
    panel = replace(panel, returns=returns)
    kernel = Kernel(panel, RULES, decisions=True)
    assert (kernel.run(chosen).metric("total_return") == -1.0) is ruined
    assert (capacity_of(kernel, chosen, panel) is None) is ruined


def test_a_capital_whose_trades_ruin_it_has_no_active_return() -> None:
    panel = market(1e3)
    chosen = candidate(side="long_short", vol_target=1.0, max_gross=10.0)
    found = capacity_of(Kernel(panel, RULES), chosen, panel)
    assert found is not None
    assert found.unmoved > 0.0
    assert np.isnan(found.points[-1].active_return)
