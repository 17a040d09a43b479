"""A kernel that was prepared elsewhere, and what a run leaves behind."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.backtest import units
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.metrics import METRICS
from mech_exo.backtest.result import BacktestResult
from mech_exo.config.settings import BacktestSettings
from tests.unit.backtest.comparison import candidate
from tests.unit.backtest.markets import panel_of, random_panel

PROPOSAL = Candidate(np.array([1.0, -0.4, 0.2]), 0.1, 0.05, 0.15)


def bits(result: BacktestResult) -> bytes:
    return result.returns.tobytes() + result.traded.tobytes() + result.benchmark_returns.tobytes()


@pytest.mark.parametrize("stop_lag", [0, 1])
def test_memory_mapped_arrays_give_the_same_bits(tmp_path: Path, stop_lag: int) -> None:
    rules = BacktestSettings(stop_lag=stop_lag)
    kernel = Kernel(random_panel(3), rules)
    mapped = {}
    for name, array in kernel.arrays().items():
        np.save(tmp_path / f"{name}.npy", array)
        mapped[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r" if array.size else None)
    worker = Kernel.from_arrays(mapped, rules)
    assert bits(worker.run(PROPOSAL)) == bits(kernel.run(PROPOSAL))
    assert worker.checkpoints.tolist() == kernel.checkpoints.tolist()


@pytest.mark.parametrize("irregular", [False, True])  # of one block or of many
@pytest.mark.parametrize("cells", [1, 200])
def test_bits_do_not_depend_on_how_many_holdings_are_followed_at_a_time(
    monkeypatch: pytest.MonkeyPatch, cells: int, *, irregular: bool
) -> None:
    panel = random_panel(5, 300, 40, irregular=irregular)
    wide = replace(PROPOSAL, position_size_pct=0.02)

    def found() -> bytes:
        kernel = Kernel(panel, BacktestSettings())
        arrays = b"".join(array.tobytes() for array in kernel.arrays().values())
        return arrays + bits(kernel.run(wide)) + bits(kernel.run(PROPOSAL))

    at_once = found()
    monkeypatch.setattr(units, "CELLS", cells)
    assert found() == at_once


def test_bits_do_not_depend_on_earlier_runs() -> None:
    kernel = Kernel(random_panel(3, 300, 40), BacktestSettings())
    first = bits(kernel.run(PROPOSAL))
    rng = np.random.default_rng(0)
    for _ in range(20):
        other = Candidate(rng.standard_normal(3), rng.uniform(0, 1), 0.03, rng.uniform(0.02, 1))
        kernel.run(other)
    places = kernel._scratch.places(0)
    places[:] = rng.integers(0, 2**40, len(places))
    kernel._scratch.rows(1, 1)[:] = np.nan
    kernel._selector._coarse[:] = np.nan
    kernel._selector._fine[:] = np.nan
    assert bits(kernel.run(PROPOSAL)) == first


def test_stopping_early_leaves_the_later_years_out(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(random_panel(3, 1000, 10, every=21), BacktestSettings())
    simulated = []
    simulate = Kernel._simulate

    def spy(self: Kernel, proposal: Candidate, start: int, stop: int, *rest: object) -> object:
        simulated.append((start, stop))
        return simulate(self, proposal, start, stop, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Kernel, "_simulate", spy)
    result = kernel.run(PROPOSAL, lambda step, _: step == 1)
    end = int(kernel.checkpoints[1])
    assert result.stopped_at == 1
    assert len(result.returns) == end - result.first
    assert simulated[-1][1] == int(np.searchsorted(kernel.schedule.executed, end))
    whole = kernel.run(PROPOSAL)
    assert result.returns.tobytes() == whole.returns[: len(result.returns)].tobytes()
    assert result.holdings.tobytes() == whole.holdings[: len(result.holdings)].tobytes()
    assert result.metric("active_return") == pytest.approx(
        252 * np.mean(result.returns - whole.benchmark_returns[: len(result.returns)])
    )


def test_checkpoints_are_the_year_ends_after_the_first_execution() -> None:
    panel = random_panel(3, 900, 5, every=21)
    kernel = Kernel(panel, BacktestSettings())
    years = panel.dates.astype("datetime64[Y]")
    for checkpoint in kernel.checkpoints[:-1]:
        assert years[checkpoint] == years[checkpoint - 1] + np.timedelta64(1, "Y")
    assert kernel.checkpoints[-1] == 900
    late = panel_of(panel.returns, rebalance=[300, 400, 500])
    assert Kernel(late, BacktestSettings()).checkpoints[0] > 301


def test_metrics_are_plain_and_in_order() -> None:
    found = Kernel(random_panel(3), BacktestSettings(risk_free=0.02)).run(PROPOSAL).metrics()
    assert list(found) == list(METRICS)
    assert all(type(value) is float and math.isfinite(value) for value in found.values())


def test_weights_of_another_panel_are_a_bug() -> None:
    with pytest.raises(ValueError, match="1 weights for 3 factors"):
        Kernel(random_panel(3), BacktestSettings()).run(candidate())
