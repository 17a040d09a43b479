"""The risk status of small portfolios, by hand."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.packaged import RISK_LIMITS, packaged_file
from mech_exo.config.settings import BacktestSettings, Settings
from mech_exo.data.frequency import MONTHLY
from mech_exo.errors import ExitCode, ExoError
from mech_exo.portfolio.model import Model
from mech_exo.report.risk_tables import risk_json
from mech_exo.risk.limits import RiskLimits, read_limits
from mech_exo.risk.status import RiskStatus, risk_status
from mech_exo.workflow.session import Session
from tests.unit.backtest.markets import panel_of
from tests.unit.portfolio.books import model_on

FREE = BacktestSettings(commission_bps=0.0, slippage_bps=0.0)


@pytest.fixture
def limits() -> RiskLimits:
    return read_limits(packaged_file(RISK_LIMITS))


@pytest.fixture
def model() -> Model:
    """Half of each of two names from session 2 on; the third is never chosen."""
    returns = np.zeros((26, 3))
    returns[3] = [0.10, 0.00, 0.5]  # 0.55 and 0.50
    returns[4] = [-0.20, 0.10, 0.5]  # 0.44 and 0.55
    panel = panel_of(returns, rebalance=[1])
    return model_on(panel, FREE, Candidate(np.array([1.0]), 0.0, 0.25, 0.5))


def figures(status: RiskStatus) -> dict[str, float]:
    return {f.name: f.value for f in status.figures}


def judged(model: Model, limits: RiskLimits, days: int = 0) -> RiskStatus:
    last = model.panel.dates[-1].astype(date)
    return risk_status(model, limits, last + timedelta(days=days))


def test_every_figure_by_hand(model: Model, limits: RiskLimits) -> None:
    found = figures(judged(model, replace(limits, window=20, confidence=0.90), days=3))
    path = np.array([0.0, 0.05, 0.99 / 1.05 - 1.0, *[0.0] * 21])
    assert found["drawdown"] == pytest.approx(1.0 - 0.99 / 1.05)
    assert found["max_drawdown"] == pytest.approx(1.0 - 0.99 / 1.05)
    assert found["volatility"] == pytest.approx(np.std(path[-20:], ddof=1) * np.sqrt(252))
    assert found["position"] == pytest.approx(0.55 / 0.99)
    assert found["cash"] == pytest.approx(0.0, abs=1e-15)
    assert found["names"] == 2.0
    assert found["factor"] == 1.0
    # the first name stands at 0.88 of its price at entry; sold at 0.75
    assert found["stop_distance"] == pytest.approx(1.0 - 0.75 / 0.88)
    assert found["data_age_days"] == 3.0
    assert (found["var"], found["es"]) == (0.0, 0.0)  # nothing moved in the last 20 sessions


def test_var_is_of_todays_holdings(model: Model, limits: RiskLimits) -> None:
    found = figures(judged(model, replace(limits, window=26, confidence=0.95)))
    # Today's weights on session 4: 0.4444 · −20 % + 0.5556 · 10 % = −3.33 %; 26 · 5 % = 1.3 days.
    worst = (0.44 * 0.20 - 0.55 * 0.10) / 0.99
    assert found["var"] == pytest.approx(0.0)
    assert found["es"] == pytest.approx(worst / 1.3)


def test_the_limits_of_a_monthly_market(model: Model, limits: RiskLimits) -> None:
    """Losses of a month against limits of a month, and a file that is not stale after ten days."""
    monthly = replace(model, panel=replace(model.panel, frequency=MONTHLY))
    day, month = judged(model, limits, days=12), judged(monthly, limits, days=12)
    by_name = [{f.name: f for f in status.figures} for status in (day, month)]
    for name in ("var", "es"):
        of_day, of_month = (found[name].limit for found in by_name)
        assert of_day is not None
        assert of_month is not None
        assert of_month.red == pytest.approx(of_day.red * np.sqrt(21))
        assert of_month.amber == pytest.approx(of_day.amber * np.sqrt(21))
    assert [found["data_age_days"].light for found in by_name] == ["red", "green"]
    assert "one month, 20 sessions" in by_name[1]["var"].remark  # a year would be 12: too few
    assert "one day, 26 sessions" in by_name[0]["var"].remark
    path = monthly.result.returns[-20:]
    assert by_name[1]["volatility"].value == pytest.approx(np.std(path, ddof=1) * np.sqrt(12))
    assert by_name[0]["drawdown"].limit == by_name[1]["drawdown"].limit


def test_sectors(model: Model, limits: RiskLimits, tmp_path: Path) -> None:
    path = tmp_path / "sectors.csv"
    path.write_text("symbol,sector\nN0000,Tech\nOTHER,Banks\n")
    status = judged(model, replace(limits, sectors=path))
    assert figures(status)["sector"] == pytest.approx(0.55 / 0.99)  # of the unknown
    assert [p.sector for p in status.positions] == ["unknown", "Tech"]
    path.write_text("symbol,sector\nN0000,Tech\nN0001,Tech\n")
    assert figures(judged(model, replace(limits, sectors=path)))["sector"] == pytest.approx(1.0)
    path.write_text("symbol,sector\nN0000,Tech\nN0000,Oil\n")
    with pytest.raises(ExoError, match=r"line 3: N0000 is there twice"):
        judged(model, replace(limits, sectors=path))


def test_lights_and_exit_codes(model: Model, limits: RiskLimits) -> None:
    loose = {name: replace(limit, red=1e9) for name, limit in limits.limits.items()}
    loose |= {n: replace(loose[n], amber=0.0, red=0.0) for n in ("names", "stop_distance")}
    within = judged(model, replace(limits, limits=loose), days=30)
    assert within.exit_code == ExitCode.DONE
    assert within.light == "amber"
    stale = loose | {"data_age_days": limits.limits["data_age_days"]}
    breached = judged(model, replace(limits, limits=stale), days=11)
    assert breached.breached == ("data_age_days",)
    assert breached.exit_code == ExitCode.REFUSED
    assert '"breached": [\n    "data_age_days"\n  ]' in risk_json(breached)


def test_the_age_of_made_up_data_is_not_judged(model: Model, limits: RiskLimits) -> None:
    session = SimpleNamespace(
        market=model.session.market, panel=model.panel, settings=Settings(backtest=FREE)
    )
    demo = replace(model, session=cast(Session, cast(Any, session)))
    age = next(f for f in judged(demo, limits, days=999).figures if f.name == "data_age_days")
    assert (age.light, age.limit) == ("", None)


def test_all_cash(limits: RiskLimits) -> None:
    panel = panel_of(np.zeros((40, 2)), rebalance=[1])
    status = judged(model_on(panel, FREE, Candidate(np.array([0.0]), 0.0, 0.1, 0.5)), limits)
    found = figures(status)
    assert (found["cash"], found["names"], found["position"], found["factor"]) == (1.0, 0.0, 0.0, 0)
    assert status.positions == ()
    assert set(status.breached) == {"cash", "names"}
    assert '"stop_distance": {\n      "value": null' in risk_json(status)
