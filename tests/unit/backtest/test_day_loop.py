"""The loop that the kernel is measured by does the same work."""

import numpy as np
import pytest

from benchmarks.day_loop import DayLoop
from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings
from tests.unit.backtest import reference
from tests.unit.backtest.markets import random_panel


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("stop_lag", [0, 1])
@pytest.mark.parametrize("stop_reference", ["entry", "rebalance"])
def test_agrees_with_the_reference(stop_reference: str, stop_lag: int, seed: int) -> None:
    panel = random_panel(seed, every=(1, 5, 21)[seed % 3], ties=seed % 2 == 1)
    rules = BacktestSettings(
        stop_reference=stop_reference,  # type: ignore[arg-type]
        stop_lag=stop_lag,
        delisting_return=0.3,
    )
    proposal = Candidate(np.array([1.0, -0.4, 0.2]), 0.1, 0.05, 0.15)
    expected = reference.run(panel, rules, proposal).returns
    returns = DayLoop(panel, rules).run(proposal)
    np.testing.assert_allclose(returns, expected, rtol=0, atol=1e-12)
