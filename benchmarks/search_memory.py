"""What the processes of a search hold, phase by phase; used by benchmarks/data.py.

Counted are the proportional set sizes (PSS) of all processes of the run together, and what of the
file that they share (`system/parcel.py`) none of them has mapped: it is memory all the same.
"""

from __future__ import annotations

import contextlib
import re
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PHASES = {
    "reading": "settings",
    "preparing": "data",
    "searching": "search",
    "result": "",
    "verdict": "searches",
}
"""Phase -> how the line of the run begins with which it does; the result follows the last trial."""

SHARED = "/memfd:exo-parcel"
PAUSE = 0.05  # seconds between two looks


@dataclass(frozen=True)
class Held:
    """Bytes of all processes in a phase: at the most, and half of the time."""

    most: int
    usual: int


def watched(
    config: str, folder: Path, environment: Mapping[str, str], trials: int, *, validate: bool
) -> dict[str, Held]:
    """Phase -> what a search with two jobs held."""
    arguments = ["optuna-run", "--config", config, "--n-trials", str(trials), "--n-jobs", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mech_exo.cli", *arguments, *(["--validate"] if validate else [])],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    phase = ["reading"]
    listener = threading.Thread(target=_listen, args=(process, trials, phase))
    listener.start()
    looks: dict[str, list[int]] = defaultdict(list)
    while process.poll() is None:
        name, held = phase[0], memory(tree(process.pid))
        if name == phase[0] and held:
            looks[name].append(held)
        time.sleep(PAUSE)
    listener.join()
    if process.returncode not in (0, 3):  # 3: no feasible trial
        raise SystemExit(f"the search failed: exit code {process.returncode}")
    return {n: Held(max(looks[n]), int(statistics.median(looks[n]))) for n in PHASES if looks[n]}


def _listen(process: subprocess.Popen[str], trials: int, phase: list[str]) -> None:
    """Follow the phases by what the run says."""
    assert process.stderr is not None
    for line in process.stderr:
        word = line.split(maxsplit=1)[0] if line.strip() else ""
        if word == "trials" and f" {trials}/{trials} " in line:
            phase[0] = "result"
        for name, begins in PHASES.items():
            if begins and word == begins:
                phase[0] = name


def tree(pid: int) -> list[int]:
    """A process and all that it has started."""
    found = [pid]
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            found += tree(int(child))
    return found


def memory(pids: list[int]) -> int:
    """Bytes that these processes hold."""
    own, mapped, files = 0, 0, dict[int, int]()
    for pid in pids:
        with contextlib.suppress(OSError):
            name = ""
            for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
                if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                    name = line
                elif line.startswith("Pss:"):
                    own += (size := int(line.split()[1]) * 1024)
                    mapped += size if SHARED in name else 0
        with contextlib.suppress(OSError):
            for link in Path(f"/proc/{pid}/fd").iterdir():
                if str(link.readlink()).startswith(SHARED):
                    found = link.stat()
                    files[found.st_ino] = found.st_blocks * 512
    return own + max(0, sum(files.values()) - mapped)


def table(held: Mapping[str, Held], empty: Mapping[str, Held], panel: int) -> str:
    """The phases in lines.

    Parameters
    ----------
    empty
        Of a search on next to no panel: the interpreters and their libraries.
    panel
        Bytes of the panel.
    """
    lines = [
        "a search with 2 jobs, from the cache, all processes:",
        f"{'':<24}{'MB':>8}{'÷panel':>8}{'less interpreters':>19}{'÷panel':>8}",
    ]
    rows = [(name, h.most, empty[name].most) for name, h in held.items() if name in empty]
    if "searching" in held and "searching" in empty:
        steady = (held["searching"].usual, empty["searching"].usual)
        rows.insert(3, ("searching, half the time", *steady))
    for name, whole, interpreters in rows:
        rest = whole - interpreters
        lines.append(
            f"{name:<24}{whole / 1e6:8.0f}{whole / panel:8.2f}{rest / 1e6:19.0f}{rest / panel:8.2f}"
        )
    return "\n".join(lines)
