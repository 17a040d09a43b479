"""Signed target weights: the kernel's account of two legs against the plain daily loop."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.depth import Depth
from mech_exo.backtest.kernel import Kernel, Observer
from mech_exo.backtest.result import BacktestResult
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.mandate import Mandate
from mech_exo.data.panel import FloatArray, Panel
from tests.unit.backtest import reference
from tests.unit.backtest.comparison import TOLERANCE
from tests.unit.backtest.markets import random_panel, suspended_panel


def proposal(stop: float = 0.1, mandate: Mandate | None = None) -> Candidate:
    return Candidate(np.ones(1), 0.1, stop, 0.25, mandate=mandate or Mandate(side="long_short"))


def agree(
    panel: Panel,
    rules: BacktestSettings,
    target: FloatArray,
    candidate: Candidate,
    depth: reference.Depth | None = None,
    observe: Observer | None = None,
) -> BacktestResult:
    """Assert that kernel and reference agree on everything, and return the kernel's result."""
    kernel = Kernel(panel, rules)
    executions = len(kernel.schedule.executed)
    known = None
    if depth is not None:
        known = Depth.of(depth.volatility[:executions], depth.adv[:executions])
    part = target[:executions]
    result = kernel.run_targets(part, candidate, observe, keep_holdings=True, depth=known)
    same(result, reference.run_targets(panel, rules, target, candidate, depth))
    return result


def same(result: BacktestResult, expected: reference.Path) -> None:
    held, positions = np.array(expected.holdings), result.positions
    days = (positions.exit_date + result.first).tolist()
    exits = zip(days, positions.exit_name.tolist(), positions.exit_reason, strict=True)
    assert result.first == expected.first
    np.testing.assert_allclose(result.returns, expected.returns, rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_array_equal(np.sign(positions.holdings), np.sign(held))
    np.testing.assert_allclose(positions.holdings, held, rtol=TOLERANCE, atol=TOLERANCE)
    assert list(exits) == sorted(expected.exits)
    np.testing.assert_allclose(result.exposure, expected.exposure, rtol=TOLERANCE, atol=TOLERANCE)
    np.testing.assert_allclose(
        result.short_exposure, expected.short, rtol=TOLERANCE, atol=TOLERANCE
    )
    np.testing.assert_allclose(result.traded, expected.traded, rtol=TOLERANCE, atol=TOLERANCE)


def targets(panel: Panel, rng: np.random.Generator, gross: float, kept: float) -> FloatArray:
    """Random signed weights [M, N]; `kept` is the chance that a name stays as it was."""
    shape = panel.tradable.shape
    target = rng.standard_normal(shape) * (rng.random(shape) < rng.choice([0.2, 0.6, 1.0]))
    for g in range(1, len(target)):
        target[g] = np.where(rng.random(shape[1]) < kept, target[g - 1], target[g])
    total = np.abs(target).sum(axis=1, keepdims=True)
    scaled: FloatArray = gross * target / np.where(total > 0.0, total, 1.0)
    return scaled


def drawn(seed: int) -> tuple[Panel, BacktestSettings, Candidate, FloatArray, reference.Depth]:
    """A market, rules and targets; wild ones among them: squeezes, ruin, nothing to buy with."""
    rng = np.random.default_rng(seed)
    names, every = int(rng.integers(1, 10)), int(rng.choice([1, 2, 5, 21]))
    if seed % 3:
        panel = random_panel(
            seed,
            int(rng.integers(20, 90)),
            names,
            1,
            every,
            volatility=float(rng.choice([0.02, 0.1, 0.4])),
            holes=float(rng.choice([0.0, 0.05, 0.3])),
            irregular=bool(rng.integers(2)),
        )
    else:
        wild = float(rng.choice([0.03, 0.3]))
        panel = suspended_panel(seed, 60, min(names, 5), every, volatility=wild)
    dates = panel.dates + np.timedelta64(int(rng.integers(250, 350)), "D")
    panel = replace(panel, dates=dates, returns=np.maximum(panel.returns, -1.0))
    rules = BacktestSettings(
        execution_lag=int(rng.integers(1, 4)),
        stop_reference=("entry", "rebalance")[int(rng.integers(2))],
        stop_lag=int(rng.integers(2)),
        commission_bps=float(rng.choice([0.0, 10.0, 500.0, 3000.0])),
        delist_after=int(rng.choice([1, 3, 10])),
        delisting_return=float(rng.choice([0.0, 0.3, 1.0])),
        borrow_cost=(None, 0.03, 2.0)[int(rng.integers(3))],
        short_rebate=(None, 0.05)[int(rng.integers(2))],
        impact=(None, 0.5, 5.0)[int(rng.integers(3))],
        capital=1e6,
    )
    mandate = Mandate(
        side="long_short",
        no_trade_band=float(rng.choice([0.0, 0.02, 0.2])),
        max_adv_share=(None, 0.05)[int(rng.integers(2))],
    )
    if seed % 2:  # most markets know neither
        mandate, rules = Mandate(side="long_short"), replace(rules, impact=None)
    gross = float(rng.choice([0.3, 1.0, 2.0, 5.0]))
    target = targets(panel, rng, gross, float(rng.choice([0.0, 0.8])))
    shape = panel.tradable.shape
    adv = np.where(rng.random(shape) < 0.1, rng.choice([0.0, np.nan]), rng.uniform(1e5, 1e8, shape))
    depth = reference.Depth(rng.uniform(0.0, 0.05, shape), adv)
    return panel, rules, proposal(float(rng.choice([0.03, 0.1, 0.5, 2.0])), mandate), target, depth


@pytest.mark.parametrize("first", range(0, 400, 20))
def test_agrees_with_the_daily_loop(first: int) -> None:
    for seed in range(first, first + 20):
        panel, rules, candidate, target, depth = drawn(seed)
        observe = (lambda step, _: False) if seed % 5 == 0 else None
        agree(panel, rules, target, candidate, depth, observe)
