"""The kernel stays many times faster than a loop over days, in little memory."""

import pytest

from benchmarks.kernel import measure


@pytest.mark.slow
@pytest.mark.parametrize(("reference", "least"), [("rebalance", 10.0), ("entry", 6.0)])
def test_monthly_trial_at_500_stocks(reference: str, least: float) -> None:
    # half of what benchmarks/kernel.py shows on a machine that does nothing else
    best = max((measure("M", 21, reference, 5) for _ in range(2)), key=lambda m: m.ratio)
    assert best.ratio >= least
    assert best.two_legs <= 3.0  # about 2 on such a machine
    assert best.peak_mb < 6.0
    assert best.held_mb < 30.0
