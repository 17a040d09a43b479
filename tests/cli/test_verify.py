"""`exo verify` on a machine where the data lie elsewhere, and after every kind of change."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.cli.conftest import lay_out, one_error, run_exo

NAMES, SESSIONS = 8, 420
SETTINGS = """\
data:
  source: files
  prices: ../data/prices.csv
factors: {min_history: 60}
"""


def write_prices(path: Path, *, change: float = 0.0, more: int = 0) -> None:
    """A wide table of business days.

    One price may differ by the factor 1 + change, and `more` days of the last prices may follow.
    """
    generator = np.random.default_rng(3)
    dates = np.busday_offset(np.datetime64("2020-01-02"), np.arange(SESSIONS + more))
    steps = 0.0005 + 0.01 * generator.standard_normal((SESSIONS, NAMES))
    close = 50.0 * np.cumprod(1.0 + steps, axis=0)
    close[200, 3] *= 1.0 + change
    close = np.concatenate([close, np.repeat(close[-1:], more, axis=0)])
    rows = [",".join(["date", *(f"S{i}" for i in range(NAMES))])]
    rows += [
        f"{d}," + ",".join(repr(float(c)) for c in row) for d, row in zip(dates, close, strict=True)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a file that was exported in another folder, which is gone by now.

    The data lie where `here.yml` says; the clone's own settings are the defaults.
    """
    base = tmp_path_factory.mktemp("verify")
    first = lay_out(base / "first")
    write_prices(first / "data/prices.csv")
    (first / "config/settings.yml").write_text(SETTINGS)
    objective = first / "research/obj_utils.py"
    objective.write_text(
        objective.read_text().replace(
            "MAX_DRAWDOWN_THRESHOLD = 0.12", "MAX_DRAWDOWN_THRESHOLD = 0.6"
        )
    )
    run = run_exo("optuna-run", "--n-trials", "3", "--export-yaml", "factors/a.yml", cwd=first)
    assert run.returncode == 0, run.stderr
    fresh = lay_out(base / "clone")
    (fresh / "config/settings.yml").unlink()
    shutil.copy(first / "factors/a.yml", fresh / "a.yml")
    shutil.copy(objective, fresh / "research/obj_utils.py")
    shutil.move(first / "data", fresh / "data")
    shutil.rmtree(first)
    (fresh / "here.yml").write_text("data: {source: files, prices: data/prices.csv}\n")
    return fresh


def test_a_file_exported_elsewhere_verifies(clone: Path) -> None:
    run = run_exo("verify", "a.yml", "--config", "here.yml", "--json", cwd=clone)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["differing"] == []
    names = {c["name"] for c in found["values"]}
    assert {"content_hash", "metadata.best_sharpe_ratio", "out_of_sample.metrics.sharpe"} <= names
    assert all(c["stored"] == c["computed"] for c in found["values"])


def test_each_value_is_printed(clone: Path) -> None:
    run = run_exo("verify", "a.yml", "--config", "here.yml", cwd=clone)
    stored = yaml.safe_load((clone / "a.yml").read_text())["metadata"]["best_sharpe_ratio"]
    line = next(li for li in run.stdout.splitlines() if "best_sharpe_ratio" in li)
    assert line.split() == ["metadata.best_sharpe_ratio", repr(stored), repr(stored), "equal"]
    assert run.stdout.splitlines()[-1].startswith("verified: all ")


def test_without_the_data_it_says_how_to_name_them(clone: Path) -> None:
    assert "--config" in one_error(run_exo("verify", "a.yml", cwd=clone), 2)


def test_a_changed_weight_is_refused(clone: Path) -> None:
    document: dict[str, Any] = yaml.safe_load((clone / "a.yml").read_text())
    document["factors"]["technical"]["rsi_14"]["weight"] += 0.125
    (clone / "edited.yml").write_text(yaml.safe_dump(document))
    run = run_exo("verify", "edited.yml", "--config", "here.yml", cwd=clone)
    assert run.returncode == 1, run.stderr
    last = run.stdout.splitlines()[-1]
    assert last.startswith("NOT verified: factors, hyperparameters or rules have been changed")


def test_one_changed_price_is_other_data(clone: Path) -> None:
    write_prices(clone / "other/prices.csv", change=1e-6)
    (clone / "other.yml").write_text("data: {source: files, prices: other/prices.csv}\n")
    run = run_exo("verify", "a.yml", "--config", "other.yml", "--json", cwd=clone)
    assert run.returncode == 4, run.stderr
    assert json.loads(run.stdout)["differing"] == ["provenance.data_fingerprint"]


def test_data_that_have_grown_are_compared_as_they_were(clone: Path) -> None:
    write_prices(clone / "grown/prices.csv", more=3)
    (clone / "grown.yml").write_text("data: {source: files, prices: grown/prices.csv}\n")
    run = run_exo("verify", "a.yml", "--config", "grown.yml", cwd=clone)
    assert run.returncode == 0, run.stdout
    assert "compared as of 20" in run.stderr


def test_one_changed_line_is_another_objective(clone: Path) -> None:
    text = (clone / "research/obj_utils.py").read_text()
    (clone / "changed.py").write_text(text.replace("= 0.6", "= 0.5"))
    arguments = ("verify", "a.yml", "--config", "here.yml", "--objective", "changed.py")
    run = run_exo(*arguments, cwd=clone)
    assert run.returncode == 4, run.stderr
    assert "the objective file is not that of the file" in run.stdout.splitlines()[-1]


def test_a_file_without_provenance_cannot_be_verified(clone: Path) -> None:
    (clone / "hand.yml").write_text("factors: {technical: {rsi_14: {weight: 1}}}\n")
    assert "provenance.settings" in one_error(run_exo("verify", "hand.yml", cwd=clone), 2)
