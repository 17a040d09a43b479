"""What is carried over a checkpoint, by hand; and ranking behind one."""

from typing import Any

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.score_table import lay_out
from mech_exo.backtest.selection import Selector
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import BoolArray, FloatArray
from tests.unit.backtest.comparison import agree, candidate
from tests.unit.backtest.markets import panel_of, random_panel

NAN = float("nan")
NEW_YEAR = 10  # between the executions on 7 and 12; the first part of a run ends with that on 12


def flat() -> FloatArray:
    return np.zeros((22, 4))


def observed(r: FloatArray, *, stop: float = 0.1, **rules: Any) -> list[tuple[int, int, str]]:
    """Exits of a run that is cut at a new year; executions on 2, 7, 12, 17."""
    start = np.busday_offset(np.datetime64("2019-01-01"), -NEW_YEAR)
    panel = panel_of(r, start=str(start))
    seen = list[int]()

    def observe(step: int, _: object) -> bool:
        seen.append(step)
        return False

    result = agree(panel, BacktestSettings(**rules), candidate(stop=stop), observe=observe)
    assert seen == [0]
    assert Kernel(panel, BacktestSettings()).checkpoints.tolist() == [NEW_YEAR, 22]
    p = result.positions
    dates = (p.exit_date + result.first).tolist()
    return list(zip(dates, p.exit_name.tolist(), p.exit_reason, strict=True))


def test_a_loss_since_the_entry_is_carried_over() -> None:
    r = flat()
    r[[5, 14], 0] = -0.06
    assert observed(r) == [(14, 0, "stop")]
    assert observed(r, stop_reference="rebalance") == []
    assert observed(r, stop=0.12) == []


@pytest.mark.parametrize("reference", ["entry", "rebalance"])
def test_a_hit_on_the_first_execution_behind_it_is_sold_there(reference: str) -> None:
    r = flat()
    r[12, 0] = -0.2
    assert observed(r, stop_reference=reference) == [(12, 0, "stop")]
    assert observed(r, stop_reference=reference, stop_lag=1) == [(13, 0, "stop")]
    r[12, 0], r[11, 0] = 0.0, -0.2
    assert observed(r, stop_reference=reference) == [(11, 0, "stop")]
    assert observed(r, stop_reference=reference, stop_lag=1) == [(12, 0, "stop")]


@pytest.mark.parametrize("reference", ["entry", "rebalance"])
def test_a_hit_waits_behind_it_for_a_price(reference: str) -> None:
    r = flat()
    r[12, 0] = -0.2
    r[13:16, 0] = NAN
    assert observed(r, stop_reference=reference, stop_lag=1) == [(16, 0, "stop")]
    r[13:19, 0] = NAN  # over the next execution, too
    assert observed(r, stop_reference=reference, stop_lag=1) == [(19, 0, "stop")]
    r[11, 0], r[12, 0] = -0.2, NAN
    assert observed(r, stop_reference=reference, stop_lag=1) == [(19, 0, "stop")]


@pytest.mark.parametrize("reference", ["entry", "rebalance"])
def test_a_name_set_aside_behind_it_keeps_its_reference(reference: str) -> None:
    r = flat()
    r[9, 0], r[12, 0], r[14, 0] = -0.06, NAN, -0.06
    assert observed(r, stop_reference=reference) == [(14, 0, "stop")]
    r[9, 0] = -0.04  # 9.8 % since then
    assert observed(r, stop_reference=reference) == []


@pytest.mark.parametrize("reference", ["entry", "rebalance"])
def test_a_name_stopped_before_it_is_not_set_aside_behind_it(reference: str) -> None:
    r = flat()
    r[9, 0], r[12:15, 0], r[15, 0] = -0.2, NAN, -0.5
    assert observed(r, stop_reference=reference) == [(9, 0, "stop")]


def test_a_delisting_is_counted_over_it() -> None:
    r = flat()
    r[10:, 0] = NAN
    assert observed(r, delist_after=6) == [(15, 0, "delisting")]


@pytest.mark.parametrize("start", [0, 1, 17, 30])
@pytest.mark.parametrize("tied", [0.05, 1.0])
def test_ranking_behind_a_checkpoint_is_exact(start: int, tied: float) -> None:
    # few or all dates with ties, which single precision leaves to the exact ranking
    segments, names = 40, 30
    rng = np.random.default_rng(4)
    z = rng.standard_normal((segments, names, 1))
    z[rng.random(segments) < tied] = 0.0
    z[:, ::3] *= 2.0
    panel = panel_of(np.zeros((segments + 2, names)), z, np.arange(1, segments + 1))
    proposal = Candidate(np.array([1.0]), 0.0, 0.1, 0.1)
    chosen = np.zeros((segments, names), dtype=bool)
    selector = Selector(lay_out(panel, segments))
    exact = spy(selector)
    part: BoolArray = np.empty((segments - start, names), dtype=bool)
    ranks = np.empty(segments - start, dtype=np.int64)
    selector.choose(proposal, start, segments, part, ranks)
    for g in range(segments):
        chosen[g, np.argsort(-z[g, :, 0], kind="stable")[:10]] = True
    np.testing.assert_array_equal(part, chosen[start:])
    assert ranks.tolist() == [10] * (segments - start)
    assert exact
    assert min(low for low, _ in exact) >= start


def spy(selector: Selector) -> list[tuple[int, int]]:
    """The segments that are ranked exactly from now on."""
    found = list[tuple[int, int]]()
    choose = selector._choose_exactly

    def exactly(wanted: Any, low: int, high: int, *rest: Any) -> None:
        found.append((low, high))
        choose(wanted, low, high, *rest)

    selector._choose_exactly = exactly  # type: ignore[assignment,method-assign]
    return found


@pytest.mark.parametrize("reference", ["entry", "rebalance"])
def test_an_observed_run_with_ties_is_the_reference(reference: str) -> None:
    panel = random_panel(8, 300, 10, every=5, ties=True)
    rules = BacktestSettings(stop_reference=reference)  # type: ignore[arg-type]
    kernel = Kernel(panel, rules)
    exact = spy(kernel._selector)
    proposal = Candidate(np.array([1.0, -1.0, 1.0]), 0.1, 0.05, 0.2)
    result = agree(panel, rules, proposal, kernel=kernel, observe=lambda step, _: False)
    behind = kernel.schedule.segments_before(int(kernel.checkpoints[0]))
    assert 0 < behind <= max(low for low, _ in exact)
    assert result.returns.tobytes() == kernel.run(proposal).returns.tobytes()
