"""How fast is one trial, and how much memory does it take for a moment?

    python benchmarks/kernel.py [--sizes S,M,L] [--every 21,5,1] [--candidates 15] [--json FILE]

Prints, for markets of three sizes and three rebalancing intervals, the time of a trial on the
prepared kernel and on a plain NumPy loop over days (benchmarks/day_loop.py), on the same
candidates, one after the other in turn. Times are processor time of one thread, medians over the
candidates; the ratio is the median of each candidate's own. `observed` is a run with a pruner
looking on at each year-end, `benchmark` what active return and information ratio add. `two legs` is
how many times as long the same candidate takes with as many names sold short. `peak` is what
tracemalloc sees a trial allocate beyond what stays, `held` the prepared arrays.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
import tracemalloc
from dataclasses import asdict, dataclass, replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from benchmarks.day_loop import DayLoop
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.mandate import EVEN_ENDS
from mech_exo.data.panel import Panel

SIZES = {"S": (100, 1260), "M": (500, 2520), "L": (1000, 3780)}  # stocks, sessions
FACTORS = 9
REPEATS = 3  # of the kernel, for one of the loop


@dataclass(frozen=True)
class Measurement:
    """One row of the table; times in milliseconds, memory in megabytes."""

    size: str
    every: int
    reference: str
    kernel_ms: float
    loop_ms: float
    ratio: float
    observed_ms: float
    benchmark_ms: float
    two_legs: float
    peak_mb: float
    held_mb: float


def market(names: int, sessions: int, every: int, seed: int = 1) -> Panel:
    """Stocks with one common factor, persistent scores, holes, delistings and missing values."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((sessions, 1)) * 0.009 + 0.0003
    returns = common + rng.standard_normal((sessions, names)) * 0.015
    returns[rng.random(returns.shape) < 0.001] = np.nan
    for i in rng.choice(np.arange(1, names), size=names // 10, replace=False):
        returns[int(rng.integers(sessions // 10, sessions)) :, i] = np.nan
    returns[:, 0] = np.nan_to_num(returns[:, 0])
    returns[0] = np.nan
    rows = np.arange(min(252, sessions // 4), sessions, every)
    scores = np.empty((len(rows), names, FACTORS))
    state = rng.standard_normal((names, FACTORS))
    keep = 0.95 ** (every / 21)
    for m in range(len(rows)):
        state = keep * state + np.sqrt(1.0 - keep**2) * rng.standard_normal(state.shape)
        scores[m] = state
    scores[rng.random(scores.shape) < 0.05] = np.nan
    return Panel(
        dates=np.busday_offset("2010-01-04", np.arange(sessions), roll="forward"),
        symbols=tuple(f"N{i:04d}" for i in range(names)),
        returns=returns,
        exposures=scores,
        factor_names=tuple(f"f{k}" for k in range(FACTORS)),
        factor_categories=("technical",) * FACTORS,
        rebalance=rows,
        tradable=np.isfinite(returns[rows]),
    )


def candidates(count: int, seed: int = 0) -> list[Candidate]:
    """Draws from the space of the shipped objective file."""
    rng = np.random.default_rng(seed)
    return [
        Candidate(
            rng.uniform(-1.0, 1.0, FACTORS),
            rng.uniform(0.0, 0.5),
            rng.uniform(0.05, 0.25),
            rng.uniform(0.05, 0.20),
        )
        for _ in range(count)
    ]


def measure(size: str, every: int, reference: str, count: int) -> Measurement:
    """Time kernel and loop on the same candidates, in turn."""
    panel = market(*SIZES[size], every)
    rules = BacktestSettings(stop_reference=reference)  # type: ignore[arg-type]
    kernel, loop = Kernel(panel, rules), DayLoop(panel, rules)
    for_legs = Kernel(panel, rules, decisions=True)
    times = np.empty((count, 5))
    for i, candidate in enumerate(candidates(count)):
        result = kernel.run(candidate)
        two_legs = replace(candidate, mandate=EVEN_ENDS)
        for_legs.run(two_legs)
        marks = [time.process_time()]
        for _ in range(REPEATS):
            kernel.run(candidate)
        marks.append(time.process_time())
        expected = loop.run(candidate)
        marks.append(time.process_time())
        kernel.run(candidate, lambda _, sofar: sofar.metric("sharpe") < -1e9)
        marks.append(time.process_time())
        kernel.benchmark_returns(candidate.cash_pct)
        marks.append(time.process_time())
        for _ in range(REPEATS):
            for_legs.run(two_legs)
        marks.append(time.process_time())
        times[i] = np.diff(marks)
        np.testing.assert_allclose(result.returns, expected, rtol=0, atol=1e-12)
    times[:, [0, 4]] /= REPEATS
    kernel_ms, loop_ms, observed_ms, benchmark_ms, _ = (np.median(times, axis=0) * 1e3).tolist()
    return Measurement(
        size=size,
        every=every,
        reference=reference,
        kernel_ms=kernel_ms,
        loop_ms=loop_ms,
        ratio=float(np.median(times[:, 1] / times[:, 0])),
        observed_ms=observed_ms,
        benchmark_ms=benchmark_ms,
        two_legs=float(np.median(times[:, 4] / times[:, 0])),
        peak_mb=peak(kernel),
        held_mb=sum(array.nbytes for array in kernel.arrays().values()) / 1e6,
    )


def peak(kernel: Kernel) -> float:
    """Megabytes that a trial allocates for a moment, buffers of the kernel included."""
    proposals = candidates(6, seed=1)
    gc.collect()
    tracemalloc.start()
    try:
        most = 0
        for candidate in proposals:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            kernel.run(candidate)
            most = max(most, tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()
    return most / 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", default="S,M,L", help="of S, M, L")
    parser.add_argument("--every", default="21,5,1", help="sessions between rebalances")
    parser.add_argument("--candidates", type=int, default=15)
    parser.add_argument("--json", type=Path, help="append the rows to this file as well")
    arguments = parser.parse_args()
    head = "reference  kernel ms  loop ms  ratio  observed ms  benchmark ms  two legs"
    print(f"size  stocks  sessions  every  {head}  peak MB  held MB")
    for size in arguments.sizes.split(","):
        for every in map(int, arguments.every.split(",")):
            for reference in ("rebalance", "entry"):
                m = measure(size, every, reference, arguments.candidates)
                stocks, sessions = SIZES[size]
                print(
                    f"{size:4}  {stocks:6}  {sessions:8}  {every:5}  {reference:9}  "
                    f"{m.kernel_ms:9.2f}  {m.loop_ms:7.1f}  {m.ratio:5.1f}  {m.observed_ms:11.2f}  "
                    f"{m.benchmark_ms:12.2f}  {m.two_legs:8.2f}  "
                    f"{m.peak_mb:7.2f}  {m.held_mb:7.1f}",
                    flush=True,
                )
                if arguments.json:
                    with arguments.json.open("a") as file:
                        file.write(json.dumps(asdict(m)) + "\n")


if __name__ == "__main__":
    main()
