"""One trial: value, constraints, metrics; and why it failed or was pruned."""

import math
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import threadpoolctl

from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.metrics import METRICS
from mech_exo.config.settings import Settings, TuningSettings
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.evaluation import Evaluation
from mech_exo.objective.exposures import extend_panel
from mech_exo.objective.kernels import KEPT
from mech_exo.objective.rehearsal import rehearse
from mech_exo.objective.spec import ObjectiveSpec
from tests.unit.objective.conftest import LABEL, Compile

PARAMS: dict[str, Any] = {
    "weight_rsi_14": 0.75,
    "weight_momentum_12_1": -2.5,
    "cash_pct": 0.1,
    "stop_loss_pct": 0.2,
    "position_size_pct": 0.1,
}
SUGGEST = (
    "def suggest_factor_weights(trial):\n"
    "    trial.suggest_float('weight_rsi_14', -1, 1)\n"
    "    trial.suggest_float('cash_pct', 0, 0.2)\n"
)
TREND = (
    "import numpy as np\n"
    "from mech_exo.objective.factor import factor\n"
    "@factor(category='technical')\n"
    "def trend(market, window=3, power=1):\n"
    "    then = np.full_like(market.close, np.nan)\n"
    "    then[21 * window:] = market.close[:-21 * window]\n"
    "    if power == 4:\n"
    "        raise ValueError('no such power')\n"
    "    return (market.close / then - 1) ** power\n"
)


def objective(*lines: str) -> str:
    """A file whose objective's first line is line 8."""
    return SUGGEST + "def objective(result):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.fixture(scope="module")
def shipped_evaluator(shipped: str, panel: Panel, settings: Settings) -> Evaluator:
    return Evaluator(ObjectiveSpec.compile(shipped.encode(), LABEL), panel, settings)


def test_value_constraints_and_metrics(
    shipped_evaluator: Evaluator, panel: Panel, settings: Settings
) -> None:
    evaluation = shipped_evaluator.evaluate(PARAMS)
    direct = Kernel(panel, settings.backtest).run(shipped_evaluator.candidate(PARAMS))
    assert evaluation.state == "complete"
    assert evaluation.values == (direct.metric("sharpe"),)
    assert evaluation.metrics == direct.metrics()
    assert tuple(evaluation.metrics) == tuple(METRICS)
    expected = {
        "max_drawdown": direct.metric("max_drawdown") - 0.12,
        "volatility": direct.metric("volatility") - 0.25,
        "weight_limit": 2.5 - 2.0,
    }
    assert (
        dict(zip(shipped_evaluator.constraint_names, evaluation.constraints, strict=True))
        == expected
    )
    assert not evaluation.feasible
    assert (evaluation.intermediate, evaluation.reason) == ({}, "")


def test_feasible_is_complete_and_within_every_limit() -> None:
    assert Evaluation("complete", (1.0,), (0.0, -0.1, -1.0)).feasible
    assert not Evaluation("complete", (1.0,), (0.0, 1e-12, -1.0)).feasible
    assert not Evaluation("pruned", (1.0,), (-1.0, -1.0, -1.0)).feasible
    assert not Evaluation("fail").feasible


# lines of the objective -> reason of the failed trial
FAILURES = {
    ("return float('nan')",): "objective returned nan",
    ("return -float('inf')",): "objective returned -inf",
    ("return np.float32('inf')",): "objective returned inf",
    ("return 10 ** 400",): "objective returned a number too large",
    ("return None",): "objective returned None, expected a number",
    ("pass",): "objective returned None, expected a number",
    ("return 'high'",): "objective returned 'high' (str), expected a number",
    ("return (1.0, 2.0)",): "objective returned (1.0, 2.0) (tuple), expected a number",
    ("return True",): "objective returned True (bool), expected a number",
    ("return result.returns[:2] > 9",): "objective returned array([False, False]) (ndarray), "
    "expected a number",
    ("x = 0", "return 1 / x"): f"ZeroDivisionError at {LABEL}:11: division by zero",
    ("return inner()",): f"KeyError at {LABEL}:4: 'gone'",
    ("raise SystemExit",): f"SystemExit at {LABEL}:10",
    ("return math.sqrt(-1)",): f"ValueError at {LABEL}:10: math domain error",
    ("raise ValueError('a\\nb')",): f"ValueError at {LABEL}:10: a b",
    ("import warnings", "warnings.warn('w')", "return 1.0"): f"UserWarning at {LABEL}:11: w",
}


@pytest.mark.parametrize(("lines", "reason"), FAILURES.items(), ids=lambda t: str(t)[:40])
def test_an_objective_without_a_value_is_a_failed_trial(
    compiled: Compile, panel: Panel, settings: Settings, lines: tuple[str, ...], reason: str
) -> None:
    helper = "def inner(): return {}['gone']\nimport math, numpy as np\n"
    evaluator = Evaluator(compiled(helper + objective(*lines)), panel, settings)
    evaluation = evaluator.evaluate(PARAMS, {})
    assert evaluation.state == "fail"
    assert evaluation.reason == reason
    assert (evaluation.values, evaluation.constraints, evaluation.metrics) == ((), (), {})


@pytest.mark.parametrize(
    "line",
    [
        "return np.float64(1.5)",
        "return np.float32(1.5)",
        "return (np.float64(1) / np.float64(0) > 0) * 1.5",
        "return 1.5 + 0 * np.sum(np.log(np.zeros(3)) < 0)",
        "from fractions import Fraction; return Fraction(3, 2)",
    ],
)
def test_numbers_of_every_kind_and_numpy_s_warnings(
    compiled: Compile, panel: Panel, settings: Settings, line: str
) -> None:
    """pytest makes every warning an error here; NumPy's own must not reach it."""
    evaluator = Evaluator(compiled("import numpy as np\n" + objective(line)), panel, settings)
    values = evaluator.evaluate(PARAMS).values
    assert values == (1.5,)
    assert type(values[0]) is float


def test_the_objective_cannot_change_what_is_judged(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    spec = compiled(objective("result.returns[:] = 0.01", "return 1.0"))
    reason = Evaluator(spec, panel, settings).evaluate(PARAMS).reason
    assert reason == f"ValueError at {LABEL}:8: assignment destination is read-only"


def test_cash_in_disguise_is_no_trial_whatever_the_objective(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    flat = PARAMS | {"weight_rsi_14": 0.0, "weight_momentum_12_1": 0.0}
    for text in (SUGGEST, objective("return result.total_return"), objective("return 1.0")):
        evaluator = Evaluator(compiled(text), panel, settings)
        assert evaluator.evaluate(PARAMS, {}).state == "complete"
        assert evaluator.evaluate(flat, {}) == Evaluation(
            "fail", reason="no Sharpe: returns are constant"
        )


def test_a_market_in_which_all_lose_still_has_a_least_loss(
    shipped: str, panel: Panel, settings: Settings
) -> None:
    losing = replace(panel, returns=np.where(np.isnan(panel.returns), np.nan, panel.returns - 0.01))
    evaluator = Evaluator(ObjectiveSpec.compile(shipped.encode(), LABEL), losing, settings)
    evaluation = evaluator.evaluate(PARAMS)
    assert evaluation.state == "complete"
    assert evaluation.values[0] < 0.0
    assert evaluation.constraints[0] > 0.0


def test_checkpoints_hold_the_objective_of_the_path_so_far(
    shipped_evaluator: Evaluator,
) -> None:
    evaluation = shipped_evaluator.evaluate(PARAMS, {})
    whole = shipped_evaluator.run(PARAMS)
    years = whole.dates.astype("datetime64[Y]")
    seen = {}
    for step, year in enumerate(np.unique(years)[:-1]):
        path = whole.returns[years <= year]
        seen[step] = path.mean() / path.std(ddof=1) * math.sqrt(252)
    assert evaluation.intermediate == pytest.approx(seen, rel=1e-9)
    assert len(seen) >= 2
    assert replace(evaluation, intermediate={}) == shipped_evaluator.evaluate(PARAMS)


def test_a_trial_is_pruned_when_its_best_so_far_is_below_the_limit(
    shipped_evaluator: Evaluator,
) -> None:
    whole = shipped_evaluator.evaluate(PARAMS, {})
    steps = sorted(whole.intermediate)
    last = steps[-1]
    best = max(whole.intermediate[s] for s in steps)
    same = shipped_evaluator.evaluate(PARAMS, {last: best})
    assert same == whole  # at the limit is not below it
    pruned = shipped_evaluator.evaluate(PARAMS, {last: math.nextafter(best, math.inf)})
    assert pruned.state == "pruned"
    assert pruned.values == (whole.intermediate[last],)
    assert pruned.intermediate == whole.intermediate
    assert pruned.constraints != whole.constraints
    assert pruned.constraints[2] == whole.constraints[2]
    assert f"{best!r}, the limit is " in pruned.reason
    early = shipped_evaluator.evaluate(PARAMS, {steps[0]: 1e9})
    assert early.intermediate == {steps[0]: whole.intermediate[steps[0]]}


def test_later_years_of_a_pruned_trial_do_not_matter(
    shipped: str, panel: Panel, settings: Settings
) -> None:
    spec = ObjectiveSpec.compile(shipped.encode(), LABEL)
    evaluator = Evaluator(spec, panel, settings)
    step = min(evaluator.evaluate(PARAMS, {}).intermediate)
    years = panel.dates.astype("datetime64[Y]")
    first_year = evaluator.run(PARAMS).dates[0].astype("datetime64[Y]")
    returns = panel.returns.copy()
    returns[years > first_year + np.timedelta64(step, "Y")] *= 0.5
    changed = replace(panel, returns=returns)
    first, second = (
        Evaluator(spec, p, settings).evaluate(PARAMS, {step: 1e9}) for p in (panel, changed)
    )
    assert first.state == "pruned"
    assert replace(first, metrics={}) == replace(second, metrics={})


@pytest.mark.parametrize("early", ["return float('nan')", "raise ValueError('too short')"])
def test_a_checkpoint_without_a_value_prunes_nothing(
    compiled: Compile, panel: Panel, settings: Settings, early: str
) -> None:
    lines = ("if len(result.returns) < 500:", f"    {early}", "return result.sharpe")
    evaluator = Evaluator(compiled(objective(*lines)), panel, settings)
    evaluation = evaluator.evaluate(PARAMS, dict.fromkeys(range(10), -1e9))
    assert evaluation.state == "complete"
    plain = Evaluator(compiled(objective("return result.sharpe")), panel, settings)
    assert len(evaluation.intermediate) < len(plain.evaluate(PARAMS, {}).intermediate)


def named(settings: Settings, *objectives: str) -> Settings:
    return replace(settings, tuning=TuningSettings(objectives=objectives))


def test_named_metrics_are_the_values_and_pareto_studies_do_not_prune(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    spec = compiled(objective("raise ValueError('is not asked')"))
    evaluator = Evaluator(spec, panel, named(settings, "sharpe", "max_drawdown"))
    assert evaluator.directions == ("maximize", "minimize")
    evaluation = evaluator.evaluate(PARAMS, dict.fromkeys(range(10), 1e9))
    assert evaluation.state == "complete"
    metrics = evaluation.metrics
    assert evaluation.values == (metrics["sharpe"], metrics["max_drawdown"])
    assert evaluation.intermediate == {}


def test_a_single_minimised_metric_is_pruned_above_its_limit(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    evaluator = Evaluator(compiled(SUGGEST), panel, named(settings, "volatility"))
    assert evaluator.directions == ("minimize",)
    whole = evaluator.evaluate(PARAMS, dict.fromkeys(range(10), 9.0))
    assert whole.state == "complete"
    step = max(whole.intermediate)
    low = min(whole.intermediate.values())
    assert evaluator.evaluate(PARAMS, {step: low}).state == "complete"
    pruned = evaluator.evaluate(PARAMS, {step: math.nextafter(low, 0.0)})
    assert pruned.state == "pruned"


def test_an_undefined_metric_is_a_failed_trial(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    """Prices that only rise: no loss, no Sortino ratio."""
    rise = np.random.default_rng(1).uniform(0.001, 0.002, panel.returns.shape)
    rising = replace(panel, returns=np.where(np.isnan(panel.returns), np.nan, rise))
    free = replace(
        named(settings, "sortino"),
        backtest=replace(settings.backtest, commission_bps=0.0, slippage_bps=0.0),
    )
    evaluation = Evaluator(compiled(SUGGEST), rising, free).evaluate(PARAMS)
    assert evaluation.state == "fail"
    assert evaluation.reason == "sortino is not defined for this result"


def test_unknown_objectives_are_an_error(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    with pytest.raises(ExoError, match="Did you mean 'sharpe'"):
        Evaluator(compiled(SUGGEST), panel, named(settings, "sharp"))


def test_a_fixed_factor_of_the_file_is_part_of_the_panel(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    spec = compiled(
        TREND.replace(", window=3, power=1", "").replace("window", "3").replace("power", "1")
        + SUGGEST
    )
    with pytest.raises(ValueError, match="needs the market"):
        Evaluator(spec, panel, settings)
    extended = extend_panel(panel, market, spec, settings)
    params = PARAMS | {"weight_trend": 1.0}
    first = Evaluator(spec, panel, settings, market)
    second = Evaluator(compiled(SUGGEST), extended, settings)
    assert first.candidate(params).weights[-1] == 1.0
    assert first.evaluate(params) == second.evaluate(params)
    assert first.evaluate(params) != first.evaluate(PARAMS)


def test_a_factor_with_parameters_follows_them(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    """Each value gives what a file with that value written into it gives; in any order."""
    params = {"weight_trend": 1.0, "cash_pct": 0.1}
    evaluator = Evaluator(compiled(TREND + SUGGEST), panel, settings, market)
    windows = [*range(1, KEPT + 3), 1, 2]  # more than are kept, and those dropped again
    for window in windows:
        fixed = TREND.replace(", window=3, power=1", "").replace("power", "1")
        spec = compiled(fixed.replace("window", str(window)) + SUGGEST)
        written_in = Evaluator(spec, panel, settings, market).evaluate(params)
        assert evaluator.evaluate(params | {"window": window}) == written_in
    assert evaluator.evaluate(params) == evaluator.evaluate(params | {"window": 3})
    values = {evaluator.evaluate(params | {"window": w}).values for w in windows}
    assert len(values) == KEPT + 2


def test_a_factor_that_fails_for_some_value_is_a_failed_trial(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    evaluator = Evaluator(compiled(TREND + SUGGEST), panel, settings, market)
    evaluation = evaluator.evaluate(PARAMS | {"power": 4})
    assert evaluation.state == "fail"
    assert evaluation.reason.startswith(f"{LABEL}:11: ValueError: no such power, in ")
    with pytest.raises(ExoError, match="no such power"):
        evaluator.run(PARAMS | {"power": 4})


def test_parametrised_factors_see_no_holdout(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    cut = panel.split(0.2)
    spec = compiled(
        TREND.replace("then = ", f"assert len(market.dates) == {cut}\n    then = ") + SUGGEST
    )
    evaluator = Evaluator(spec, panel.between(0, cut), settings, market)
    assert evaluator.evaluate(PARAMS | {"weight_trend": 1.0, "window": 2}).state == "complete"


@pytest.mark.parametrize("own_factor", [False, True])
def test_an_evaluator_made_of_its_pickled_parts_gives_the_same_bits(
    compiled: Compile, market: Market, panel: Panel, settings: Settings, own_factor: bool
) -> None:
    spec = compiled((TREND if own_factor else "") + SUGGEST)
    evaluator = Evaluator(spec, panel, settings, market)
    params = PARAMS | ({"weight_trend": 1.0, "window": 5} if own_factor else {})
    copy = pickle.loads(pickle.dumps(evaluator.parts()))()
    assert copy.evaluate(params, {}) == evaluator.evaluate(params, {})
    assert copy.space.factor_names == evaluator.space.factor_names
    assert (copy._kernels.ground is None) == (not own_factor)


def test_first_fiftieth_and_fresh_process_give_the_same_bits(
    shipped_evaluator: Evaluator, tmp_path: Path
) -> None:
    first = shipped_evaluator.evaluate(PARAMS, {})
    rng = np.random.default_rng(5)
    for _ in range(50):
        shipped_evaluator.evaluate(PARAMS | {"weight_pe_ratio": float(rng.uniform(-1, 1))}, {})
    assert shipped_evaluator.evaluate(PARAMS, {}) == first
    file = tmp_path / "parts.pickle"
    file.write_bytes(pickle.dumps((shipped_evaluator.parts(), PARAMS)))
    code = (
        "import pickle, sys, pathlib\n"
        "parts, params = pickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(repr(parts().evaluate(params, {})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == repr(first) + "\n"


def test_one_blas_thread(shipped_evaluator: Evaluator) -> None:
    shipped_evaluator.evaluate(PARAMS)
    pools = [p for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]
    assert pools
    assert {p["num_threads"] for p in pools} == {1}


def test_the_rehearsal_runs_the_whole_file(shipped_evaluator: Evaluator) -> None:
    rehearsal = rehearse(shipped_evaluator)
    assert shipped_evaluator.evaluate(rehearsal.params).state == "complete"
    assert len(rehearsal.distributions) == 12


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "return result.sharp",
            ":8: AttributeError: 'BacktestResult' object has no attribute "
            "'sharp', in `return result.sharp`. Did you mean 'sharpe'?",
        ),
        ("return undefined", ":8: NameError: name 'undefined' is not defined"),
        ("return result.sharpe()", ":8: TypeError: 'float' object is not callable"),
        ("result.sharpe", ": objective returned None, expected a number. Return one number."),
        ("return result.returns", ": objective returned array("),
    ],
)
def test_a_mistake_in_the_objective_costs_no_trial(
    compiled: Compile, panel: Panel, settings: Settings, line: str, message: str
) -> None:
    evaluator = Evaluator(compiled(objective(line)), panel, settings)
    with pytest.raises(ExoError) as caught:
        rehearse(evaluator)
    assert str(caught.value).startswith(LABEL + message)


@pytest.mark.parametrize("line", ["return 1 / 0", "return float('nan')", "return [][0]"])
def test_what_one_candidate_lacks_is_left_to_the_trials(
    compiled: Compile, panel: Panel, settings: Settings, line: str
) -> None:
    evaluator = Evaluator(compiled(objective(line)), panel, settings)
    assert set(rehearse(evaluator).params) == {"weight_rsi_14", "cash_pct"}


@pytest.mark.parametrize(
    "line",
    [
        "assert result.sharpe > 1e9",
        "raise RuntimeError('no')",
        "raise OSError('no')",
        "raise MemoryError",
        "next(iter(()))",
        "return objective(result)",
        "raise type('Own', (Exception,), {})('no')",
    ],
)
def test_what_one_candidate_raises_is_left_to_the_trials(
    compiled: Compile, panel: Panel, settings: Settings, line: str
) -> None:
    evaluator = Evaluator(compiled(objective(line)), panel, settings)
    assert set(rehearse(evaluator).params) == {"weight_rsi_14", "cash_pct"}


@pytest.mark.parametrize(
    "text",
    [
        "import random\n" + objective("return random.random()"),
        "import random\nDRAWN = random.random()\n" + objective("return DRAWN"),
        "SEEN = []\n" + objective("SEEN.append(1)", "return len(SEEN)"),
        "SEEN = []\n" + objective("SEEN.append(1)", "return 1 / (len(SEEN) - 2)"),
    ],
)
def test_an_objective_with_two_values_for_one_result_is_refused(
    compiled: Compile, panel: Panel, settings: Settings, text: str
) -> None:
    with pytest.raises(ExoError, match=r"and then .* for the same result"):
        rehearse(Evaluator(compiled(text), panel, settings))


def test_a_search_space_drawn_with_the_file_is_refused(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    text = "import random\nHIGH = random.random()\n" + SUGGEST.replace("0.2", "HIGH")
    with pytest.raises(ExoError, match="search space is another one"):
        rehearse(Evaluator(compiled(text), panel, settings))
