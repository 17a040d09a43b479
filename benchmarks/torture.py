"""Kill runs with kill -9 at random moments, resume them, and compare with the run left in peace.

    python benchmarks/torture.py [--runs 100] [--trials 60] [--jobs 4] [--sampler tpe] [--seed 1]

Each run is started again with `target_trials` until it is complete. A random process of it is
killed at a random moment: the run itself, the process that forks its workers, or a worker. After
each kill the study file must pass `PRAGMA integrity_check` and hold no RUNNING trial. In the end
the trial table (all but the times) must be that of the undisturbed run, byte for byte.
"""

import argparse
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STUDY = "torture"


def descendants(pid: int) -> list[int]:
    """Processes below `pid`, from /proc, nearest first."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = entry.read_text().rsplit(")", 1)[1].split()
            parents.setdefault(int(fields[1]), []).append(int(entry.parent.name))
    found: list[int] = []
    todo = [pid]
    while todo:
        below = parents.get(todo.pop(0), [])
        found += below
        todo += below
    return found


def check_file(study_file: Path) -> None:
    """Raise if the study file is damaged or holds an unfinished trial."""
    if not study_file.exists() or not study_file.stat().st_size:
        return  # killed before it was made
    with contextlib.closing(sqlite3.connect(study_file, timeout=60)) as connection:
        (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
        assert verdict == "ok", verdict
        tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'trials'").fetchall()
        if tables:
            query = "SELECT COUNT(*) FROM trials WHERE state IN ('RUNNING', 'WAITING')"
            (unfinished,) = connection.execute(query).fetchone()
            assert unfinished == 0, f"{unfinished} unfinished trials"


def run_until_done(
    command: Sequence[str], study_file: Path, rng: random.Random, seconds: float, kills: int
) -> Counter[str]:
    """Run `command` until it ends well, killing one of its processes up to `kills` times.

    `seconds` is what an undisturbed run takes; each kill falls within that of a start.
    """
    killed: Counter[str] = Counter()
    while True:
        process = subprocess.Popen(command)
        if killed.total() < kills:
            with contextlib.suppress(subprocess.TimeoutExpired):
                begin = rng.choice([0.0, 0.5, 0.5, 0.5])  # imports are long, and little can happen
                process.wait(rng.uniform(begin * seconds, seconds))
            if process.poll() is None:
                killed[_kill_one(process.pid, rng)] += 1
        status = process.wait()
        check_file(study_file)
        if status == 0:
            return killed
        assert status == -signal.SIGKILL, f"the run ended with status {status}"


def _kill_one(pid: int, rng: random.Random) -> str:
    """Kill the run in half of the cases, else one of its other processes."""
    below = descendants(pid)
    choice = 0 if not below or rng.random() < 0.5 else 1 + rng.randrange(len(below))
    with contextlib.suppress(ProcessLookupError):
        os.kill([pid, *below][choice], signal.SIGKILL)
    return "run" if choice == 0 else "forking process" if choice == 1 else "worker"


def table(study_file: Path) -> str:
    """The canonical trial table, without times."""
    from mech_exo.tuning.records import read_study
    from mech_exo.tuning.trial_table import trial_table

    return trial_table(read_study(study_file, STUDY), "csv", times=False)


def tune(study_file: Path, sampler: str, trials: int, jobs: int) -> None:
    """The victim: the main job on a small demo market."""
    from mech_exo.config.load import load_settings
    from mech_exo.data.build import load_panel
    from mech_exo.objective.objective_file import find_objective
    from mech_exo.tuning.request import SearchRequest
    from mech_exo.tuning.runner import run_study
    from mech_exo.tuning.weight_search import WeightSearch

    overrides = {
        "data.demo.symbols": 30,
        "data.demo.years": 4,
        "tuning.sampler": sampler,
    }
    settings = load_settings(overrides=overrides, environment={})
    panel = load_panel(settings)
    search = WeightSearch(
        settings,
        find_objective(ROOT / "research" / "obj_utils.py", ROOT, {}),
        panel.between(0, panel.split(settings.holdout.fraction)),
    ).search()
    request = SearchRequest(
        study_name=STUDY, study_file=study_file, n_jobs=jobs, target_trials=trials, wait=True
    )
    run_study(request, search)


def main() -> None:
    """Parse, run, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--sampler", default="tpe")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tune", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if options.tune:
        tune(options.tune, options.sampler, options.trials, options.jobs)
        return
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:

        def command(study_file: Path, jobs: int) -> list[str]:
            numbers = ["--trials", str(options.trials), "--jobs", str(jobs)]
            script = [sys.executable, str(Path(__file__).resolve())]
            return [*script, *numbers, "--sampler", options.sampler, "--tune", str(study_file)]

        calm = Path(folder) / "calm.db"
        begun = time.monotonic()
        subprocess.run(command(calm, options.jobs), check=True)
        seconds = time.monotonic() - begun
        expected = table(calm)
        total: Counter[str] = Counter()
        for number in range(options.runs):
            study_file = Path(folder) / f"{number}.db"
            jobs = rng.choice([1, 2, options.jobs])
            kills = rng.randint(1, 4)
            total += run_until_done(command(study_file, jobs), study_file, rng, seconds, kills)
            assert table(study_file) == expected, f"run {number} differs from the undisturbed one"
        lines = len(expected.splitlines()) - 1
        print(f"undisturbed run: {lines} trials in {seconds:.1f} s, {len(expected)} bytes of table")
        killed = ", ".join(f"{name} {count}" for name, count in total.items())
        print(f"{options.runs} runs, {total.total()} kills ({killed}): all tables identical")


if __name__ == "__main__":
    main()
