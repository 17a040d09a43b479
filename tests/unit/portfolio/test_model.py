"""A factor file applied to a session: the same backtest as the tuning's evaluator."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.config.settings import FactorSettings
from mech_exo.data.build import build_panel
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.read import parse_factor_file
from mech_exo.objective.evaluate import Evaluator
from mech_exo.portfolio.model import model_of
from mech_exo.workflow.session import InputRequest, Session, open_session

OBJECTIVE = """
import numpy as np
from mech_exo.objective.factor import factor

MAX_DRAWDOWN_THRESHOLD, VOLATILITY_THRESHOLD, WEIGHT_LIMIT = 0.5, 0.5, 2.0


@factor(name="trend", category="technical")
def trend(market, trend_window=5):
    past = np.full(market.close.shape, np.nan)
    past[trend_window:] = market.close[trend_window:] / market.close[:-trend_window] - 1.0
    return past


@factor(name="level", category="technical")
def level(market):
    return np.log(market.close)


def suggest_factor_weights(trial):
    for name in ("trend", "level", "momentum_12_1"):
        trial.suggest_float(f"weight_{name}", -1.0, 1.0)
    trial.suggest_int("trend_window", 2, 60)
"""

FILE = """
factors:
  technical:
    trend: {weight: 0.7, parameters: {trend_window: 20}}
    level: {weight: 0.3, direction: lower_better}
    momentum_12_1: {weight: 0.4}
    gone: {weight: 0.0}
hyperparameters: {position_size_pct: 0.1}
"""


WINDOWED = """
factors:
  technical:
    momentum_12_1: {weight: 1.0, parameters: {momentum_window: 7}}
hyperparameters: {position_size_pct: 0.1}
"""


class Silent:
    def note(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("project")
    (folder / "objective.py").write_text(OBJECTIVE)
    overrides = {"data.demo.symbols": 20, "data.demo.years": 3}
    return open_session(
        InputRequest(objective=Path(folder / "objective.py"), overrides=overrides, cwd=folder),
        Silent(),
    )


def parsed(text: str) -> FactorFile:
    return parse_factor_file(text, "factors.yml")


def test_backtest_is_the_evaluators(session: Session) -> None:
    model = model_of(session, parsed(FILE), "factors.yml")
    evaluator = Evaluator(session.spec, session.panel, session.settings, session.market)
    params = {k: v for k, v in model.file.params.items() if k != "weight_gone"}
    expected = evaluator.run(params)
    assert model.panel.factor_names == evaluator.space.factor_names
    assert np.array_equal(model.result.returns, expected.returns)
    assert model.result.metrics() == expected.metrics()
    default = model_of(session, parsed(FILE.replace("20", "5")), "factors.yml")
    assert not np.array_equal(default.result.returns, expected.returns)


def test_a_window_of_the_file_is_what_the_settings_would_make_of_it(session: Session) -> None:
    """Whatever the settings at hand say, and although the objective file suggests no window."""
    stated = parsed(WINDOWED)
    model = model_of(session, stated, "factors.yml")
    plain = model_of(
        session, parsed(WINDOWED.replace(", parameters: {momentum_window: 7}", "")), ""
    )
    assert not np.array_equal(model.result.returns, plain.result.returns)
    for months in (7, 9):
        fixed = replace(session.settings, factors=FactorSettings(momentum_window=months))
        other = replace(session, settings=fixed, panel=build_panel(session.market, fixed))
        again = model_of(other, stated, "factors.yml")
        assert np.array_equal(again.result.returns, model.result.returns)
        by_settings = model_of(other, plain.file, "factors.yml")
        same = np.array_equal(by_settings.result.returns, model.result.returns)
        assert same == (months == 7)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WINDOWED.replace("7", "7.5"), "'momentum_window' is 7.5, must be a whole number from 2"),
        (WINDOWED.replace("7", "1"), "'momentum_window' is 1, must be a whole number from 2"),
        (WINDOWED.replace("7", "400"), "momentum_12_1 has no score on any date with"),
        ("factors: {technical: {gone: {weight: 0.1}}}", "there is no factor 'gone'"),
        (
            "factors: {technical: {level: {weight: 1.0, parameters: {window: 3}}}}",
            "'window' is neither a weight",
        ),
    ],
)
def test_refuses(session: Session, text: str, message: str) -> None:
    with pytest.raises(ExoError) as caught:
        model_of(session, parsed(text), "factors.yml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("factors.yml: ")
