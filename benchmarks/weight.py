"""What an installation weighs: size on disk and import time of each dependency and each extra.

    python benchmarks/weight.py

Prints the tables of docs/install.md for the environment whose Python runs it; mech-exo must be
installed there (`pip install '.[all]'`, say). An extra that is not installed says so.

- Size: the files that each distribution installed (its RECORD), compiled bytecode included.
- "Alone": what would go if only this dependency went: it, and what nothing else needs.
- Import: processor time of a fresh process that imports the package, with all that it imports
  itself; the median of --runs, less that of a process that imports nothing. A first run, which may
  still compile, does not count. Other programs disturb it less than wall time.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = "mech-exo"
# where the module is not the distribution's name; "": exo reads a file of it, and imports nothing
MODULES = {"python-telegram-bot": "telegram", "pyyaml": "yaml", "skfolio": ""}


def canonical(name: str) -> str:
    """The name by which distributions are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def required(name: str, extras: Iterable[str] = ()) -> Iterator[Requirement]:
    """The requirements of an installed distribution that hold in this environment."""
    environments = [{"extra": extra} for extra in extras] or [{"extra": ""}]
    for line in metadata.requires(name) or ():
        requirement = Requirement(line)
        if requirement.marker is None or any(map(requirement.marker.evaluate, environments)):
            yield requirement


def closure(roots: Iterable[Requirement]) -> set[str]:
    """The roots and all that they need.

    Raises
    ------
    PackageNotFoundError
        If one of them is not installed.
    """
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(roots)
    while waiting:
        requirement = waiting.pop()
        key = (canonical(requirement.name), frozenset(requirement.extras))
        if key not in seen:
            seen.add(key)
            found.add(key[0])
            waiting += required(*key)
    return found - {PROJECT}


def size(names: Iterable[str]) -> float:
    """Megabytes (10⁶ bytes) of the files that the distributions installed."""
    files = (path for name in names for path in metadata.files(name) or ())
    paths = (Path(path.locate()) for path in files)
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def milliseconds(code: str, runs: int) -> float:
    """Median processor time of a fresh process that runs the code."""
    times = []
    for _ in range(runs + 1):
        with subprocess.Popen([sys.executable, "-c", code]) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"exit code {process.returncode}: {code}")
        times.append(1e3 * (used.ru_utime + used.ru_stime))
    return statistics.median(times[1:])


def import_time(name: str, runs: int, bare: float) -> str:
    """Milliseconds to import the module of a distribution, beyond starting Python."""
    module = MODULES.get(name, name.replace("-", "_"))
    return f"{milliseconds(f'import {module}', runs) - bare:.0f}" if module else "–"


def core_rows(core: list[Requirement], runs: int, bare: float) -> Iterator[str]:
    """A row for each dependency of the core, and one for all."""
    yield "| dependency | MB | MB alone | import, ms |"
    yield "|---|---|---|---|"
    everything = closure(core)
    for one in core:
        name = canonical(one.name)
        alone = everything - closure(other for other in core if other is not one)
        ms = import_time(name, runs, bare)
        yield f"| `{name}` | {size([name]):.1f} | {size(alone):.1f} | {ms} |"
    yield f"| all {len(everything)} packages | {size(everything):.0f} | | |"


def extra_rows(core: list[Requirement], runs: int, bare: float) -> Iterator[str]:
    """A row for each extra: what it adds to the core."""
    yield "| extra | MB added | packages added | import, ms |"
    yield "|---|---|---|---|"
    for extra in metadata.metadata(PROJECT).get_all("Provides-Extra") or ():
        added = [one for one in required(PROJECT, [extra]) if one not in core]
        try:
            names = closure([*core, *added]) - closure(core)
        except metadata.PackageNotFoundError as missing:
            yield f"| `{extra}` | {missing.name} is not installed | | |"
            continue
        direct = [canonical(one.name) for one in added if canonical(one.name) != PROJECT]
        ms = ", ".join(import_time(name, runs, bare) for name in direct)
        yield f"| `{extra}` | {size(names):.0f} | {len(names)} | {ms} |"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=9, help="processes for each median")
    runs: int = parser.parse_args().runs
    core = sorted(required(PROJECT), key=lambda one: one.name)
    bare = milliseconds("", runs)
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    print(f"mech-exo itself: {size([PROJECT]):.1f} MB; starting Python: {bare:.0f} ms\n")
    print(*core_rows(core, runs, bare), sep="\n")
    print()
    print(*extra_rows(core, runs, bare), sep="\n")


if __name__ == "__main__":
    main()
