"""How long do large data files take to be read, and how much memory?

    python benchmarks/data.py [--symbols 3000] [--years 20] [--trials 300] [--validate]
                              [--folder DIR] [--json F]

Makes a long CSV of closes and a long Parquet file of nine factors in DIR (a folder of its own
under the system's temporary one, removed in the end), and prints for each step what
`/usr/bin/time -v` would: elapsed and processor time, and the maximum resident set; and the ratio of
the processor time to that of pyarrow alone, which reads the same file to a table in the same run.
Every step is a process of its own. The last lines are the memory of a search at work, phase by
phase, over the size of the panel, with and without the interpreters (benchmarks/search_memory.py);
with --validate that of a verdict, too, which takes a hundred searches more.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.made_files import FACTORS, write_factors, write_prices
from benchmarks.search_memory import table, watched

ROOT = Path(__file__).parents[1]
OWN = "{quality: x, size: x, value: x}"

PLAIN_CSV = """
import pyarrow as pa, pyarrow.csv
text = pa.dictionary(pa.int32(), pa.string())
types = {"date": text, "symbol": text, "close": pa.float64()}
options = pyarrow.csv.ConvertOptions(column_types=types)
pyarrow.csv.read_csv("prices.csv", convert_options=options)
"""
PLAIN_PARQUET = """
import pyarrow.parquet
pyarrow.parquet.ParquetFile("factors.parquet", read_dictionary=["symbol"], pre_buffer=False).read()
"""
KEPT = """
import sys
from pathlib import Path
from mech_exo.config.load import load_settings
from mech_exo.data.cache.kept_data import KeptData
data = KeptData(load_settings(Path(sys.argv[1])), cached=sys.argv[2] == "cached")
data.market()
if sys.argv[3] != "market":
    data.checked()
if sys.argv[3] == "panel":
    panel = data.panel()
    print(sum(getattr(panel, name).nbytes for name in ("returns", "exposures", "tradable")))
data.keep()
"""


@dataclass(frozen=True)
class Step:
    """What a process took; seconds and megabytes."""

    name: str
    elapsed_s: float
    processor_s: float
    resident_mb: float
    over_pyarrow: float | None
    printed: str = ""

    def __str__(self) -> str:
        ratio = "" if self.over_pyarrow is None else f"{self.over_pyarrow:8.1f}"
        return (
            f"{self.name:<46}{self.elapsed_s:9.1f}{self.processor_s:9.1f}"
            f"{self.resident_mb:9.0f}{ratio}"
        )


def run(name: str, code: str, folder: Path, *arguments: str, over: float | None = None) -> Step:
    """Run a program in a process of its own."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode:
        raise SystemExit(f"{name}: failed")
    processor = used.ru_utime + used.ru_stime
    ratio = None if over is None else processor / over
    elapsed = time.perf_counter() - started
    step = Step(name, elapsed, processor, used.ru_maxrss / 1e3, ratio, printed)
    print(step, flush=True)
    return step


def environment(folder: Path) -> dict[str, str]:
    """With a cache of its own."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return os.environ | {"EXO_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": path}


def make(folder: Path, symbols: int, years: int) -> int:
    """The files and their settings; the number of rows."""
    rows = write_prices(folder / "prices.csv", symbols, years)
    write_factors(folder / "factors.parquet", symbols, years)
    (folder / "prices.yml").write_text("data: {source: files, prices: prices.csv}\n")
    (folder / "both.yml").write_text(
        "data:\n  source: files\n  prices: prices.csv\n"
        f"  factors: [{{file: factors.parquet, categories: {OWN}}}]\n"
    )
    return rows


def measure(folder: Path) -> list[Step]:
    """All steps; the last one prints the size of the panel."""
    csv = run("pyarrow alone: CSV", PLAIN_CSV, folder)
    parquet = run("pyarrow alone: Parquet", PLAIN_PARQUET, folder)
    both = csv.processor_s + parquet.processor_s
    one = run("prices", KEPT, folder, "prices.yml", "anew", "market", over=csv.processor_s)
    name = f"prices and {len(FACTORS)} factors"
    steps = [csv, parquet, one]
    steps.append(run(name, KEPT, folder, "both.yml", "anew", "market", over=both))
    steps.append(run(f"{name}, check", KEPT, folder, "both.yml", "anew", "check", over=both))
    name += ", check, panel"
    steps.append(run(name, KEPT, folder, "both.yml", "anew", "panel", over=both))
    steps.append(run(f"{name}, cache written", KEPT, folder, "both.yml", "cached", "panel"))
    steps.append(run(f"{name}, from the cache", KEPT, folder, "both.yml", "cached", "panel"))
    return steps


def search(folder: Path, years: int, trials: int, panel: int, *, validate: bool) -> None:
    """Print what a search holds, beside one on thirty stocks of as many years."""
    small = folder / "small"
    small.mkdir()
    make(small, 30, years)
    run("thirty stocks, cache written", KEPT, small, "both.yml", "cached", "panel")
    held, empty = (
        watched("both.yml", where, environment(where), trials, validate=validate)
        for where in (folder, small)
    )
    print(table(held, empty, panel))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--symbols", type=int, default=3000)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        rows = make(folder, options.symbols, options.years)
        sizes = [(folder / n).stat().st_size / 1e6 for n in ("prices.csv", "factors.parquet")]
        print(f"{rows:,} rows; CSV {sizes[0]:,.0f} MB, Parquet {sizes[1]:,.0f} MB")
        print(f"{'':<46}{'elapsed s':>9}{'CPU s':>9}{'RSS MB':>9}{'÷arrow':>8}")
        steps = measure(folder)
        if options.trials:
            panel = int(steps[-1].printed)
            search(folder, options.years, options.trials, panel, validate=options.validate)
    if options.json:
        options.json.write_text(json.dumps([asdict(step) for step in steps], indent=1))


if __name__ == "__main__":
    main()
