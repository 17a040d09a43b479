"""The benchmark of large data, at a size of no account: it runs, and memory is bounded."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_benchmark_of_data(tmp_path: Path) -> None:
    shown = tmp_path / "steps.json"
    subprocess.run(
        [
            *(sys.executable, "benchmarks/data.py", "--symbols", "500", "--years", "5"),
            *("--trials", "0", "--folder", str(tmp_path), "--json", str(shown)),
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    steps = {step["name"]: step for step in json.loads(shown.read_text())}
    anew, again = (
        steps[f"prices and 9 factors, check, panel{end}"] for end in ("", ", from the cache")
    )
    assert anew["printed"] == again["printed"]
    assert again["processor_s"] < anew["processor_s"] / 2
    assert again["resident_mb"] < anew["resident_mb"] * 0.8
    assert steps["prices"]["resident_mb"] < 4 * steps["pyarrow alone: CSV"]["resident_mb"]
