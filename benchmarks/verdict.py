"""How long a full verdict takes, which part takes it, and what its backtests alone would take.

python benchmarks/verdict.py            500 stocks x 10 years x 9 factors, monthly; 50 trials,
                                        99 placebos, 8 windows, on all cores
python benchmarks/verdict.py --small    80 stocks x 8 years, 19 placebos
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

if TYPE_CHECKING:
    from mech_exo.config.settings import Settings
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.objective.objective_file import ObjectiveFile
    from mech_exo.tuning.plan import Search
    from mech_exo.verdict.subject import Subject
    from mech_exo.verdict.verdict import VerdictRecord

OBJECTIVE = Path(__file__).parents[1] / "research" / "obj_utils.py"


@dataclass(frozen=True)
class Judged:
    """A verdict, what it was given, and what it took: seconds of the clock and of processors."""

    verdict: VerdictRecord
    panel: Panel
    settings: Settings
    trials: int
    wall: float
    busy: float

    @property
    def searches(self) -> int:
        """Searches that it repeated."""
        return self.settings.verdict.placebos + 1 + self.settings.verdict.windows

    @property
    def backtests(self) -> float:
        """Seconds of processor time of as many backtests in sample, by themselves."""
        from benchmarks.kernel import candidates
        from mech_exo.backtest.kernel import Kernel

        split = self.panel.split(self.settings.holdout.fraction)
        kernel = Kernel(self.panel.between(0, split), self.settings.backtest)
        proposals = candidates(self.trials)
        times = []
        for _ in range(5):
            begun = time.process_time()
            for candidate in proposals:
                kernel.run(candidate)
            times.append(time.process_time() - begun)
        return sorted(times)[2] * self.searches


@dataclass(frozen=True)
class Prepared:
    """Data and settings of a search."""

    settings: Settings
    market: Market
    panel: Panel
    objective: ObjectiveFile

    def search(self) -> Search:
        """The search, in sample."""
        from mech_exo.tuning.weight_search import WeightSearch

        inside = self.panel.between(0, self.panel.split(self.settings.holdout.fraction))
        return WeightSearch(self.settings, self.objective, inside).search()

    def subject(self, file: Path, *, trials: int, jobs: int) -> Subject:
        """What is judged: the best trial of a study that is made in `file`."""
        from mech_exo.tuning.request import SearchRequest
        from mech_exo.tuning.runner import run_study
        from mech_exo.verdict.subject import study_subject

        request = SearchRequest(
            study_name="benchmark", study_file=file, n_jobs=jobs, n_trials=trials
        )
        study = run_study(request, self.search()).study
        return study_subject(self.settings, self.objective, self.panel, self.market, study)


def prepared(*, small: bool) -> Prepared:
    """The demo market, small or of 500 stocks and ten years."""
    from mech_exo.config.settings import DataSettings, DemoSettings, Settings
    from mech_exo.data.build import build_panel
    from mech_exo.data.demo import demo_market
    from mech_exo.objective.objective_file import ObjectiveFile

    demo = DemoSettings(symbols=80, years=8) if small else DemoSettings(500, 10)
    base = Settings(data=DataSettings(demo=demo))
    settings = replace(base, verdict=replace(base.verdict, placebos=19 if small else 99))
    market = demo_market(demo)
    objective = ObjectiveFile(OBJECTIVE, OBJECTIVE.read_bytes(), "the shipped one", OBJECTIVE.name)
    return Prepared(settings, market, build_panel(market, settings), objective)


def judge(*, small: bool, jobs: int, trials: int) -> Judged:
    """Tune a study and judge it."""
    from mech_exo.verdict.verdict import validate
    from mech_exo.workforce.workforce import Workforce

    work = prepared(small=small)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "study.db"
        subject = work.subject(file, trials=trials, jobs=jobs)
        begun, used = time.perf_counter(), _processors()
        verdict = validate(subject, file, workforce=Workforce(jobs), progress=_progress)
        wall, busy = time.perf_counter() - begun, _processors() - used
    return Judged(verdict, work.panel, work.settings, trials, wall, busy)


def main() -> int:
    """Run and print."""
    from mech_exo.system.processes import cores

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--jobs", type=int, default=cores())
    parser.add_argument("--trials", type=int, default=50)
    options = parser.parse_args()
    found = judge(small=options.small, jobs=options.jobs, trials=options.trials)
    names, sessions = len(found.panel.symbols), len(found.panel.dates)
    print(
        f"\n{names} stocks x {sessions} days x {len(found.panel.factor_names)} factors, "
        f"{options.trials} trials, {found.settings.verdict.placebos} placebos, "
        f"{found.settings.verdict.windows} windows, {options.jobs} jobs: "
        f"{found.verdict.overall} in {found.wall:.1f} s"
    )
    for part, seconds in found.verdict.seconds.items():
        print(f"  {part:22s} {seconds:7.1f} s")
    alone = found.backtests
    print(f"  {'processor time':22s} {found.busy:7.1f} s")
    print(
        f"  {found.searches * options.trials:,} backtests alone  {alone:7.1f} s: "
        f"x {found.busy / alone:.2f}"
    )
    return 0


def _processors() -> float:
    """Seconds of processor time of this process and of those that it has waited for."""
    used = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _progress(part: str, done: int, total: int) -> None:
    print(f"\r{part} {done}/{total}   ", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
