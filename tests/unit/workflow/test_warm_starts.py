"""The first vectors of a search, where windows of built-in factors are tuned."""

from pathlib import Path

import pytest

from mech_exo.factor_file.read import parse_factor_file
from mech_exo.workflow.incumbent import warm_starts
from mech_exo.workflow.session import InputRequest, open_session
from tests.unit.portfolio.test_model import Silent

SPACE = """
MAX_DRAWDOWN_THRESHOLD, VOLATILITY_THRESHOLD, WEIGHT_LIMIT = 0.5, 0.5, 2.0


def suggest_factor_weights(trial):
    trial.suggest_float("weight_momentum_12_1", -1.0, 1.0)
    trial.suggest_int("momentum_window", 6, 18)
"""
OWN = """
from mech_exo.objective.factor import factor


@factor()
def trend(market, momentum_window=6):
    return market.close
"""
MADE = "metadata: {created_at: '2000-01-01'}\n"  # before the holdout
STATED = (
    MADE + "factors: {technical: {momentum_12_1: {weight: 1.0, parameters: {momentum_window: 9}}}}"
)
UNSTATED = MADE + "factors: {technical: {momentum_12_1: {weight: 1.0}}}"


@pytest.mark.parametrize(
    ("text", "stated", "windows"),
    [
        (SPACE, STATED, [9, 12]),
        (SPACE, UNSTATED, [12, 12]),  # 12 months are what the incumbent was tuned with
        (SPACE + OWN, UNSTATED, [None, None]),  # the argument of an own factor is drawn, as ever
    ],
)
def test_they_have_the_window_that_they_mean(
    tmp_path: Path, text: str, stated: str, windows: list[int | None]
) -> None:
    (tmp_path / "objective.py").write_text(text)
    overrides = {"data.demo.symbols": 10, "data.demo.years": 3}
    objective = tmp_path / "objective.py"
    session = open_session(
        InputRequest(objective=objective, overrides=overrides, cwd=tmp_path), Silent()
    )
    starts = warm_starts(session, parse_factor_file(stated, "config/factors.yml"))
    assert [s.params.get("momentum_window") for s in starts] == windows
