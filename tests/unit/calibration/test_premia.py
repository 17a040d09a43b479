"""The user's market without the skill of the past, and with a premium of known strength."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.calibration.premia import UnskilledMarket, best_covered, signs_of
from mech_exo.config.settings import BacktestSettings
from mech_exo.errors import ExoError
from mech_exo.verdict.ranking import information_coefficients, market_model
from mech_exo.verdict.stretch import Outcomes
from tests.unit.verdict.small import small_panel

RULES = BacktestSettings()
FLOAT = '{"name": "FloatDistribution", "attributes": {"low": %s, "high": %s, "log": false}}'


def skill(market: UnskilledMarket, seed: int) -> float:
    """Mean information coefficient of factor 0 in a history."""
    outcomes = Outcomes.of(market.history(seed)).over(market.holding)
    scores = market.panel.exposures[: len(market.holding.first), :, 0]
    return float(np.nanmean(information_coefficients(scores, outcomes)))


def test_the_skill_of_the_past_is_gone_and_the_market_is_not() -> None:
    panel = small_panel(premium=0.6, sessions=900)
    market = UnskilledMarket(panel, RULES)
    real = Outcomes.of(panel).over(market.holding)
    scores = panel.exposures[: len(market.holding.first), :, 0]
    assert np.nanmean(information_coefficients(scores, real)) > 0.2
    assert abs(np.mean([skill(market, seed) for seed in range(40)])) < 0.04
    one, other = market.history(3), market.history(3, opposite=True)
    held = slice(market.holding.first[0], None)
    common = market_model(panel.returns)[0]
    assert np.allclose((one.returns + other.returns)[held] / 2, common[held])
    assert np.array_equal(one.exposures, panel.exposures)


def test_a_premium_is_paid_where_a_decision_is_held() -> None:
    panel = small_panel()
    scores = panel.exposures.copy()
    scores[3, 5, 1] = np.nan
    panel = replace(panel, exposures=scores)
    market = UnskilledMarket(panel, RULES)
    gained = (market.paid(panel, "f1", 2.52).returns - panel.returns) * 100.0
    first, last = market.holding.first, market.holding.last
    assert np.abs(gained[: first[0]]).max() == 0.0  # before the first trade
    for m in (0, 2, len(first) - 1):
        rows = gained[first[m] : last[m]]
        assert np.allclose(rows, np.nan_to_num(scores[m, :, 1])), m
    assert np.abs(gained[first[3] : last[3], 5]).max() == 0.0


def test_nobody_loses_more_than_there_is() -> None:
    panel = small_panel()
    market = UnskilledMarket(panel, RULES)
    assert market.paid(panel, "f0", -900.0).returns.min() >= -0.95


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_best_portfolio_has_the_wanted_ratio_on_average(sign: float) -> None:
    market = UnskilledMarket(small_panel(premium=0.6, sessions=900), RULES)
    premium = market.premium("f0", sign, 1.5, seed=1)
    assert premium.ratio == pytest.approx(1.5, abs=0.02)
    others = [
        market.ratio(
            market.paid(market.history(seed, opposite=turn), "f0", sign * premium.strength),
            "f0",
            sign,
        )
        for seed in range(100, 110)
        for turn in (False, True)
    ]
    assert np.mean(others) == pytest.approx(1.5, abs=0.15)


def test_a_larger_ratio_needs_a_larger_premium_and_the_answer_is_one() -> None:
    market = UnskilledMarket(small_panel(), RULES)
    small, large = (market.premium("f1", 1.0, ratio, seed=1) for ratio in (0.5, 2.0))
    assert 0.0 < small.strength < large.strength
    assert market.premium("f1", 1.0, 0.5, seed=1) == small


def test_a_factor_of_a_single_name_cannot_earn_it() -> None:
    panel = small_panel()
    scores = np.full_like(panel.exposures, np.nan)
    scores[:, 0, 0] = 0.0
    market = UnskilledMarket(replace(panel, exposures=scores), RULES)
    with pytest.raises(ExoError, match="no premium of f0"):
        market.premium("f0", 1.0, 1.0, seed=1)


def test_the_default_is_the_factor_of_most_names() -> None:
    panel = small_panel()
    scores = panel.exposures.copy()
    scores[:, :3, 0] = np.nan
    panel = replace(panel, exposures=scores)
    assert best_covered(panel, ("f0", "f1", "f2")) == "f1"
    assert best_covered(panel, ("f0",)) == "f0"
    with pytest.raises(ExoError, match="no weight"):
        best_covered(panel, ())


def test_a_premium_has_the_sign_that_the_search_may_give() -> None:
    space = {
        "weight_both": FLOAT % (-1.0, 1.0),
        "weight_down": FLOAT % (-1.0, 0.2),
        "weight_none": FLOAT % (0.0, 0.0),
        "weight_choice": '{"name": "CategoricalDistribution", "attributes": {"choices": [0, -2]}}',
        "cash_pct": FLOAT % (0.0, 0.1),
    }
    assert signs_of(space) == {"both": 1.0, "down": -1.0, "choice": -1.0}
