"""The commands on weekly and monthly prices."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from mech_exo.cli.entry import run
from tests.unit.data.one_market import filled_weekends, versions

VERSIONS = versions(years=8)
LENIENT = """
MAX_DRAWDOWN_THRESHOLD, VOLATILITY_THRESHOLD, WEIGHT_LIMIT = 0.9, 5.0, 2.0


def suggest_factor_weights(trial):
    for name in ("rsi_14", "momentum_12_1"):
        trial.suggest_float(f"weight_{name}", -1.0, 1.0)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "research").mkdir()
    (tmp_path / "research/obj_utils.py").write_text(LENIENT)
    use(tmp_path, source="files", prices="../prices.csv")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def use(folder: Path, **data: object) -> None:
    (folder / "config/settings.yml").write_text(yaml.safe_dump({"data": data}))


def write(folder: Path, prices: pd.DataFrame) -> None:
    prices.to_csv(folder / "prices.csv", float_format="%.8g")


def test_a_run_says_how_often_there_are_prices(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, VERSIONS["weekly"].prices)
    assert run(["optuna-run", "--dry-run"]) == 0
    assert "; weekly, 52 sessions a year" in capsys.readouterr().err
    write(folder, VERSIONS["daily"].prices)
    assert run(["optuna-run", "--dry-run"]) == 0
    assert "a year" not in capsys.readouterr().err
    use(folder, source="files", prices="../prices.csv", periods_per_year=260)
    assert run(["optuna-run", "--dry-run"]) == 0
    assert "; 260 sessions a year (data.periods_per_year)" in capsys.readouterr().err


def test_copied_weekends_are_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, filled_weekends(VERSIONS["calendar-day"].prices))
    assert run(["optuna-run", "--dry-run"]) == 0
    said = capsys.readouterr().err
    assert "calendar-day, 365 sessions a year" in said
    assert "weekends are copies of Friday" in said


def test_a_ledger_of_weeks_goes_on_week_by_week(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = VERSIONS["weekly"].prices
    write(folder, whole[:-3])
    assert run(["optuna-run", "--n-trials", "3", "--export-yaml", "config/factors.yml"]) == 0
    assert run(["paper", "step"]) == 0
    write(folder, whole)
    assert run(["paper", "step"]) == 0
    capsys.readouterr()
    assert run(["paper", "status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sessions"] == 3
    assert run(["risk", "status", "--config", "config/factors.yml", "--json"]) in (0, 1)
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert "one week" in figures["var"]["remark"]


def test_a_store_of_weeks_takes_no_days(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("pyarrow")
    weekly, daily = (VERSIONS[name].prices for name in ("weekly", "daily"))
    write(folder, weekly)
    assert run(["data", "import"]) == 0
    later = daily[daily.index > weekly.index[-30]]
    write(folder, pd.concat([weekly[:-29], later]).sort_index())
    capsys.readouterr()
    assert run(["data", "import"]) == 2
    assert "weekly until" in capsys.readouterr().err
