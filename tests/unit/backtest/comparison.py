"""Running kernel and reference side by side."""

import numpy as np

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel, Observer
from mech_exo.backtest.result import BacktestResult
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import Panel
from tests.unit.backtest import reference

TOLERANCE = 1e-12


def candidate(
    *weights: float, cash: float = 0.1, stop: float = 0.1, size: float = 0.25
) -> Candidate:
    return Candidate(np.array(weights or (1.0,)), cash, stop, size)


def agree(
    panel: Panel,
    rules: BacktestSettings,
    proposal: Candidate,
    *,
    kernel: Kernel | None = None,
    observe: Observer | None = None,
) -> BacktestResult:
    """Assert that kernel and reference agree on everything, and return the kernel's result."""
    kernel = kernel or Kernel(panel, rules)
    result = kernel.run(proposal, observe, keep_holdings=True)
    expected = reference.run(panel, rules, proposal)
    held = np.array(expected.holdings)
    positions = result.positions
    exits = zip(
        (positions.exit_date + result.first).tolist(),
        positions.exit_name.tolist(),
        positions.exit_reason,
        strict=True,
    )
    assert result.first == expected.first
    np.testing.assert_allclose(result.returns, expected.returns, rtol=0, atol=TOLERANCE)
    np.testing.assert_array_equal(positions.holdings > 0.0, held > 0.0)
    np.testing.assert_allclose(positions.holdings, held, rtol=0, atol=TOLERANCE)
    assert sorted(exits) == sorted(expected.exits)
    np.testing.assert_allclose(positions.exposure, expected.exposure, rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(result.traded, expected.traded, rtol=0, atol=TOLERANCE)
    assert result.occupancy.above == sum((row > 0.0).sum() > proposal.positions for row in held)
    tied = [reference.tie_decides(panel, proposal, row) for row in range(len(result.traded))]
    assert result.occupancy.tied == sum(tied)
    benchmark = reference.run_benchmark(panel, rules, proposal.cash_pct)
    np.testing.assert_allclose(result.benchmark_returns, benchmark.returns, rtol=0, atol=TOLERANCE)
    return result
