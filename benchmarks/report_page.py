"""What `exo report` takes on a long study with its verdict, in whole backtests of its portfolio.

    python benchmarks/report_page.py [TRIALS]

500 stocks x ten years of the demo market. The command runs as a process of its own, the interpreter
and the making of the market included; the backtests run in this process. Processor time, so that a
busy machine slows both alike.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mech_exo.workflow.log import PythonLog
from mech_exo.workflow.session import InputRequest, open_session

REPOSITORY = Path(__file__).resolve().parents[1]
RUNS = 30
SETTINGS = """\
data: {source: demo, demo: {symbols: 500, years: 10}}
verdict: {search_trials: 40}
"""


def exo(folder: Path, *arguments: str) -> float:
    """Processor seconds of a command, its workers included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "mech_exo.cli", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 3):
        raise RuntimeError(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def backtest_seconds(folder: Path) -> float:
    """Median processor seconds of one backtest with every metric."""
    session = open_session(InputRequest(cwd=folder, config=folder / "s.yml"), PythonLog())
    evaluator = session.appraiser.in_sample
    params = {f"weight_{name}": 0.5 for name in session.factor_names}
    taken = []
    for _ in range(RUNS):
        begun = time.process_time()
        evaluator.run(params).metrics()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def main(trials: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "s.yml").write_text(SETTINGS, "utf-8")
        exo(folder, "optuna-run", "--config", "s.yml", "--n-trials", str(trials))
        exo(folder, "validate", "--config", "s.yml")
        seconds = exo(folder, "report", "--config", "s.yml", "--out", "page.html")
        one, size = backtest_seconds(folder), (folder / "page.html").stat().st_size
    print("| trials | processor time | in backtests | page |")
    print("|---|---|---|---|")
    print(f"| {trials:,} | {seconds:.1f} s | {seconds / one:,.0f} | {size / 1e6:.2f} MB |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
