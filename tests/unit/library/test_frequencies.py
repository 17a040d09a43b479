"""The whole run on weekly, monthly, quarterly and calendar-day prices."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from mech_exo import ExoError, Project
from mech_exo.verification.comparisons import FieldComparison, Verification
from tests.unit.data.one_market import versions

OBJECTIVE = """
MAX_DRAWDOWN_THRESHOLD = 0.9
VOLATILITY_THRESHOLD = 5.0
WEIGHT_LIMIT = 2.0

import numpy as np
from mech_exo.objective.factor import factor


@factor(category="technical")
def reversal(market):
    month = max(1, round(market.periods_per_year / 12))
    values = np.full(market.close.shape, np.nan)
    values[month:] = market.close[month:] / market.close[:-month] - 1.0
    return values


def objective(result):
    spread = result.returns.std(ddof=1) * result.periods_per_year**0.5
    return result.returns.mean() * result.periods_per_year / spread


def suggest_factor_weights(trial):
    for name in ("momentum_12_1", "volatility_ratio", "reversal"):
        trial.suggest_float(f"weight_{name}", -1.0, 1.0)
    trial.suggest_float("position_size_pct", 0.2, 0.5)
"""
VERDICT = {"placebos": 2, "windows": 2, "train_share": 0.5, "portfolios": 16, "neighbours": 8}
VERSIONS = versions(years=14)
NAMES = [name for name in VERSIONS if name != "daily"]


def settings(folder: Path, **data: object) -> dict[str, object]:
    (folder / "config").mkdir(exist_ok=True)
    (folder / "research").mkdir(exist_ok=True)
    (folder / "research/obj_utils.py").write_text(OBJECTIVE)
    whole = {"data": {"source": "files", "prices": "../prices.csv", **data}, "verdict": VERDICT}
    (folder / "config/settings.yml").write_text(yaml.safe_dump(whole))
    return whole


def project(folder: Path, name: str, **data: object) -> Project:
    settings(folder, **data)
    VERSIONS[name].prices[-1700:].to_csv(folder / "prices.csv", float_format="%.17g")
    return Project.open(folder)


@pytest.mark.parametrize("name", NAMES)
def test_tune_judge_export_and_verify(name: str, tmp_path: Path) -> None:
    year = VERSIONS[name].periods_per_year
    opened = project(tmp_path, name)
    study = opened.tune(trials=6, jobs=1)
    best = study.best
    assert best is not None
    backtest = opened.backtest(best)
    r = backtest.returns
    by_hand = float(r.mean() / r.std(ddof=1) * np.sqrt(year))
    assert backtest.metrics["sharpe"] == pytest.approx(by_hand, rel=1e-12)
    assert best.value == pytest.approx(by_hand, rel=1e-9)  # made annual by the user's file
    verdict = opened.validate(study).as_dict()
    whole = verdict["walk_forward"]["test"]["active"]
    covered = sum(
        len(opened.dates[slice(*(opened.dates.searchsorted(pd.Timestamp(d)) for d in w["tested"]))])
        for w in verdict["walk_forward"]["windows"]
    )
    assert whole["years"] == pytest.approx(covered / year, abs=8 / year)
    assert verdict["reported"]["sharpe"]["ratio"] == pytest.approx(by_hand, rel=1e-9)
    file = opened.export(study, tmp_path / "weights.yml")
    stated = yaml.safe_load(file.read_text())["provenance"]["data"]
    assert stated["periods_per_year"] == year
    assert opened.verify(file).exit_code == 0


def test_verify_and_resume_see_another_year(tmp_path: Path) -> None:
    opened = project(tmp_path, "monthly")
    study = opened.tune(trials=3, jobs=1)
    file = opened.export(study, tmp_path / "weights.yml")
    edited = file.read_text().replace("periods_per_year: 12.0", "periods_per_year: 52.0")
    (tmp_path / "edited.yml").write_text(edited)
    found = opened.verify(tmp_path / "edited.yml")
    assert found.exit_code != 0
    assert "provenance.data.periods_per_year" in _differing(found)
    other = project(tmp_path, "monthly", periods_per_year=24)
    says = r"a year has 24 sessions, had 12 \(data\.periods_per_year\)"
    with pytest.raises(ExoError, match=says) as refused:
        other.tune(trials=1, jobs=1)
    assert refused.value.exit_code == 2
    by_hand = project(tmp_path, "monthly", periods_per_year=12)
    assert len(by_hand.tune(trials=1, jobs=1).trials) == 4  # what it comes to is the same


def _differing(found: Verification) -> set[str]:
    compared: tuple[FieldComparison, ...] = found.values  # noqa: PD011
    return {comparison.name for comparison in compared if not comparison.equal}


def test_mixed_prices_are_one_error(tmp_path: Path) -> None:
    settings(tmp_path)
    monthly, daily = (VERSIONS[n].prices for n in ("monthly", "daily"))
    mixed = pd.concat([monthly[:60], daily[daily.index > monthly.index[60]]])
    mixed.to_csv(tmp_path / "prices.csv", float_format="%.17g")
    with pytest.raises(ExoError, match=r"monthly until .* and daily from") as refused:
        Project.open(tmp_path)
    assert refused.value.exit_code == 2
    assert "prices.csv" in refused.value.message
