"""The short calibration: skill is seen, its absence is not called skill."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "calibration.py"


@pytest.mark.slow
def test_a_short_calibration_keeps_its_level_and_sees_strong_skill() -> None:
    sizes = ["--null", "4", "--signal", "2", "--ratios", "3", "--windows", "3", "--trials", "20"]
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--jobs", "2", *sizes],
        cwd=BENCHMARK.parents[1],
        env={"PYTHONPATH": str(BENCHMARK.parents[1]), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [
        line.strip("| ").split(" | ") for line in done.stdout.splitlines() if "| sharpe" in line
    ]
    head = done.stdout.splitlines()[0].strip("| ").split(" | ")
    null, strong = (dict(zip(head, row, strict=True)) for row in rows)
    assert (null["true IR"], null["studies"]) == ("0", "4")
    assert float(null["PASS"]) <= 25.0
    assert float(strong["PASS"]) == 100.0
    assert "false PASS:" in done.stdout
