"""What a cluster costs: two Dask workers of this machine against two processes of its own.

    python benchmarks/scaling.py             a full verdict, 500 stocks x 10 years, 99 placebos
    python benchmarks/scaling.py --small     80 stocks x 8 years, 19 placebos

Prints how quick the verdict is over the workers (wall clock, each way in turn, medians), what a
trial of a search takes more than at home, and what crosses the network for each trial, and once for
the data. Bytes are those of the loopback device (Linux), which nothing else should use meanwhile.
An idle machine, please: the scheduler and the asking process want a share of it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.verdict import Prepared, prepared
from mech_exo.tuning.request import SearchRequest
from mech_exo.tuning.runner import run_study
from mech_exo.verdict.verdict import validate
from mech_exo.workforce.cluster import Cluster
from mech_exo.workforce.workforce import Workforce
from tests.unit.workforce.dask_cluster import dask_cluster

if TYPE_CHECKING:
    from mech_exo.verdict.verdict import VerdictRecord

TRIALS = (40, 240)  # the difference of two searches is free of what is done once


@dataclass(frozen=True)
class Search:
    """Seconds and bytes of a search."""

    seconds: float
    moved: int


def moved() -> int:
    """Bytes that the loopback device has carried."""
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, figures = line.partition(":")
        if name.strip() == "lo":
            return int(figures.split()[0])
    raise LookupError("no loopback device in /proc/net/dev")


def searched(work: Prepared, cluster: Cluster | None, trials: int) -> Search:
    """A search of a fresh study."""
    search = work.search()
    with tempfile.TemporaryDirectory() as folder:
        request = SearchRequest(
            study_name="benchmark",
            study_file=Path(folder) / "study.db",
            n_jobs=2,
            n_trials=trials,
            cluster=cluster,
        )
        begun, before = time.perf_counter(), moved()
        run_study(request, search)
        return Search(time.perf_counter() - begun, moved() - before)


def judged(work: Prepared, workforce: Workforce) -> tuple[float, VerdictRecord]:
    """Seconds of the verdict on one study, and the verdict."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.db"
        subject = work.subject(file, trials=50, jobs=2)
        begun = time.perf_counter()
        verdict = validate(subject, file, workforce=workforce)
        return time.perf_counter() - begun, verdict


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    work = prepared(small=options.small)
    with tempfile.TemporaryDirectory() as folder, dask_cluster(Path(folder), workers=2) as dask:
        cluster = Cluster(dask.address)
        here: list[float] = []
        there: list[float] = []
        for _ in range(options.rounds):
            seconds, mine = judged(work, Workforce(2))
            here.append(seconds)
            seconds, theirs = judged(work, Workforce(cluster=cluster))
            there.append(seconds)
            assert mine.decision == theirs.decision
        alone, over = statistics.median(here), statistics.median(there)
        print(f"a verdict: two processes {alone:.1f} s, two Dask workers {over:.1f} s: ", end="")
        print(f"{100 * alone / over:.0f} % of the speed")
        few, many = (searched(work, cluster, n) for n in TRIALS)
        less, more = (searched(work, None, n) for n in TRIALS)
        count = TRIALS[1] - TRIALS[0]
        home = 1e3 * (more.seconds - less.seconds) / count
        away = 1e3 * (many.seconds - few.seconds) / count
        each = (many.moved - few.moved) / count
        print(f"a trial: {home:.2f} ms at home, {away:.2f} ms over Dask, {each:,.0f} bytes moved")
        print(f"once: {(few.moved - TRIALS[0] * each) / 1e6:.1f} MB moved")


if __name__ == "__main__":
    main()
