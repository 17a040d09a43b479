"""What the user's function may suggest, and what its parameters mean."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mech_exo.config.settings import HyperparameterSettings, Settings
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.objective.distribution import Distribution
from mech_exo.objective.rehearsal import rehearse_space
from mech_exo.objective.space import Space
from mech_exo.objective.spec import ObjectiveSpec
from tests.unit.objective.conftest import LABEL, Compile


class Tuner:
    """A trial that answers with the lower end, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def suggest_float(self, name: str, low: float, high: float, **rest: Any) -> float:
        self.asked.append((name, low, high, rest))
        return low

    def suggest_int(self, name: str, low: int, high: int, **rest: Any) -> int:
        self.asked.append((name, low, high, rest))
        return low

    def suggest_categorical(self, name: str, choices: list[Any]) -> Any:
        self.asked.append((name, choices))
        return choices[0]


@pytest.fixture(scope="module")
def partial(panel: Panel) -> Panel:
    """The panel without its sentiment factors."""
    kept = [k for k, c in enumerate(panel.factor_categories) if c != "sentiment"]
    return replace(
        panel,
        exposures=panel.exposures[:, :, kept],
        factor_names=tuple(panel.factor_names[k] for k in kept),
        factor_categories=tuple(panel.factor_categories[k] for k in kept),
        missing_factors={"news_sentiment": "sentiment", "analyst_revisions": "sentiment"},
    )


def body(*lines: str) -> str:
    """A suggest_factor_weights whose first line is line 5 of the file."""
    return "def suggest_factor_weights(trial):\n" + "".join(f"    {line}\n" for line in lines)


MOMENTUM = (
    "from mech_exo.objective.factor import factor\n"
    "@factor(category='technical')\n"
    "def trend(market, momentum_window, kind='plain'):\n"
    "    return market.close\n"
)


def test_the_shipped_space(shipped: str, panel: Panel, settings: Settings) -> None:
    space = Space.of(ObjectiveSpec.compile(shipped.encode(), LABEL), panel, settings)
    tuner = Tuner()
    suggested = space.suggest(tuner)
    assert len(tuner.asked) == 12
    assert tuner.asked[0] == ("weight_pe_ratio", -1.0, 1.0, {"step": None, "log": False})
    assert suggested.params["stop_loss_pct"] == 0.05
    assert suggested.distributions["cash_pct"] == Distribution("float", 0.0, 0.5)
    candidate = space.candidate(suggested.params)
    assert candidate.weights.tolist() == [-1.0] * 9
    assert (candidate.cash_pct, candidate.position_size_pct) == (0.0, 0.05)
    assert rehearse_space(space).notes == ()


def test_a_known_factor_without_data_is_0_and_no_parameter(
    shipped: str, partial: Panel, settings: Settings
) -> None:
    space = Space.of(ObjectiveSpec.compile(shipped.encode(), LABEL), partial, settings)
    tuner = Tuner()
    suggested = space.suggest(tuner)
    assert suggested.fixed == ("weight_news_sentiment", "weight_analyst_revisions")
    assert not {a[0] for a in tuner.asked} & set(suggested.fixed)
    assert set(suggested.params) == {a[0] for a in tuner.asked}
    assert len(space.candidate(suggested.params).weights) == 7
    assert rehearse_space(space).notes == (
        "no data for news_sentiment, analyst_revisions: weight fixed at 0",
    )


def test_the_function_is_told_0_for_it(
    compiled: Compile, partial: Panel, settings: Settings
) -> None:
    spec = compiled(
        body(
            "trial.suggest_float('weight_rsi_14', 0, 1)",
            "w = trial.suggest_float('weight_news_sentiment', 0.5, 1)",
            "assert w == 0.0 and 'weight_news_sentiment' not in trial.params",
            "assert trial.params == {'weight_rsi_14': 0.0}",
        )
    )
    assert Space.of(spec, partial, settings).suggest(Tuner()).params == {"weight_rsi_14": 0.0}


def test_what_is_not_suggested(compiled: Compile, panel: Panel) -> None:
    """Weight 0, hyperparameters of the settings; and the run can say so."""
    settings = Settings(hyperparameters=HyperparameterSettings(0.1, 0.2, 0.25))
    spec = compiled(
        body(
            "trial.suggest_float('weight_rsi_14', 0.5, 1)",
            "trial.suggest_float('cash_pct', 0.3, 0.4)",
        )
    )
    space = Space.of(spec, panel, settings)
    candidate = space.candidate(space.suggest(Tuner()).params)
    weights = dict(zip(space.factor_names, candidate.weights.tolist(), strict=True))
    assert weights == dict.fromkeys(panel.factor_names, 0.0) | {"rsi_14": 0.5}
    assert (candidate.cash_pct, candidate.stop_loss_pct, candidate.position_size_pct) == (
        0.3,
        0.2,
        0.25,
    )
    silent = ", ".join(n for n in panel.factor_names if n != "rsi_14")
    assert rehearse_space(space).notes == (
        f"no parameter for {silent}: weight 0",
        "stop_loss_pct is not suggested: 0.2 (settings)",
        "position_size_pct is not suggested: 0.25 (settings)",
    )


# what the function does -> what the message must say
MISTAKES = {
    "trial.suggest_float('weight_pe_ration', -1, 1)": "'weight_pe_ration': there is no factor "
    "'pe_ration', in `trial.suggest_float('weight_pe_ration', -1, 1)`. Did you mean "
    "'weight_pe_ratio'?",
    "trial.suggest_float('weight_zzz', -1, 1)": "there is no factor 'zzz'.*Factors: pe_ratio, ",
    "trial.suggest_int('lookback', 6, 18)": "'lookback' is neither a weight "
    "(weight_<factor>) nor one of cash_pct, stop_loss_pct, position_size_pct, and no factor "
    "takes it.*Give a factor the argument lookback",
    "trial.suggest_float('cash', 0, 0.5)": "'cash' is neither a weight",
    "trial.suggest_float('stop_loss', 0, 0.5)": "Did you mean 'stop_loss_pct'?",
    "trial.suggest_categorical('weight_rsi_14', [0, None])": "'weight_rsi_14' can be None, must",
    "trial.suggest_float('cash_pct', 0.0, 1.0)": "'cash_pct' can be 1.0, must be a number "
    "from 0 to below 1",
    "trial.suggest_float('stop_loss_pct', 0.0, 0.5)": "'stop_loss_pct' can be 0.0, must be a "
    "number above 0 to 1",
    "trial.suggest_float('position_size_pct', 0.05, 5)": "'position_size_pct' can be 5, must be",
    "trial.suggest_float('weight_rsi_14', -1, 1e7)": "'weight_rsi_14' can be 10000000.0, must be",
    "trial.suggest_categorical('weight_rsi_14', ['low', 1])": "'weight_rsi_14' can be 'low', must",
    "trial.suggest_categorical('cash_pct', [True])": "'cash_pct' can be True, must be a number",
    "trial.suggest_float('weight_rsi_14', 1, -1)": "the range of 'weight_rsi_14' is empty: low 1 "
    "is above high -1",
    "trial.suggest_float('weight_rsi_14', '0', 1)": "low of 'weight_rsi_14' is '0', expected a "
    "finite number",
    "trial.suggest_float('weight_rsi_14', 0, float('inf'))": "high of 'weight_rsi_14' is inf",
    "trial.suggest_int('weight_rsi_14', 0, 1.5)": "high of 'weight_rsi_14' is 1.5, expected a "
    "whole number",
    "trial.suggest_float('weight_rsi_14', 0, 1, step=0)": "step of 'weight_rsi_14' is 0, must be",
    "trial.suggest_float('weight_rsi_14', 0, 1, log=True)": "has log=True from 0, must start above",
    "trial.suggest_float('weight_rsi_14', 1, 2, log=True, step=1)": "both log=True and a step",
    "trial.suggest_categorical('weight_rsi_14', [])": "'weight_rsi_14' has no choices",
    "trial.suggest_categorical('weight_rsi_14', 'ab')": "are 'ab', expected a list",
    "trial.suggest_float(3, 0, 1)": "a parameter's name is 3, expected text",
    "trial.suggest_uniform('weight_rsi_14', 0, 1)": "AttributeError: 'SpaceTrial' object has no "
    "attribute 'suggest_uniform'.*Did you mean 'suggest_float'?",
    "trial.report(1.0, 0)": "has no attribute 'report'.*There is: .*suggest_float",
    "return undefined": "NameError: name 'undefined' is not defined, in `return undefined`.",
    "trial.suggest_float('weight_rsi_14')": "TypeError: .*missing 2 required positional",
    "[trial.suggest_float('weight_rsi_14', 0, h) for h in (1, 2)]": "'weight_rsi_14' is suggested "
    "twice, as float 0 to 1 and as float 0 to 2",
    "pass": "suggest_factor_weights suggests nothing that could be tuned.",
}


@pytest.mark.parametrize(("line", "message"), MISTAKES.items(), ids=lambda t: t[:50])
def test_a_mistake_is_shown_with_its_line(
    compiled: Compile, panel: Panel, settings: Settings, line: str, message: str
) -> None:
    space = Space.of(compiled(body(line)), panel, settings)
    with pytest.raises(ExoError) as caught:
        rehearse_space(space)
    parts = [re.escape(part) for part in message.split(".*")]
    assert re.search(".*".join(parts), str(caught.value)), str(caught.value)
    assert str(caught.value).startswith(f"{LABEL}: " if line == "pass" else f"{LABEL}:5: ")


def test_the_guide_s_own_example(compiled: Compile, panel: Panel, settings: Settings) -> None:
    """Its `use_stop_loss` is defined nowhere; its window is that of the built-in momentum, or of
    a factor of the file that takes an argument of that name.
    """
    guide = body(
        '"""Custom parameter space definition"""',
        "",
        "# Modify weight ranges",
        "pe_weight = trial.suggest_float('weight_pe_ratio', -0.5, 0.5)  # Narrow range",
        "",
        "# Add new parameters",
        "momentum_window = trial.suggest_int('momentum_window', 6, 18)   # New parameter",
        "",
        "# Conditional parameters",
        "if use_stop_loss:",
        "    stop_loss = trial.suggest_float('stop_loss_pct', 0.05, 0.15)",
    )
    pattern = r":14: NameError: name 'use_stop_loss' is not defined, in `if use_stop_loss:`\."
    with pytest.raises(ExoError, match=pattern):
        rehearse_space(Space.of(compiled(guide), panel, settings))
    plain = Space.of(compiled("use_stop_loss = False\n" + guide), panel, settings)
    assert plain.arguments(plain.suggest(Tuner()).params) == {
        "momentum_12_1": {"momentum_window": 6}
    }
    pattern = r":18: NameError: name 'use_stop_loss' is not defined, in `if use_stop_loss:`\."
    with pytest.raises(ExoError, match=pattern):
        rehearse_space(Space.of(compiled(MOMENTUM + guide), panel, settings))
    for used in (True, False):
        space = Space.of(compiled(f"use_stop_loss = {used}\n" + MOMENTUM + guide), panel, settings)
        params = space.suggest(Tuner()).params
        assert ("stop_loss_pct" in params) == used
        assert params["momentum_window"] == 6
        assert space.arguments(params) == {"trend": {"momentum_window": 6, "kind": "plain"}}
        assert space.factor_names == (*panel.factor_names, "trend")


def test_a_broad_except_hides_no_mistake(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    spec = compiled(
        body(
            "trial.suggest_float('weight_rsi_14', 0, 1)",
            "try:",
            "    trial.suggest_float('weight_nothing', 0, 1)",
            "except Exception:",
            "    pass",
        )
    )
    with pytest.raises(ExoError, match=r":7: 'weight_nothing'"):
        Space.of(spec, panel, settings).suggest(Tuner())


def test_what_the_tuner_raises_is_no_mistake_of_the_user(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    class Broken(Tuner):
        def suggest_float(self, name: str, low: float, high: float, **rest: Any) -> float:
            raise OSError("the study's disk is full")

    space = Space.of(compiled(body("trial.suggest_float('weight_rsi_14', 0, 1)")), panel, settings)
    with pytest.raises(OSError, match="the study's disk is full"):
        space.suggest(Broken())


def test_every_kind_of_parameter_reaches_the_tuner(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    spec = compiled(
        MOMENTUM
        + body(
            "trial.suggest_float('cash_pct', 0.1, 0.4, step=0.1)",
            "trial.suggest_float('stop_loss_pct', 0.05, 0.5, log=True)",
            "trial.suggest_int('momentum_window', 6, 18, step=3)",
            "trial.suggest_categorical('kind', ('a', 'b'))",
            "trial.suggest_categorical('weight_rsi_14', [0, 1])",
            "trial.suggest_float('cash_pct', 0.1, 0.4, step=0.1)",
        )
    )
    tuner = Tuner()
    Space.of(spec, panel, settings).suggest(tuner)
    assert tuner.asked == [
        ("cash_pct", 0.1, 0.4, {"step": 0.1, "log": False}),
        ("stop_loss_pct", 0.05, 0.5, {"step": None, "log": True}),
        ("momentum_window", 6, 18, {"step": 3, "log": False}),
        ("kind", ["a", "b"]),
        ("weight_rsi_14", [0, 1]),
    ]


def test_the_rehearsal_sees_conditional_parameters(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    spec = compiled(
        MOMENTUM
        + body(
            "trial.suggest_float('weight_trend', -1, 1)",
            "trial.suggest_int('momentum_window', 6, 18, step=4)",
            "if trial.suggest_categorical('kind', ['plain', 'stopped']) == 'stopped':",
            "    trial.suggest_float('stop_loss_pct', 0.05, 0.15)",
        )
    )
    rehearsal = rehearse_space(Space.of(spec, panel, settings))
    assert rehearsal.conditional == ("stop_loss_pct",)
    assert rehearsal.params["momentum_window"] == 14  # three quarters of the way, on the grid
    assert not any("stop_loss_pct" in note for note in rehearsal.notes)


def test_a_returned_weight_that_is_not_the_suggested_one_is_said(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    ask = "w = trial.suggest_float('weight_rsi_14', 0.2, 1)"

    def notes(returned: str) -> tuple[str, ...]:
        return rehearse_space(Space.of(compiled(body(ask, returned)), panel, settings)).notes

    said = "suggest_factor_weights returns values that it did not suggest"
    assert any(note.startswith(said) for note in notes("return {'rsi_14': 2 * w}"))
    assert not any(note.startswith(said) for note in notes("return {'weights': {'rsi_14': w}}"))
    assert not any(note.startswith(said) for note in notes("return w"))


def test_a_factor_s_parameter_must_come_from_somewhere(
    compiled: Compile, panel: Panel, settings: Settings
) -> None:
    spec = compiled(MOMENTUM + body("trial.suggest_float('weight_trend', -1, 1)"))
    with pytest.raises(ExoError, match="factor 'trend' needs 'momentum_window', which was not"):
        rehearse_space(Space.of(spec, panel, settings))


BAD_PARAMS: list[tuple[Mapping[str, Any], str]] = [
    ({"weight_rsi": 0.5}, "there is no factor 'rsi'. Did you mean 'weight_rsi_14'?"),
    ({"weight_rsi_14": float("nan")}, "'weight_rsi_14' is nan, must be a number"),
    ({"weight_rsi_14": None}, "'weight_rsi_14' is None, must be a number"),
    ({"cash_pct": 1.0}, "'cash_pct' is 1.0, must be a number from 0 to below 1"),
    ({"window": 3}, "'window' is neither a weight"),
]


@pytest.mark.parametrize(("params", "message"), BAD_PARAMS)
def test_replayed_parameters_are_checked(
    compiled: Compile, panel: Panel, settings: Settings, params: Mapping[str, Any], message: str
) -> None:
    space = Space.of(compiled(body("pass")), panel, settings)
    with pytest.raises(ExoError) as caught:
        space.candidate(params)
    assert message in str(caught.value)


def test_a_replayed_weight_without_data_counts_as_0_and_can_be_told(
    compiled: Compile, partial: Panel, settings: Settings
) -> None:
    space = Space.of(compiled(body("pass")), partial, settings)
    params = {"weight_news_sentiment": 0.5, "weight_analyst_revisions": 0.0, "weight_rsi_14": -0.0}
    weights = space.candidate(params).weights
    assert np.array_equal(weights, np.zeros(7))
    assert not np.signbit(weights).any()
    assert space.without_data(params) == ("news_sentiment",)


def test_a_share_of_a_range_stays_on_its_grid() -> None:
    assert Distribution("float", 0.0, 1.0, 0.3).at(1.0) == pytest.approx(0.9)
    assert Distribution("int", 3, 9, 2).at(0.75) == 7
    assert Distribution("categorical", choices=("a", "b", "c")).at(1.0) == "c"
    assert Distribution("float", -1.0, 1.0).clip(-3.0) == -1.0


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "import random\n    trial.suggest_float('weight_rsi_14', 0, random.random())",
            "asks for 'weight_rsi_14' as float 0 to .* and then as float 0 to ",
        ),
        (
            "SEEN.append(1)\n    trial.suggest_float('weight_rsi_14', 0, 1)\n"
            "    if len(SEEN) % 2:\n        trial.suggest_float('cash_pct', 0, 0.5)",
            "asks for 'cash_pct' as float 0 to 0.5 and then as nothing",
        ),
        (
            "SEEN.append(1)\n    for n in ['rsi_14', 'momentum_12_1'][:: (-1) ** len(SEEN)]:\n"
            "        trial.suggest_float('weight_' + n, 0, 1)",
            "in another order",
        ),
    ],
)
def test_a_space_that_differs_when_run_again_is_refused(
    compiled: Compile, panel: Panel, settings: Settings, lines: str, told: str
) -> None:
    spec = compiled(f"SEEN = []\ndef suggest_factor_weights(trial):\n    {lines}\n")
    with pytest.raises(ExoError, match=told):
        rehearse_space(Space.of(spec, panel, settings))
