"""The short calibration: skill is seen, its absence is not called skill."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "calibration.py"


def calibration(*arguments: str) -> tuple[str, list[dict[str, str]]]:
    """What the benchmark prints, and the rows of its table."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), "--jobs", "2", *arguments],
        cwd=BENCHMARK.parents[1],
        env={"PYTHONPATH": str(BENCHMARK.parents[1]), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    head, _, *rows = [
        line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("|")
    ]
    return done.stdout, [dict(zip(head, row, strict=True)) for row in rows]


@pytest.mark.slow
def test_a_short_calibration_keeps_its_level_and_sees_strong_skill() -> None:
    shape = ("--windows", "3", "--trials", "40")
    printed, (null,) = calibration("--worlds", "noise", "--studies", "4", *shape)
    _, (strong,) = calibration("--worlds", "skill-2.0", "--studies", "2", *shape)
    assert (null["world"], null["studies"]) == ("null: no skill, like the demo", "4")
    assert null["**PASS** (95 %)"].startswith(("**0.0**", "**25.0**"))
    assert strong["**PASS** (95 %)"].startswith("**100.0** (16 to 100)")
    assert "noise: 0 of 4 PASS" in printed or "noise: 1 of 4 PASS" in printed


@pytest.mark.slow
def test_an_interrupted_calibration_goes_on(tmp_path: Path) -> None:
    shape = ("--worlds", "noise", "premium", "--windows", "2", "--trials", "12", "--placebos", "2")
    kept = tmp_path / "kept.jsonl"
    _, whole = calibration("--studies", "2", *shape, "--out", str(kept))
    lines = kept.read_text().splitlines(keepends=True)
    assert len(lines) == 4
    kept.write_text("".join(lines[:3]))
    _, again = calibration("--studies", "2", *shape, "--out", str(kept))
    assert again == whole
    assert len(kept.read_text().splitlines()) == 4
