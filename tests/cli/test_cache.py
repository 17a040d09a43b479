"""The cache as a user meets it."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import run_exo


@pytest.mark.slow
def test_a_second_start_says_that_it_read_nothing(tmp_path: Path) -> None:
    days = np.busday_offset("2018-01-01", np.arange(800), roll="forward")
    close = 100.0 + np.random.default_rng(0).normal(size=(800, 1000)).cumsum(axis=0)
    rows = [
        f"{day}," + ",".join(row)
        for day, row in zip(days, np.char.mod("%.8f", np.abs(close) + 1.0), strict=True)
    ]
    header = "date," + ",".join(f"S{i}" for i in range(1000))
    (tmp_path / "prices.csv").write_text("\n".join([header, *rows]) + "\n")
    assert (tmp_path / "prices.csv").stat().st_size > 10_000_000
    (tmp_path / "settings.yml").write_text("data: {source: files, prices: prices.csv}\n")
    env = {"XDG_CACHE_HOME": str(tmp_path / "home")}

    def run(*more: str, **variables: str) -> str:
        done = run_exo(
            *("optuna-run", "--config", "settings.yml", "--dry-run", *more),
            cwd=tmp_path,
            env=env | variables,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    assert "cache      " not in run("--no-cache") + run(EXO_NO_CACHE="1")
    assert not (tmp_path / "home").exists()
    assert "cache      " not in run()
    assert "cache      as read before from the same files" in run()
    assert len(list((tmp_path / "home/mech-exo/panels").iterdir())) == 3
    assert "cache      " not in run("--no-cache")
    assert "cache      /dev/null" in run(EXO_CACHE_DIR="/dev/null/x")
