"""Signed target weights: the kernel's account of two legs against the plain daily loop."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel, Observer
from mech_exo.backtest.result import BacktestResult
from mech_exo.backtest.selection import Selector
from mech_exo.backtest.two_worlds import TwoWorlds
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.mandate import Mandate
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.errors import ExoError
from tests.unit.backtest import reference
from tests.unit.backtest.comparison import TOLERANCE
from tests.unit.backtest.markets import panel_of, random_panel, suspended_panel


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
    kernel = Kernel(panel, rules, decisions=True)
    executions = len(kernel.schedule.executed)
    if depth is not None:
        assert kernel.decisions is not None
        year = np.sqrt(panel.periods_per_year)
        volatility, adv = depth.volatility[:executions] * year, depth.adv[:executions]
        kernel.decisions = replace(kernel.decisions, volatility=volatility, adv=adv)
    result = kernel.run_targets(target[:executions], candidate, observe, keep_holdings=True)
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


def two_sided(**changes: Any) -> Candidate:
    figures: dict[str, Any] = {"cash_pct": 0.1, "stop_loss_pct": 0.1, "position_size_pct": 0.2}
    mandate = Mandate(side="long_short", gross=1.6, max_gross=1.6)
    return Candidate(np.array([1.0, -0.4]), **figures | changes, mandate=mandate)


@pytest.mark.parametrize("seed", range(30))
def test_the_best_are_held_and_the_worst_sold_short(seed: int) -> None:
    rng = np.random.default_rng(seed)
    every, names = int(rng.choice([1, 5, 21])), int(rng.integers(2, 14))
    panel = random_panel(seed, 90, names, 2, every, ties=seed % 2 == 0, unknown=0.3)
    rules = BacktestSettings(
        stop_reference="entry" if seed % 3 else "rebalance", stop_lag=seed % 2, borrow_cost=0.02
    )
    size, stop = float(rng.choice([0.1, 0.2, 0.5])), float(rng.choice([0.05, 0.2]))
    candidate = two_sided(position_size_pct=size, stop_loss_pct=stop)
    result = Kernel(panel, rules, decisions=True).run(candidate, keep_holdings=True)
    same(result, reference.run_long_short(panel, rules, candidate))
    assert not result.benchmark_returns.any()
    assert result.metric("active_return") == pytest.approx(
        panel.periods_per_year * result.returns.mean()
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_first_look_at_both_ends_gives_the_bits_of_the_rules(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = random_panel(seed, 120, 30, 2, 5, ties=seed % 4 == 0, unknown=0.1, delistings=0)
    scores, symbols = panel.exposures.copy(), np.random.default_rng(seed).permutation(30)
    scores[::6] = np.round(scores[::6])  # ties on some dates, which symbols decide
    names = tuple(f"N{i:04d}" for i in symbols)
    panel = replace(panel, exposures=scores, symbols=names)
    kernel, settled = Kernel(panel, BacktestSettings(), decisions=True), 0
    for size in (0.05, 0.11, 0.3, 1.0):
        candidate = two_sided(position_size_pct=size, cash_pct=0.1 * (seed % 3))
        settled += kernel._selector.ends(candidate) is not None
        target = kernel.legs.targets(candidate)
        monkeypatch.setattr(Selector, "ends", lambda *_: None)
        assert kernel.legs.targets(candidate).tobytes() == target.tobytes()
        monkeypatch.undo()
    assert settled >= 2 or seed % 4 == 0


@pytest.mark.parametrize("seed", range(30))
def test_equal_long_weights_are_what_the_fast_path_holds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    every, lag = int(rng.choice([1, 5, 21])), seed % 2
    panel = random_panel(seed, 120, 12, 2, every, ties=seed % 3 == 0, irregular=seed % 5 == 0)
    rules = BacktestSettings(stop_lag=lag, delisting_return=0.3, delist_after=3)
    kernel = Kernel(panel, rules, decisions=True)
    plain = Candidate(rng.standard_normal(2), 0.1, 0.08, 0.2)
    other = replace(plain, mandate=Mandate(benchmark="universe"))
    expected, result = (kernel.run(c, keep_holdings=True) for c in (plain, other))
    for name in ("returns", "traded", "holdings", "exposure", "benchmark_returns"):
        found = getattr(result, name), getattr(expected, name)
        np.testing.assert_allclose(*found, rtol=0, atol=TOLERANCE)
    assert result.occupancy == expected.occupancy
    assert result.positions.exit_reason == expected.positions.exit_reason
    np.testing.assert_array_equal(result.positions.exit_date, expected.positions.exit_date)


def test_bits_do_not_depend_on_who_looks_or_where_the_arrays_lie() -> None:
    panel = random_panel(3, 700, 20, 2, 5)
    rules = BacktestSettings(stop_lag=1, borrow_cost=0.03)
    kernel, seen = Kernel(panel, rules, decisions=True), []
    worker = Kernel.from_arrays(kernel.arrays(), rules)

    def observe(step: int, result: BacktestResult) -> bool:
        seen.append(result.returns)
        return step == 1

    whole, looked_at = kernel.run(two_sided()), worker.run(two_sided(), observe)
    assert looked_at.stopped_at == 1
    assert len(seen) == 2
    count = len(looked_at.returns)
    assert count == len(seen[1]) < len(whole.returns)
    assert looked_at.returns.tobytes() == whole.returns[:count].tobytes() == seen[1].tobytes()
    assert looked_at.holdings.tobytes() == whole.holdings[: len(looked_at.holdings)].tobytes()
    assert kernel.run(two_sided(), keep_holdings=True).returns.tobytes() == whole.returns.tobytes()


@pytest.mark.parametrize("lag", [0, 1])
def test_a_placebo_is_a_kernel_made_anew(lag: int) -> None:
    panel, rules = random_panel(11, 300, 15, 2, 5), BacktestSettings(stop_lag=lag)
    others = np.where(np.isfinite(panel.returns), -0.9 * panel.returns, np.nan)
    kernel = Kernel(panel, rules, decisions=True)
    worlds = TwoWorlds(kernel, panel, others)
    first = kernel.run(two_sided())
    executed = kernel.schedule.executed
    for seed in range(3):
        other = np.random.default_rng(seed).random(len(executed)) < 0.5
        day = np.searchsorted(executed, np.arange(len(panel.returns)), side="left") - 1
        flipped = np.where((day >= 0) & other[day], True, False)
        mixed = replace(panel, returns=np.where(flipped[:, None], others, panel.returns))
        anew = Kernel(mixed, rules, decisions=True)
        anew.decisions = kernel.decisions
        expected, placebo = anew.run(two_sided()), worlds.kernel(other).run(two_sided())
        assert placebo.returns.tobytes() == expected.returns.tobytes()
        assert placebo.returns.tobytes() != first.returns.tobytes()
    assert kernel.run(two_sided()).returns.tobytes() == first.returns.tobytes()


def test_what_trading_needs_to_know_is_asked_for() -> None:
    panel, impact = random_panel(3, factors=2), BacktestSettings(impact=1.0)
    plain = Candidate(np.ones(2), 0.1, 0.1, 0.2)
    with pytest.raises(ExoError, match=r"backtest.impact needs the value traded"):
        Kernel(panel, impact, decisions=True).run(plain)
    kernel = Kernel(panel, impact, decisions=True)
    assert kernel.decisions is not None
    adv = np.full(kernel.decisions.tradable.shape, 1e6)
    kernel.decisions = replace(kernel.decisions, adv=adv)
    with pytest.raises(ExoError, match=r"backtest.impact needs the capital"):
        kernel.run(plain)
    limited = replace(plain, mandate=Mandate(max_adv_share=0.1))
    with pytest.raises(ExoError, match=r"portfolio.max_adv_share needs the value traded"):
        Kernel(panel, BacktestSettings(), decisions=True).run(limited)
    with pytest.raises(ValueError, match="not prepared"):
        Kernel(panel, BacktestSettings()).run(limited)


@pytest.mark.parametrize("seed", range(0, 60, 3))
def test_nothing_depends_on_what_comes_after(seed: int) -> None:
    panel, rules, candidate, target, _ = drawn(seed)
    candidate, rules = (
        replace(candidate, mandate=Mandate(no_trade_band=0.02)),
        replace(rules, impact=None),
    )
    rng = np.random.default_rng(seed)
    day = int(rng.integers(len(panel.dates) // 2, len(panel.dates) - 1))
    later = panel.returns.copy()
    later[day:] = np.where(np.isfinite(later[day:]), 0.5 * later[day:] - 0.01, np.nan)
    executed = panel.rebalance + rules.execution_lag
    part = target[: np.count_nonzero(executed < len(panel.dates))].copy()
    known = Kernel(panel, rules).run_targets(part, candidate)
    part[executed[: len(part)] > day] *= -0.5
    other = Kernel(replace(panel, returns=later), rules).run_targets(part, candidate)
    same_days = day - known.first
    assert known.returns[:same_days].tobytes() == other.returns[:same_days].tobytes()


@pytest.mark.parametrize("seed", range(12))
def test_symbols_that_decide_at_either_end_are_counted(seed: int) -> None:
    panel = random_panel(seed, 90, 24, 2, 5, ties=True, holes=0.0, delistings=0, unknown=0.0)
    candidate = two_sided(position_size_pct=0.3)
    n = candidate.positions
    result = Kernel(panel, BacktestSettings(), decisions=True).run(candidate)
    expected = 0
    for row in range(len(result.traded)):
        ranked = [score for score, _, _ in reference.rank(panel, candidate, row)]
        expected += ranked[n - 1] == ranked[n] or ranked[-n] == ranked[-n - 1]
    assert result.occupancy.tied == expected
    assert (result.occupancy.positions, result.occupancy.above) == (2 * n, 0)


def squeezed(rise: float, later: float, **changes: Any) -> BacktestResult:
    """A short of all the portfolio in the first of three names, which rises on the second day."""
    returns = np.zeros((14, 3))
    returns[4, 0], returns[5, 0] = rise, later
    panel = panel_of(returns, every=5)
    target = np.tile([-1.0, 0.5, 0.0], (len(panel.rebalance), 1))
    rules = BacktestSettings(**{"commission_bps": 0.0, "slippage_bps": 0.0} | changes)
    return agree(panel, rules, target, proposal(stop=9.0))


def test_a_squeeze_can_take_more_than_there_is() -> None:
    result = squeezed(1.2, -0.5)  # it falls again: too late
    assert result.returns[:4].tolist() == [0.0, 0.0, -1.0, 0.0]
    assert not result.returns[3:].any()
    assert not result.exposure[2:].any()
    assert result.traded.tolist() == [1.5, 0.0, 0.0]
    assert result.metric("max_drawdown") == 1.0


def test_a_squeeze_that_leaves_something_goes_on() -> None:
    result = squeezed(0.9, -0.5)
    assert result.returns[2:4] == pytest.approx([-0.9, 9.5])
    assert result.short_exposure[2] == pytest.approx(19.0)
    assert result.exposure[2] == pytest.approx(5.0 - 19.0)
    assert result.gross_exposure[2] == pytest.approx(24.0)


def test_closing_can_cost_more_than_there_is() -> None:
    result = squeezed(0.0, 0.9, commission_bps=600.0)  # at the rebalance, on day 7
    assert result.returns[3] == pytest.approx(-0.9)
    assert result.returns[5] == -1.0
    assert not result.returns[6:].any()
    assert not result.holdings[1:].any()
