"""A construct that peeks is caught and named; honest ones and the built-in rules pass."""

import pytest

from mech_exo.config.portfolio_settings import PortfolioSettings
from mech_exo.config.settings import DataSettings, DemoSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.demo import demo_market
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.leakage.leaks import LeakReport, check_leaks
from mech_exo.objective.spec import ObjectiveSpec

SETTINGS = Settings(data=DataSettings(demo=DemoSettings(symbols=20, years=3)))
FILE = """
import numpy as np


def suggest_factor_weights(trial):
    trial.suggest_float("weight_rsi_14", 0.5, 1.0)
    trial.suggest_float("weight_momentum_12_1", -1.0, 1.0)
    trial.suggest_float("tilt", 0.5, 2.0)


def construct(scores, ctx, params):
    strength = np.nan_to_num(scores) * params["tilt"]
"""
SHARED = """
    strength = np.where(ctx.tradable, np.nan_to_num(np.abs(strength)), 0.0)
    return strength / np.maximum(strength.sum(axis=-1, keepdims=True), 1e-9)
"""


@pytest.fixture(scope="module")
def market() -> Market:
    return demo_market(SETTINGS.data.demo)


@pytest.fixture(scope="module")
def panel(market: Market) -> Panel:
    return build_panel(market, SETTINGS)


def check(market: Market, panel: Panel, line: str, settings: Settings = SETTINGS) -> LeakReport:
    spec = ObjectiveSpec.compile(f"{FILE}    {line}\n{SHARED}".encode(), "obj.py")
    return check_leaks(settings, market, panel, spec)


PEEKS = {
    "the next return": "strength *= 1.0 + np.vstack([ctx.returns, ctx.returns[-1:]])[ctx.rows + 1]",
    "the next return, unguarded": "strength *= 1.0 + ctx.returns[ctx.rows + 1]",
    "volatility of the full sample": "strength /= np.nanstd(ctx.returns, axis=0)",
    "scores of later dates": "strength -= np.nanmean(scores, axis=0)",
    "the last score": "strength += np.nan_to_num(scores[-1])",
    "the number of decisions": "strength[:, 0] += len(scores)",
    "volatility of later decisions": "strength *= 1.0 + ctx.volatility.mean(axis=0)",
}


@pytest.mark.parametrize("line", PEEKS.values(), ids=PEEKS.keys())
def test_a_construct_that_peeks_is_named(market: Market, panel: Panel, line: str) -> None:
    report = check(market, panel, line)
    assert not report.passed
    assert {f.subject for f in report.findings if f.severity == "leak"} == {"construct"}


HONEST = {
    "scores": "pass",
    "volatility": "strength /= np.nan_to_num(ctx.volatility, nan=0.3)",
    "the last return": "strength *= 1.0 + np.nan_to_num(ctx.returns[ctx.rows])",
    "the decision before": "strength[1:] += np.nan_to_num(scores[:-1])",
    "a window": "strength *= np.stack([np.nanstd(ctx.returns[t - 60 : t + 1], axis=0) "
    "for t in ctx.rows])",
}


@pytest.mark.parametrize("line", HONEST.values(), ids=HONEST.keys())
def test_an_honest_construct_passes(market: Market, panel: Panel, line: str) -> None:
    report = check(market, panel, line)
    assert report.passed
    assert report.targets


def test_one_that_is_called_decision_by_decision(market: Market, panel: Panel) -> None:
    def checked(line: str) -> bool:
        text = FILE.replace("ctx, params)", "ctx, params, previous)") + f"    {line}\n{SHARED}"
        spec = ObjectiveSpec.compile(text.encode(), "obj.py")
        return check_leaks(SETTINGS, market, panel, spec).passed

    assert checked("strength = strength + 0.5 * previous")
    assert checked("strength = strength * (1.0 + np.nan_to_num(ctx.returns[-1]))")
    state = "construct.__dict__.setdefault('seen', []).append(scores); "
    assert not checked(state + "strength = strength + len(construct.seen)")


def test_the_built_in_rules_pass() -> None:
    market = demo_market(SETTINGS.data.demo)
    rules = PortfolioSettings(
        weighting="inverse_volatility",
        side="long_short",
        neutralise=("beta",),
        buffer=0.5,
        vol_target=0.1,
    )
    settings = Settings(data=SETTINGS.data, portfolio=rules)
    spec = ObjectiveSpec.compile(
        b"def suggest_factor_weights(trial):\n    trial.suggest_float('weight_rsi_14', 0.5, 1.0)\n",
        "obj.py",
    )
    assert check_leaks(settings, market, build_panel(market, settings), spec).passed
