"""One table of what work costs, each figure with its ratio to what one would use instead.

python benchmarks/all.py            in five minutes, on an idle machine of two cores
python benchmarks/all.py --quick    a smaller verdict and shorter searches, to see that it works

500 stocks x ten years x nine factors, monthly, one BLAS thread. Processor time, medians; what is
compared runs in turn, so that a busy machine slows both. The table is Markdown: docs/tuning.md
quotes it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from benchmarks.asking import ask_ratio
from benchmarks.construct import construct_cost
from benchmarks.day_loop import DayLoop
from benchmarks.kernel import SIZES, candidates, market
from benchmarks.tuning import Bench, bare_cmaes, bare_tpe
from benchmarks.verdict import judge
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.result import BacktestResult
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.mandate import EVEN_ENDS
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.system.processes import cores


@dataclass(frozen=True)
class Line:
    """One line of the table: milliseconds of one piece of work, and of what it is set against."""

    work: str
    cost: float
    against: str
    other: float

    def __str__(self) -> str:
        more = self.other >= self.cost
        ratio = self.other / self.cost if more else self.cost / self.other
        cells = (self.work, _ms(self.cost), self.against, _ms(self.other))
        return (
            f"| {' | '.join(cells)} | {'' if more else '1/'}{ratio:.{0 if ratio >= 10 else 1}f} |"
        )


def _ms(milliseconds: float) -> str:
    digits = 0 if milliseconds >= 100.0 else 2 if milliseconds >= 0.1 else 3
    return f"{milliseconds:,.{digits}f} ms"


def in_turn(*works: Callable[[Candidate], object], count: int) -> list[float]:
    """Median milliseconds of each work, on the same candidates in turn."""
    times = np.empty((count, len(works)))
    for i, candidate in enumerate(candidates(count + 1)[1:]):
        for j, work in enumerate(works):
            work(candidate)  # what is in the caches is its own
            begun = time.process_time()
            work(candidate)
            times[i, j] = 1e3 * (time.process_time() - begun)
    return [float(v) for v in np.median(times, axis=0)]


def backtests(count: int) -> Iterator[Line]:
    """A trial: the kernel, with all metrics, and the same by others."""
    panel = market(*SIZES["M"], 21)
    rules = BacktestSettings()
    kernel, loop = Kernel(panel, rules), DayLoop(panel, rules)
    alone, measured, day_loop = in_turn(
        kernel.run, lambda c: kernel.run(c).metrics(), loop.run, count=count
    )
    yield Line("a backtest", alone, "a loop over days, NumPy", day_loop)
    yield Line("all metrics and the benchmark", measured - alone, "the backtest", alone)
    prepared = Kernel(panel, rules, decisions=True)
    one, two = in_turn(
        kernel.run, lambda c: prepared.run(replace(c, mandate=EVEN_ENDS)), count=count
    )
    yield Line("a backtest, long and short", two, "long only", one)
    cost = construct_cost(count)
    both = cost.own + cost.plain
    yield Line("a backtest with a `construct`", cost.together, "its own time and a backtest", both)
    simulated = vectorbt_simulation(panel, kernel)
    alone, other = in_turn(kernel.run, simulated, count=max(3, count // 5))
    yield Line("a backtest", alone, "vectorbt: the account alone, its holdings given", other)


def vectorbt_simulation(panel: Panel, kernel: Kernel) -> Callable[[Candidate], object]:
    """The account of a candidate's holdings by vectorbt, without stops and selection."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import vectorbt

    first = kernel.schedule.first
    gross = np.nan_to_num(panel.returns[first:]) + 1.0
    close = pd.DataFrame(np.cumprod(gross, axis=0))

    def simulate(candidate: Candidate) -> object:
        result: BacktestResult = kernel.run(candidate, keep_holdings=True)
        sizes: FloatArray = np.full(close.shape, np.nan)
        sizes[kernel.schedule.executed - first] = result.holdings
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            portfolio = vectorbt.Portfolio.from_orders(
                close, size=sizes, size_type="targetpercent", fees=kernel.rules.cost,
                cash_sharing=True, group_by=True, call_seq="auto", init_cash=1.0, freq="1D",
            )  # fmt: skip
            return portfolio.value()

    simulate(candidates(1)[0])  # compiles
    return simulate


def asks(lengths: tuple[int, ...]) -> Iterator[Line]:
    """An ask of TPE, against Optuna's."""
    for trials in lengths:
        ours, theirs = ask_ratio(trials)
        yield Line(f"an ask of tpe after {trials:,} trials", ours, "Optuna's TPESampler", theirs)


def searches(trials: int, plain_trials: int) -> Iterator[Line]:
    """A trial of a search, in the asking process and altogether."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), "none", 4)
        for sampler, bare in (("cmaes", bare_cmaes), ("tpe", bare_tpe)):
            ours = [bench.exo(sampler, trials) for _ in range(3)]
            alone = statistics.median(bare(trials).busy for _ in range(3))
            busy = statistics.median(run.busy for run in ours)
            name = "the cmaes library" if sampler == "cmaes" else "Optuna's sampler"
            yield Line(
                f"asking and storing a trial, {sampler}", 1e3 * busy / trials,
                f"{name} alone, nothing stored", 1e3 * alone / trials,
            )  # fmt: skip
            plain = bench.plain(sampler, plain_trials)
            wall = statistics.median(run.wall for run in ours)
            yield Line(
                f"a trial of {trials:,}, {sampler}, 4 jobs (wall clock)", 1e3 * wall / trials,
                f"Optuna on SQLite, {plain_trials} trials", 1e3 / plain,
            )  # fmt: skip


def verdict(small: bool) -> Line:
    """A full verdict, against its backtests alone."""
    found = judge(small=small, jobs=cores(), trials=50)
    backtests = f"its {50 * found.searches:,} backtests alone"
    return Line("a full verdict", 1e3 * found.busy, backtests, 1e3 * found.backtests)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    print("| work | exo | against | takes | times as long |\n|---|---|---|---|---|")
    for line in backtests(5 if quick else 25):
        print(line, flush=True)
    for line in asks((100,) if quick else (100, 1_000, 5_000)):
        print(line, flush=True)
    for line in searches(60 if quick else 300, 10 if quick else 60):
        print(line, flush=True)
    print(verdict(quick), flush=True)


if __name__ == "__main__":
    main()
