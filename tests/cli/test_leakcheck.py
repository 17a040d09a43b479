"""`exo leakcheck` on honest factors and on planted leaks."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import lay_out, run_exo

LEAKS = """
import numpy as np
from mech_exo.objective.factor import factor


@factor(name="tomorrow", category="technical")
def tomorrow(market):
    values = np.full(market.close.shape, np.nan)
    values[:-1] = market.close[1:] / market.close[:-1] - 1.0
    return values


@factor(name="by_period_end", category="fundamental")
def by_period_end(market):
    vintage = market.vintages["return_on_equity"]
    values = np.full(market.close.shape, np.nan)
    for k in range(len(vintage.value)):
        values[market.dates >= vintage.period_end[k], vintage.symbol[k]] = vintage.value[k]
    return values


@factor(name="z_score", category="technical")
def z_score(market):
    return (market.close - np.nanmean(market.close, axis=0)) / np.nanstd(market.close, axis=0)


@factor(name="honest", category="technical")
def honest(market):
    values = np.full(market.close.shape, np.nan)
    values[5:] = market.close[5:] / market.close[:-5] - 1.0
    print("printed by the user's file")
    return values
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo market, and a file with three leaks and one honest factor."""
    folder = lay_out(tmp_path_factory.mktemp("leakcheck") / "project")
    objective = folder / "research/obj_utils.py"
    (folder / "leaks.py").write_text(objective.read_text() + LEAKS)
    return folder


def leaks(found: dict[str, Any]) -> dict[str, str]:
    return {f["subject"]: f["message"] for f in found["findings"] if f["severity"] == "leak"}


def test_the_default_factors_pass(project: Path) -> None:
    run = run_exo("leakcheck", cwd=project)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1].startswith("passed: no leak in 9 factors")


def test_planted_leaks_are_named_and_json_is_alone_on_stdout(project: Path) -> None:
    run = run_exo("leakcheck", "--objective", "leaks.py", "--json", cwd=project)
    assert run.returncode == 1, run.stderr
    found = json.loads(run.stdout)
    assert set(leaks(found)) == {"tomorrow", "by_period_end", "z_score"}
    assert "prices or daily values of later dates" in leaks(found)["z_score"]
    assert "published after their date" in leaks(found)["by_period_end"]
    assert found["passed"] is False
    assert "printed by the user's file" in run.stderr


def test_a_leak_in_the_users_data_is_named(project: Path) -> None:
    import numpy as np

    folder = project / "data"
    folder.mkdir()
    generator = np.random.default_rng(5)
    dates = np.busday_offset(np.datetime64("2018-01-02"), np.arange(600))
    returns = 0.01 * generator.standard_normal((600, 12))
    close = 20.0 * np.cumprod(1.0 + returns, axis=0)
    header = "date," + ",".join(f"S{i}" for i in range(12))
    tomorrow = np.vstack([returns[1:], np.zeros(12)])
    for name, table in (("prices", close), ("tomorrow", tomorrow)):
        rows = [
            f"{d}," + ",".join(f"{v:.6f}" for v in row) for d, row in zip(dates, table, strict=True)
        ]
        (folder / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n")
    (project / "leaky.yml").write_text(
        "data:\n  source: files\n  prices: data/prices.csv\n"
        "  factors: [{file: data/tomorrow.csv, layout: wide, factor: news_sentiment}]\n"
    )
    run = run_exo("leakcheck", "--config", "leaky.yml", cwd=project)
    assert run.returncode == 1, run.stderr
    assert "leak: news_sentiment: too good to be true" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("FAILED: 1 leak (news_sentiment)")
