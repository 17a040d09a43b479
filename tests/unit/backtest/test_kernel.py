"""The kernel against the plain daily loop."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings
from tests.unit.backtest.comparison import agree
from tests.unit.backtest.markets import random_panel, suspended_panel

RULES = st.builds(
    BacktestSettings,
    execution_lag=st.integers(1, 3),
    stop_reference=st.sampled_from(["entry", "rebalance"]),
    stop_lag=st.integers(0, 1),
    commission_bps=st.sampled_from([0.0, 5.0, 45.0, 2000.0]),
    slippage_bps=st.sampled_from([0.0, 5.0]),
    delist_after=st.sampled_from([1, 3, 10]),
    delisting_return=st.sampled_from([0.0, 0.3, 1.0]),
)


@settings(max_examples=150, deadline=None)
@given(
    rules=RULES,
    seed=st.integers(0, 2**32 - 1),
    sessions=st.integers(8, 130),
    names=st.integers(1, 14),
    factors=st.integers(1, 4),
    every=st.sampled_from([1, 2, 5, 21]),
    holes=st.sampled_from([0.0, 0.02, 0.2]),
    unknown=st.sampled_from([0.0, 0.1, 0.5]),
    ties=st.booleans(),
    irregular=st.booleans(),
    cash=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    stop=st.sampled_from([0.02, 0.05, 0.1, 0.5, 1.0]),
    size=st.sampled_from([0.05, 0.2, 0.34, 1.0]),
)
def test_agrees_with_the_daily_loop_on_random_markets(
    rules: BacktestSettings,
    seed: int,
    sessions: int,
    names: int,
    factors: int,
    every: int,
    holes: float,
    unknown: float,
    ties: bool,
    irregular: bool,
    cash: float,
    stop: float,
    size: float,
) -> None:
    panel = random_panel(
        seed,
        sessions,
        names,
        factors,
        every,
        holes=holes,
        unknown=unknown,
        ties=ties,
        irregular=irregular,
    )
    weights = np.random.default_rng(seed).standard_normal(factors)
    agree(panel, rules, Candidate(weights, cash, stop, size))


@settings(max_examples=150, deadline=None)
@given(
    rules=RULES,
    seed=st.integers(0, 2**32 - 1),
    names=st.integers(1, 6),
    every=st.sampled_from([1, 2, 3, 5]),
    missing=st.sampled_from([0.1, 0.5, 0.8]),
    cash=st.sampled_from([0.0, 0.1]),
    stop=st.sampled_from([0.02, 0.1, 0.5]),
    size=st.sampled_from([0.2, 0.34, 1.0]),
    scale=st.sampled_from([1e-305, 1e-10, 1.0, 1e305]),
)
def test_agrees_where_all_is_often_set_aside(
    rules: BacktestSettings,
    seed: int,
    names: int,
    every: int,
    missing: float,
    cash: float,
    stop: float,
    size: float,
    scale: float,
) -> None:
    panel = suspended_panel(seed, names=names, every=every, missing=missing)
    weights = scale * np.random.default_rng(seed).standard_normal(2)
    agree(panel, rules, Candidate(weights, cash, stop, size))


@pytest.mark.parametrize("seed", range(60))
def test_agrees_on_the_same_markets_every_time(seed: int) -> None:
    # hypothesis draws others each time; these are for good, and in part observed
    rng = np.random.default_rng(seed)
    every, names = int(rng.choice([1, 2, 5, 21])), int(rng.integers(1, 12))
    rules = BacktestSettings(
        execution_lag=int(rng.integers(1, 4)),
        stop_reference=("entry", "rebalance")[seed % 2],
        stop_lag=int(rng.integers(2)),
        commission_bps=float(rng.choice([0.0, 10.0, 500.0])),
        delist_after=int(rng.choice([1, 3, 10])),
        delisting_return=float(rng.choice([0.0, 0.3, 1.0])),
    )
    if seed % 3:
        holes = float(rng.choice([0.0, 0.05, 0.2]))
        ties, irregular = bool(rng.integers(2)), bool(rng.integers(2))
        panel = random_panel(seed, 90, names, 2, every, holes=holes, ties=ties, irregular=irregular)
    else:
        panel = suspended_panel(seed, 90, min(names, 5), every)
    panel = replace(panel, dates=panel.dates + np.timedelta64(int(rng.integers(250, 350)), "D"))
    limits = rng.choice([0.0, 0.1]), rng.choice([0.03, 0.1]), rng.choice([0.1, 0.34, 1.0])
    proposal = Candidate(rng.standard_normal(2), *map(float, limits))
    agree(panel, rules, proposal, observe=(lambda step, _: False) if seed % 5 else None)


@pytest.mark.parametrize("reference", ["entry", "rebalance"])
@pytest.mark.parametrize("every", [1, 5, 21])
def test_observed_run_has_the_same_bits(reference: str, every: int) -> None:
    panel = random_panel(5, 700, 20, every=every)
    rules = BacktestSettings(stop_reference=reference, stop_lag=1)  # type: ignore[arg-type]
    kernel = Kernel(panel, rules)
    proposal = Candidate(np.array([0.5, -0.2, 1.0]), 0.1, 0.08, 0.1)
    seen = []

    def observe(step: int, result: object) -> bool:
        seen.append(step)
        return False

    observed = agree(panel, rules, proposal, kernel=kernel, observe=observe)
    plain = kernel.run(proposal)
    assert seen == list(range(len(kernel.checkpoints) - 1))
    assert len(seen) == 2
    assert observed.returns.tobytes() == plain.returns.tobytes()
    assert observed.traded.tobytes() == plain.traded.tobytes()
