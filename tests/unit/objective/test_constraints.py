"""Built-in constraints and the file's own."""

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.result import BacktestResult
from mech_exo.backtest.track import PathFigures
from mech_exo.config.settings import Settings
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.objective.constraints import (
    CONSTRAINTS,
    Run,
    largest_sector,
    limits_of,
    own_distances,
)
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.rehearsal import rehearse
from mech_exo.workflow.figures import ConstraintValue
from tests.unit.objective.conftest import Compile

SPACE = "def suggest_factor_weights(trial):\n    trial.suggest_float('weight_rsi_14', -1, 1)\n"
OWN = "def constraints(result):\n    return {}\n"


def run(**figures: float) -> Run:
    """A candidate of 20 positions, and a result with these figures."""
    returns = np.array([0.01, -0.02, 0.03, 0.0])
    result = SimpleNamespace(
        metric=figures.__getitem__,
        returns=returns,
        active=PathFigures(returns),
        periods_per_year=252.0,
        knows_sectors=True,
        sector_shares={"energy": np.array([0.2, 0.5]), "unknown": np.array([0.3, 0.1])},
    )
    candidate = Candidate(np.array([0.5, -1.5]), 0.0, 0.1, 0.05)
    return Run(candidate, cast("BacktestResult", result))


@pytest.mark.parametrize(
    ("name", "limit", "distance"),
    [
        ("max_drawdown", 0.12, 0.08),
        ("volatility", 0.25, -0.05),
        ("weight_limit", 1.0, 0.5),
        ("max_turnover", 4.0, -1.0),
        ("min_positions", 25.0, 5.0),
        ("min_positions", 20.0, 0.0),
        ("max_sector_share", 0.4, 0.1),
        ("max_tracking_error", 0.1, math.sqrt(0.0013 / 3.0) * math.sqrt(252.0) - 0.1),
    ],
)
def test_the_distance_of_each(name: str, limit: float, distance: float) -> None:
    found = CONSTRAINTS[name].distance(limit, run(max_drawdown=0.2, volatility=0.2, turnover=3.0))
    assert found == pytest.approx(distance, abs=1e-15)
    value = ConstraintValue.of(name, limit, found, {})
    assert value.satisfied == (distance <= 0.0)
    assert value.value == pytest.approx(
        CONSTRAINTS[name].value(run(max_drawdown=0.2, volatility=0.2, turnover=3.0))
    )


def test_a_value_that_is_a_metric_is_it_to_the_last_bit() -> None:
    metric, limit = 0.06748748875792877, 0.25
    distance = CONSTRAINTS["volatility"].distance(limit, run(volatility=metric))
    assert limit + distance != metric
    assert ConstraintValue.of("volatility", limit, distance, {"volatility": metric}).value == metric
    other = ConstraintValue.of("volatility", limit, distance, {"volatility": 0.3})
    assert other.value == limit + distance  # a metric that is not of this distance


def test_a_sector_that_is_sold_short_counts_like_one_that_is_bought() -> None:
    short = SimpleNamespace(knows_sectors=True, sector_shares={"energy": np.array([0.2, -0.5])})
    assert largest_sector(cast("BacktestResult", short)) == 0.5


def test_a_value_that_is_undefined_keeps_no_limit() -> None:
    assert not ConstraintValue.of("volatility", 0.2, math.nan, {}).satisfied
    assert not ConstraintValue.of("worst_month", None, math.nan, {}).satisfied


def test_a_constant_that_is_missing_is_no_constraint(compiled: Compile) -> None:
    assert compiled(SPACE, "").limits == {}
    assert compiled(SPACE, "MIN_POSITIONS = 5\n").limits == {"min_positions": 5.0}


@pytest.mark.parametrize("constraint", CONSTRAINTS.values(), ids=lambda c: c.name)
def test_every_constant_is_read_and_bounded(constraint: Any) -> None:
    assert limits_of({constraint.constant: constraint.example}, "f") == {
        constraint.name: constraint.example
    }
    with pytest.raises(ExoError, match=f"{constraint.constant} is -1, must be from"):
        limits_of({constraint.constant: -1}, "f")


@pytest.mark.parametrize("name", ["MIN_POSITION", "MAX_TURNOVERS", "VOLATILITY_TRESHOLD"])
def test_a_constant_nearly_named_like_one_is_refused(name: str) -> None:
    with pytest.raises(ExoError, match=f"f: {name} is no constraint"):
        limits_of({name: 1.0}, "f")


def test_names_of_the_users_own_are_left_alone() -> None:
    assert limits_of({"FACTORS": (), "LEVERAGE": 2.0, "MAX_DRAWDOWN": 0.1}, "f") == {}


OWN_WORST = """
def constraints(result):
    return {"worst_month": -result.monthly.min() - 0.01, "a_year": 1.0 - len(result.returns) / 252}
"""


def test_the_files_own_stand_behind_the_built_in_ones(
    compiled: Compile, panel: Panel, settings: Settings, market: Market
) -> None:
    evaluator = Evaluator(compiled(SPACE + OWN_WORST), panel, settings, market)
    params = rehearse(evaluator).params
    assert evaluator.constraint_names == (
        *("max_drawdown", "volatility", "weight_limit"),
        *("a_year", "worst_month"),
    )
    found = evaluator.evaluate(params)
    result = evaluator.run(params)
    assert found.constraints[-1] == -result.monthly.min() - 0.01
    copy = evaluator.parts()()
    assert copy.constraint_names == evaluator.constraint_names
    assert copy.evaluate(params) == found


def test_months_compound_the_days(panel: Panel, settings: Settings, market: Market) -> None:
    from mech_exo.objective.spec import ObjectiveSpec

    result = Evaluator(ObjectiveSpec.compile(SPACE.encode(), "f"), panel, settings, market).run(
        {"weight_rsi_14": 1.0}
    )
    months = result.dates.astype("datetime64[M]")
    assert len(result.monthly) == len(np.unique(months))
    assert np.prod(1.0 + result.monthly) == pytest.approx(np.prod(1.0 + result.returns), rel=1e-12)
    first = result.returns[months == months[0]]
    assert result.monthly[0] == pytest.approx(np.prod(1.0 + first) - 1.0, abs=1e-15)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return 3", "returned int, expected a dict"),
        ("return {'volatility': 0.1}", "the name of a built-in constraint"),
        ("return {'a b': 0.1}", "the name 'a b'"),
        ("return {'a': 'x'}", "returned 'x' for 'a'"),
        ("return {'a': True}", "returned True for 'a'"),
        ("raise ValueError('no')", ": no."),
        ("return {'a': result.shape}", "shape"),
    ],
)
def test_what_is_no_constraint_is_refused_before_the_first_trial(
    compiled: Compile, panel: Panel, settings: Settings, market: Market, body: str, words: str
) -> None:
    text = f"{SPACE}\n\ndef constraints(result):\n    {body}\n"
    evaluator = Evaluator(compiled(text), panel, settings, market)
    with pytest.raises(ExoError) as caught:
        rehearse(evaluator)
    assert words in str(caught.value)


def test_other_names_than_at_first_fail_the_trial(
    compiled: Compile, panel: Panel, settings: Settings, market: Market
) -> None:
    text = (
        f"{SPACE}\n\ndef constraints(result):\n"
        "    return {'gain' if result.total_return > 0.02 else 'loss': 0.0}\n"
    )
    evaluator = Evaluator(compiled(text), panel, settings, market)
    rehearse(evaluator)
    states = {w: evaluator.evaluate({"weight_rsi_14": w}) for w in (-1.0, 1.0)}
    assert {found.state for found in states.values()} <= {"complete", "fail"}
    failed = [found.reason for found in states.values() if found.state == "fail"]
    assert all("constraints returned" in reason for reason in failed)
    returned, wrong = own_distances({"b": 1, "a": -0.0})
    assert (list(returned), wrong) == (["a", "b"], "")
    assert math.copysign(1.0, returned["a"]) == 1.0


@pytest.mark.parametrize(
    "body",
    [
        "import random\n    return {'a': random.random()}",
        "CALLS.append(1)\n    return {'a': len(CALLS) % 2 - 0.5}",
        "CALLS.append(1)\n    return {f'a{len(CALLS)}': 0.0}",
    ],
)
def test_another_answer_for_the_same_result_is_refused(
    compiled: Compile, panel: Panel, settings: Settings, market: Market, body: str
) -> None:
    text = f"{SPACE}\n\nCALLS = []\n\n\ndef constraints(result):\n    {body}\n"
    evaluator = Evaluator(compiled(text), panel, settings, market)
    with pytest.raises(ExoError, match="for the same result"):
        rehearse(evaluator)
