"""What `exo study` takes on a long study, against a plain read of the same rows.

    python benchmarks/study_commands.py [TRIALS]

Each command runs five times as a process of its own, the interpreter and its imports included;
the table has medians. The plain read is a process too: Python's sqlite3 reads every record of the
study and parses it, and prints nothing. The ratio is of processor time, taken in the same run: a
busy machine slows both.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.dashboard import make_study

REPOSITORY = Path(__file__).resolve().parents[1]
RUNS = 5
NAME = "large"
COMMANDS = (
    "show",
    "show --trial 7",
    f"trials {NAME} --format csv",
    f"trials {NAME} --format json",
    f"trials {NAME}",
    f"trials {NAME} --where max_drawdown<0.1 --sort sharpe:desc --limit 10",
    "list",
    "importance",
)
PLAIN = """
import json, sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute(
    "SELECT t.number, t.state, t.datetime_start, t.datetime_complete, r.record "
    "FROM trials t JOIN exo_records r ON r.trial_id = t.trial_id ORDER BY t.number")
trials = [(*row[:4], json.loads(row[4])) for row in rows]
"""


@dataclass(frozen=True)
class Taken:
    """Medians of some runs of a process, in seconds."""

    wall: float
    processor: float


def taken(command: Sequence[str], runs: int = RUNS) -> Taken:
    """Run a command to its end several times; its output goes nowhere.

    Raises
    ------
    RuntimeError
        It fails.
    """
    walls, processors = [], []
    for _ in range(runs):
        begun = time.perf_counter()
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(REPOSITORY)}
        ) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        walls.append(time.perf_counter() - begun)
        processors.append(used.ru_utime + used.ru_stime)
        if process.returncode:
            raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}")
    return Taken(statistics.median(walls), statistics.median(processors))


def study_command(words: str, path: Path) -> list[str]:
    """`exo study WORDS` on a study file."""
    study = ["-m", "mech_exo.cli", "study", *words.split(" "), "--study-file", str(path)]
    return [sys.executable, *study]


def plain_read(path: Path) -> list[str]:
    """A read of every trial by Python's own sqlite3 and json."""
    return [sys.executable, "-c", PLAIN, str(path)]


def main() -> None:
    """Print a table."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "studies.db"
        make_study(path, trials, name=NAME)
        print(f"{trials} trials, {path.stat().st_size / 1e6:.1f} MB of database\n")
        print("| command | wall, s | processor, s | by a plain read |")
        print("|---|---|---|---|")
        plain = taken(plain_read(path))
        print(f"| a plain read of all trials | {plain.wall:.2f} | {plain.processor:.2f} | 1.0 |")
        for words in COMMANDS:
            found = taken(study_command(words, path))
            ratio = found.processor / plain.processor
            shown = words.replace(NAME, "NAME")
            print(
                f"| `exo study {shown}` | {found.wall:.2f} | {found.processor:.2f} | {ratio:.1f} |"
            )
        out = Path(folder) / "copy.db"
        found = taken(study_command(f"archive --force --out {out}", path))
        ratio = found.processor / plain.processor
        print(f"| `exo study archive` | {found.wall:.2f} | {found.processor:.2f} | {ratio:.1f} |")


if __name__ == "__main__":
    main()
