"""Candidates that go through one pass have the bits of candidates that run alone."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.backtest import simulation
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.result import BacktestResult
from mech_exo.backtest.simulation import TOGETHER, grouped
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.mandate import Mandate
from mech_exo.data.panel import Panel
from tests.unit.backtest.markets import panel_of, random_panel, suspended_panel

RULES = {
    "entry": BacktestSettings(),
    "late stops": BacktestSettings(stop_lag=1, delist_after=3),
    "rebalance": BacktestSettings(stop_reference="rebalance", commission_bps=80.0),
    "late rebalance": BacktestSettings(stop_reference="rebalance", stop_lag=1, execution_lag=2),
    "free": BacktestSettings(commission_bps=0.0, slippage_bps=0.0),
}
PANELS = {
    "plain": random_panel(1),
    "irregular": random_panel(2, 200, 15, irregular=True, holes=0.1, delistings=9),
    "ties": random_panel(3, ties=True, volatility=0.1, delistings=6),
    "suspended": suspended_panel(4, names=4, every=3, missing=0.5),
    "few": suspended_panel(5, names=3, every=3, missing=0.6, volatility=0.2),
}


def proposals(factors: int, count: int = 9) -> list[Candidate]:
    """Very different ones: nearly all cash, one name, all names, stops near and far, no weight."""
    rng = np.random.default_rng(factors)
    stops = np.resize([0.01, 0.05, 0.3, 5.0], count)
    drawn = [
        Candidate(rng.normal(size=factors), rng.uniform(0, 0.99), stop, rng.uniform(0.05, 1.0))
        for stop in stops
    ]
    drawn[3] = replace(drawn[3], weights=np.zeros(factors))
    drawn[5] = replace(drawn[5], cash_pct=1.0)
    return drawn


def bits(result: BacktestResult) -> tuple[bytes, ...]:
    arrays = (result.dates, result.returns, result.traded, result.benchmark_returns)
    positions = result.holdings, result.exposure
    return tuple(array.tobytes() for array in (*arrays, *positions))


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
@pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS)
def test_together_is_as_alone(panel: Panel, rules: BacktestSettings) -> None:
    kernel = Kernel(panel, rules)
    candidates = proposals(panel.exposures.shape[2])
    assert len(list(grouped(candidates, len(panel.dates)))) == 1
    together = list(kernel.run_all(candidates))
    alone = [Kernel(panel, rules).run(candidate) for candidate in candidates]
    assert [bits(r) for r in together] == [bits(r) for r in alone]
    assert [bits(r) for r in kernel.run_all(candidates[::-1])] == [bits(r) for r in alone[::-1]]


def test_who_is_ruined_takes_nobody_along() -> None:
    r = np.zeros((40, 3))
    r[12, 0] = -1.0
    z = np.zeros((7, 3, 2))
    z[:, 0, 0] = z[:, 1, 1] = 1.0
    panel = panel_of(r, z, np.arange(1, 36, 5))
    both = [Candidate(np.array(w), 0.0, 0.1, 1.0) for w in ([1.0, 0.0], [0.0, 1.0])]
    for pair in (both, both[::-1]):
        kernel = Kernel(panel, BacktestSettings())
        alone = [kernel.run(candidate) for candidate in pair]
        assert {bool((result.returns == -1.0).any()) for result in alone} == {True, False}
        assert [bits(r) for r in kernel.run_all(pair)] == [bits(r) for r in alone]


def test_those_that_hold_many_names_go_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (Candidate(np.ones(3), 0.0, 0.1, size) for size in (0.2, 0.01))
    sessions = TOGETHER // 50
    assert list(grouped([few] * 12, sessions)) == [[few] * 10, [few] * 2]
    assert list(grouped([few, many, few, few], sessions)) == [[few], [many], [few, few]]
    assert list(grouped([], sessions)) == []
    kernel = Kernel(random_panel(6), BacktestSettings())
    candidates = proposals(3)
    together = [bits(r) for r in kernel.run_all(candidates)]
    monkeypatch.setattr(simulation, "TOGETHER", 1_500)
    assert 1 < len(list(grouped(candidates, 120))) < len(candidates)
    assert [bits(r) for r in kernel.run_all(candidates)] == together


def test_what_is_not_plain_goes_alone() -> None:
    panel = random_panel(7)
    kernel = Kernel(panel, BacktestSettings(), decisions=True)
    plain = proposals(3, 6)
    ranked = [replace(c, mandate=Mandate(weighting="rank")) for c in plain[:2]]
    mixed = [plain[0], ranked[0], plain[1], plain[2], ranked[1]]
    assert [bits(r) for r in kernel.run_all(mixed)] == [bits(kernel.run(c)) for c in mixed]
