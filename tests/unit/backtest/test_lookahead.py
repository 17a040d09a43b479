"""Nothing up to a close depends on anything after it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.score_table import Scores, lay_out
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import Panel
from tests.unit.backtest.markets import random_panel


def with_another_future(panel: Panel, day: int, seed: int) -> Panel:
    """The same market up to the close of a day, and anything after it."""
    other = random_panel(
        seed, len(panel.dates), len(panel.symbols), len(panel.factor_names), volatility=0.2
    )
    rng = np.random.default_rng(seed)
    returns, exposures = panel.returns.copy(), panel.exposures.copy()
    tradable = panel.tradable.copy()
    returns[day + 1 :] = other.returns[day + 1 :]
    later = panel.rebalance > day
    exposures[later] = rng.standard_normal(exposures[later].shape)
    exposures[later] = np.where(rng.random(exposures[later].shape) < 0.2, np.nan, exposures[later])
    tradable[later] = rng.random(tradable[later].shape) < 0.7
    return replace(panel, returns=returns, exposures=exposures, tradable=tradable)


def composite(scores: Scores, weights: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bytes:
    return (scores.scores * weights[:, None]).tobytes() + scores.pattern.astype("<u4").tobytes()


@settings(max_examples=120, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    day=st.integers(10, 118),
    every=st.sampled_from([1, 5, 21]),
    reference=st.sampled_from(["entry", "rebalance"]),
    stop_lag=st.integers(0, 1),
    execution_lag=st.integers(1, 3),
    delist_after=st.sampled_from([2, 10]),
)
def test_a_changed_future_changes_nothing_before(
    seed: int,
    day: int,
    every: int,
    reference: str,
    stop_lag: int,
    execution_lag: int,
    delist_after: int,
) -> None:
    panel = random_panel(seed, every=every)
    rules = BacktestSettings(
        stop_reference=reference,  # type: ignore[arg-type]
        stop_lag=stop_lag,
        execution_lag=execution_lag,
        delist_after=delist_after,
        delisting_return=0.3,
    )
    proposal = Candidate(np.array([1.0, -0.4, 0.2]), 0.05, 0.06, 0.2)
    kernel = Kernel(panel, rules)
    changed = Kernel(with_another_future(panel, day, seed + 1), rules)
    result = kernel.run(proposal, keep_holdings=True)
    other = changed.run(proposal, keep_holdings=True)

    days = day + 1 - result.first
    assert result.returns[:days].tobytes() == other.returns[:days].tobytes()
    assert result.benchmark_returns[:days].tobytes() == other.benchmark_returns[:days].tobytes()
    exposure, other_exposure = result.exposure[:days], other.exposure[:days]
    assert exposure.tobytes() == other_exposure.tobytes()
    traded = int(np.searchsorted(kernel.schedule.executed, day, side="right"))
    assert result.holdings[:traded].tobytes() == other.holdings[:traded].tobytes()
    before = result.positions.until(days, traded)
    after = other.positions.until(days, traded)
    assert before.exit_date.tobytes() == after.exit_date.tobytes()
    assert before.exit_name.tobytes() == after.exit_name.tobytes()
    assert before.exit_reason == after.exit_reason

    decided = int(np.searchsorted(panel.rebalance, day, side="right"))
    known = lay_out(panel, decided)
    known_then = lay_out(changed_panel := with_another_future(panel, day, seed + 1), decided)
    assert known.scores.tobytes() == known_then.scores.tobytes()
    assert known.pattern.tobytes() == known_then.pattern.tobytes()
    assert changed_panel.fingerprint != panel.fingerprint


@pytest.mark.parametrize("day", [20, 60, 100])
def test_the_changed_future_is_another_one(day: int) -> None:
    panel = random_panel(4)
    other = with_another_future(panel, day, 5)
    proposal = Candidate(np.array([1.0, -0.4, 0.2]), 0.05, 0.06, 0.2)
    result = Kernel(panel, BacktestSettings()).run(proposal)
    changed = Kernel(other, BacktestSettings()).run(proposal)
    assert (
        result.returns[day + 2 - result.first :] != changed.returns[day + 2 - result.first :]
    ).any()
