"""The risk of a portfolio that sells short, by hand."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.packaged import RISK_LIMITS, packaged_file
from mech_exo.config.settings import BacktestSettings
from mech_exo.construction.mandate import Mandate
from mech_exo.portfolio.model import Model
from mech_exo.report.risk_tables import risk_json, show_risk
from mech_exo.risk.limits import RiskLimits, read_limits
from mech_exo.risk.status import RiskStatus
from tests.unit.backtest.markets import panel_of
from tests.unit.portfolio.books import model_on
from tests.unit.risk.test_status import figures, judged

FREE = BacktestSettings(commission_bps=0.0, slippage_bps=0.0)
OF_SHORTS = ("gross", "net", "short_interest")
SHORT, LONG = Mandate(side="long_short"), Mandate()


def model(mandate: Mandate) -> Model:
    """A quarter in each of two names, a quarter short in each of two others, then one session."""
    returns = np.zeros((26, 4))
    returns[3] = [0.10, 0.00, 0.20, 0.00]
    panel = panel_of(returns, rebalance=[1])
    return model_on(panel, FREE, Candidate(np.array([1.0]), 0.0, 0.25, 0.5, mandate=mandate))


def limits(tmp_path: Path, text: str = "volatility: {red: 9}") -> RiskLimits:
    path = tmp_path / "limits.yml"
    path.write_text(f"limits: {{{text}}}\n")
    return read_limits(path)


def remark(status: RiskStatus, name: str) -> str:
    return next(f.remark for f in status.figures if f.name == name)


def test_every_figure_by_hand(tmp_path: Path) -> None:
    # 1 + 0.025 − 0.05 = 0.975; held 0.275 and 0.25, short 0.30 and 0.25.
    status = judged(model(SHORT), replace(limits(tmp_path), window=26))
    found = figures(status)
    assert found["gross"] == pytest.approx(1.075 / 0.975)
    assert found["net"] == pytest.approx(0.025 / 0.975)
    assert remark(status, "net") == "short"
    assert found["short_interest"] == pytest.approx(0.55 / 0.975)
    assert found["cash"] == pytest.approx(1.0 - 1.075 / 0.975)
    assert found["names"] == 4.0
    assert found["position"] == pytest.approx(0.30 / 0.975)
    assert remark(status, "position") == "N0002, short"
    # bought back at 1.25, and stands at 1.20
    assert found["stop_distance"] == pytest.approx(1.25 / 1.2 - 1.0)
    assert remark(status, "stop_distance") == "N0002"
    assert [(p.symbol, p.weight > 0.0) for p in status.positions] == [
        ("N0000", True),
        ("N0001", True),
        ("N0002", False),
        ("N0003", False),
    ]
    # On session 3 today's holdings would have lost: 26 · 5 % = 1.3 days.
    lost = (0.275 * 0.10 - 0.30 * 0.20) / 0.975
    assert found["es"] == pytest.approx(-lost / 1.3)


def test_a_sector_is_judged_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "sectors.csv"
    path.write_text("symbol,sector\nN0000,Tech\nN0001,Oil\nN0002,Oil\nN0003,Oil\n")
    status = judged(model(SHORT), replace(limits(tmp_path), sectors=path))
    assert figures(status)["sector"] == pytest.approx(0.55 / 0.975)
    assert remark(status, "sector") == "Oil, short"


def test_limits_of_shorts_are_judged(tmp_path: Path) -> None:
    for name, value in (("gross", 1.1026), ("net", 0.0256), ("short_interest", 0.5641)):
        for threshold, light in ((value - 0.001, "red"), (value + 0.001, "green")):
            status = judged(model(SHORT), limits(tmp_path, f"{name}: {{red: {threshold}}}"))
            assert [f.light for f in status.figures if f.name == name] == [light]
            assert status.breached == ((name,) if light == "red" else ())


def test_a_portfolio_without_shorts_has_these_figures_where_they_are_asked_for(
    tmp_path: Path,
) -> None:
    shipped = read_limits(packaged_file(RISK_LIMITS))
    assert not set(OF_SHORTS) & set(figures(judged(model(LONG), shipped)))
    asked = judged(model(LONG), limits(tmp_path, "net: {red: 0.5}"))
    assert asked.breached == ("net",)
    assert figures(asked)["net"] == pytest.approx(1.0)
    assert set(OF_SHORTS) <= set(figures(judged(model(replace(LONG, max_gross=2.0)), shipped)))


def test_printed(tmp_path: Path) -> None:
    status = judged(model(SHORT), limits(tmp_path, "net: {amber: 0.01, red: 0.02}"))
    text = StringIO()
    show_risk(status, Console(file=text, width=120))
    assert "held less short" in text.getvalue()
    assert "BREACHED: held less short" in text.getvalue()
    assert "-30.8 %" in text.getvalue()
    assert '"short_interest": {' in risk_json(status)
    assert '"weight": -0.3076923' in risk_json(status)
