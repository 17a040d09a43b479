"""A portfolio that owes something can lose everything, and is no trial then."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mech_exo.config.portfolio_settings import PortfolioSettings
from mech_exo.config.settings import BacktestSettings, Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.rehearsal import rehearse
from tests.unit.objective.conftest import Compile

SPACE = (
    "def suggest_factor_weights(trial):\n"
    "    trial.suggest_float('weight_rsi_14', -1, 1)\n"
    "    trial.suggest_float('position_size_pct', 0.05, 0.2)\n"
)
PARAMS: dict[str, Any] = {"weight_rsi_14": 0.75, "position_size_pct": 0.1}
NEUTRAL = PortfolioSettings(side="long_short")


def squeezed(evaluator: Evaluator, panel: Panel) -> tuple[Panel, int]:
    """The panel with what is short after an execution in its middle ten times as dear, and when."""
    kernel, result = evaluator.kernel(PARAMS), evaluator.run(PARAMS)
    middle = len(result.traded) // 2
    day = int(kernel.schedule.executed[middle]) + 1
    returns = panel.returns.copy()
    returns[day, result.holdings[middle] < 0.0] = 9.0
    return replace(panel, returns=returns), day


@pytest.mark.parametrize("value", ["return result.sharpe", "return 1.0"])
def test_a_ruined_trial_fails_with_the_date(
    compiled: Compile, market: Market, panel: Panel, settings: Settings, value: str
) -> None:
    spec = compiled(f"{SPACE}def objective(result):\n    {value}\n")
    rules = replace(settings, portfolio=NEUTRAL)
    before = Evaluator(spec, panel, rules, market)
    sound = before.evaluate(PARAMS, {})
    assert sound.state == "complete"
    changed, day = squeezed(before, panel)
    after = Evaluator(spec, changed, rules, market)
    found = after.evaluate(PARAMS, {})
    assert found.state == "fail"
    assert found.reason == f"ruined on {changed.dates[day]}: the portfolio lost all it was worth"
    assert after.run(PARAMS).metric("total_return") == -1.0
    # a checkpoint after it has no value, and a limit there does not make it a pruned trial
    ends = after.base.checkpoints
    assert set(found.intermediate) == {k for k in sound.intermediate if ends[k] <= day}
    assert len(found.intermediate) < len(sound.intermediate)
    late = {k: 1e9 for k in sound.intermediate if ends[k] > day}
    assert after.evaluate(PARAMS, late) == found


def test_a_plain_portfolio_that_is_lost_is_judged_as_ever(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    returns = panel.returns.copy()
    returns[-1] = -1.0
    lost = replace(panel, returns=returns)
    evaluator = Evaluator(compiled(SPACE), lost, settings, market)
    params = PARAMS | {"cash_pct": 0.0}
    assert evaluator.run(params).metric("total_return") == -1.0
    assert evaluator.evaluate(params).state == "complete"


@pytest.mark.parametrize("traded", [0.0, np.nan])
@pytest.mark.parametrize(
    ("portfolio", "backtest", "setting"),
    [
        (PortfolioSettings(max_adv_share=0.1), {"capital": 1e6}, "portfolio.max_adv_share"),
        (PortfolioSettings(), {"capital": 1e6, "impact": 1.0}, "backtest.impact"),
    ],
)
def test_a_volume_that_is_nowhere_known_is_an_error(
    compiled: Compile,
    market: Market,
    panel: Panel,
    settings: Settings,
    traded: float,
    portfolio: PortfolioSettings,
    backtest: dict[str, Any],
    setting: str,
) -> None:
    rules = replace(settings, portfolio=portfolio, backtest=BacktestSettings(**backtest))
    nothing = replace(panel, adv=np.full(panel.tradable.shape, traded))
    words = f"{setting} needs the value traded in the names, and no name has a known one"
    with pytest.raises(ExoError, match=words):
        rehearse(Evaluator(compiled(SPACE), nothing, rules, market))
    one = np.full(panel.tradable.shape, traded)
    one[:, :5] = 1e7
    assert rehearse(Evaluator(compiled(SPACE), replace(panel, adv=one), rules, market)).params
