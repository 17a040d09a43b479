"""Windows of built-in factors, as parameters of the space."""

import pickle
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from mech_exo.config.settings import FactorSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.lookbacks import WINDOWS
from mech_exo.data.market import Market
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import Parameter
from mech_exo.objective import kernels
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.exposures import data_fingerprint, scores_of
from mech_exo.objective.rehearsal import rehearse
from mech_exo.objective.spec import WINDOW
from tests.unit.objective.conftest import LABEL, Compile

RANGES = {
    "momentum_window": (6, 18),
    "rsi_window": (5, 30),
    "volatility_short_window": (10, 42),
    "volatility_long_window": (63, 252),
}
WEIGHTS = {"weight_momentum_12_1": 1.0, "weight_rsi_14": -0.4, "weight_volatility_ratio": 0.3}
FIXED = {"cash_pct": 0.1, "stop_loss_pct": 0.2, "position_size_pct": 0.2}
PARAMS: dict[str, Parameter] = {**WEIGHTS, **FIXED}
OTHER: dict[str, int] = {
    "momentum_window": 7,
    "rsi_window": 9,
    "volatility_short_window": 11,
    "volatility_long_window": 130,
}


def suggesting(*lines: str) -> str:
    """A file whose space is `lines`, from line 5 on."""
    return "def suggest_factor_weights(trial):\n" + "".join(f"    {line}\n" for line in lines)


def text(windows: Iterable[str] = tuple(RANGES)) -> str:
    """A file that suggests the weights and these windows."""
    weights = (f"trial.suggest_float({name!r}, -1, 1)" for name in WEIGHTS)
    return suggesting(
        *weights, *(f"trial.suggest_int({n!r}, {RANGES[n][0]}, {RANGES[n][1]})" for n in windows)
    )


def test_all_windows_are_known_by_their_ending() -> None:
    assert all(name.endswith(WINDOW) for name in WINDOWS)


def test_at_their_defaults_a_trial_is_that_of_the_default_factors_bit_for_bit(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    plain = Evaluator(compiled(text(())), panel, settings)
    tuned = Evaluator(compiled(text()), panel, settings, market)
    defaults = {name: window.default for name, window in WINDOWS.items()}
    assert tuned.evaluate({**PARAMS, **defaults}, {}) == plain.evaluate(PARAMS, {})
    assert tuned.evaluate(PARAMS, {}) == plain.evaluate(PARAMS, {})
    for factor in tuned.space.computed:  # and computed anew they are what the panel holds
        found = scores_of(factor, factor.defaults, panel, market, tuned.spec, settings)
        held = panel.exposures[:, :, panel.factor_names.index(factor.name)]
        assert found.tobytes() == np.ascontiguousarray(held).tobytes()


@pytest.mark.parametrize("name", OTHER)
def test_a_suggested_window_is_what_the_settings_would_make_of_it(
    compiled: Compile, market: Market, panel: Panel, settings: Settings, name: str
) -> None:
    given = {name: OTHER[name]}
    fixed = replace(settings, factors=FactorSettings(**given))
    suggested = Evaluator(compiled(text([name])), panel, settings, market)
    set_there = Evaluator(compiled(text(())), build_panel(market, fixed), fixed)
    found = suggested.evaluate({**PARAMS, **given}, {})
    assert found.state == "complete"
    assert found == set_there.evaluate(PARAMS, {})
    assert found != suggested.evaluate(PARAMS, {})


def test_all_together_and_in_any_order_and_beyond_what_is_kept(
    compiled: Compile,
    market: Market,
    panel: Panel,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluator = Evaluator(compiled(text()), panel, settings, market)
    months = [*range(2, 2 + kernels.KEPT + 3), 2, 3]
    points = [{**PARAMS, **OTHER, "momentum_window": m} for m in months]
    first = [evaluator.evaluate(point, {}) for point in points]
    assert len({e.values for e in first}) > kernels.KEPT
    monkeypatch.setattr(kernels, "KEPT_BYTES", 0)
    again = Evaluator(compiled(text()), panel, settings, market)
    assert [again.evaluate(point, {}) for point in reversed(points)] == first[::-1]
    copy = pickle.loads(pickle.dumps(evaluator.parts()))()
    assert [copy.evaluate(point, {}) for point in points] == first


def test_a_value_is_computed_once(
    compiled: Compile,
    market: Market,
    panel: Panel,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever the values of the others are: 6 × 4 combinations are 6 + 4 computations."""
    computed: list[object] = []

    def counted(factor, given, *rest):  # type: ignore[no-untyped-def]
        computed.append((factor.name, *given.values()))
        return scores_of(factor, given, *rest)

    monkeypatch.setattr(kernels, "scores_of", counted)
    evaluator = Evaluator(compiled(text()), panel, settings, market)
    for months in range(6, 12):
        for sessions in range(5, 9):
            evaluator.evaluate(PARAMS | {"momentum_window": months, "rsi_window": sessions})
    assert len(computed) == len(set(computed)) == 6 + 4


def test_a_trial_sees_nothing_after_the_in_sample_dates(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    cut = panel.split(0.2)
    in_sample = panel.between(0, cut)
    late = market.close.copy()
    late[cut:] *= np.linspace(1.0, 3.0, len(late) - cut)[:, None]
    spec = compiled(text())
    evaluators = [
        Evaluator(spec, in_sample, settings, m)
        for m in (market, market.until(cut), replace(market, close=late))
    ]
    first, *others = [e.evaluate({**PARAMS, **OTHER}, {}) for e in evaluators]
    assert first.state == "complete"
    assert others == [first, first]


def test_the_study_depends_on_the_closes(compiled: Compile, market: Market, panel: Panel) -> None:
    spec = compiled(text())
    first = data_fingerprint(panel, market, spec)
    assert first != panel.fingerprint
    assert data_fingerprint(panel, replace(market, close=market.close * 2.0), spec) != first
    with pytest.raises(ValueError, match="needs the market"):
        data_fingerprint(panel, None, spec)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("trial.suggest_float('momentum_window', 6, 18)", "is a float, must be a whole number"),
        ("trial.suggest_float('rsi_window', 6, 18, step=1)", "is a float, must be a whole number"),
        ("trial.suggest_categorical('rsi_window', [6, 7.5])", "can be 7.5, must be a whole number"),
        ("trial.suggest_categorical('rsi_window', [6, None])", "can be None, must be a whole"),
        ("trial.suggest_categorical('rsi_window', [6, True])", "can be True, must be a whole"),
        ("trial.suggest_int('momentum_window', 1, 12)", "can be 1, must be a whole number from 2"),
        ("trial.suggest_int('momentum_window', 6, 601)", "can be 601, must be a whole .* to 600"),
        ("trial.suggest_int('rsi_windw', 6, 18)", "Did you mean 'rsi_window'"),
        (
            "trial.suggest_int('_'.join(['rsi', 'windo'])[:-1] + 'ow', 2, 9)",
            "'rsi_window' is put together where it cannot be seen",
        ),
    ],
)
def test_what_cannot_be_a_window(
    compiled: Compile, market: Market, panel: Panel, settings: Settings, line: str, message: str
) -> None:
    evaluator = Evaluator(compiled(suggesting(line)), panel, settings, market)
    with pytest.raises(ExoError, match=message) as caught:
        rehearse(evaluator)
    assert str(caught.value).startswith(f"{LABEL}:5: ")


def test_a_name_may_be_put_together_of_its_parts(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    loop = suggesting(
        "for kind in ('momentum', 'rsi'):", "    trial.suggest_int(f'{kind}_window', 6, 18)"
    )
    evaluator = Evaluator(compiled(loop), panel, settings, market)
    assert set(rehearse(evaluator).params) == {"momentum_window", "rsi_window"}


def test_windows_of_a_factor_that_the_data_give(
    compiled: Compile, market: Market, settings: Settings
) -> None:
    given = replace(market, daily={"momentum_12_1": market.close})
    panel = build_panel(given, settings)
    evaluator = Evaluator(compiled(text(["momentum_window"])), panel, settings, given)
    with pytest.raises(ExoError, match="is the window of momentum_12_1, which the data give"):
        rehearse(evaluator)
    with pytest.raises(ExoError, match="is the window of momentum_12_1, which the data give"):
        evaluator.run(PARAMS | {"momentum_window": 9})
    fixed = replace(settings, factors=FactorSettings(momentum_window=9))
    with pytest.raises(ExoError, match=r"factors\.momentum_window is set, but the data give"):
        build_panel(given, fixed)
    rehearse(Evaluator(compiled(text(["rsi_window"])), panel, settings, given))


def test_a_window_that_leaves_no_score_fails_the_trial(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    evaluator = Evaluator(compiled(text()), panel, settings, market)
    found = evaluator.evaluate(PARAMS | {"momentum_window": 600})
    assert found.state == "fail"
    assert found.reason == (
        f"momentum_12_1 has no score on any date with momentum_window 600 months: the data have "
        f"{len(market.dates)} sessions."
    )
    longest = (len(market.dates) - 1) // 21  # that leaves the last dates a score
    assert evaluator.evaluate(PARAMS | {"momentum_window": longest - 1}).state == "complete"
    with pytest.raises(ExoError, match="momentum_12_1 has no score"):
        build_panel(market, replace(settings, factors=FactorSettings(momentum_window=600)))


@pytest.mark.parametrize(("short", "long"), [(63, 63), (100, 63), (252, None)])
def test_the_short_window_is_below_the_long_one(
    compiled: Compile,
    market: Market,
    panel: Panel,
    settings: Settings,
    short: int,
    long: int | None,
) -> None:
    given = {"volatility_short_window": short} | ({"volatility_long_window": long} if long else {})
    evaluator = Evaluator(compiled(text()), panel, settings, market)
    message = f"volatility_short_window is {short}, must be below volatility_long_window"
    assert evaluator.evaluate({**PARAMS, **given}).reason.startswith(message)
    with pytest.raises(ExoError, match=message):
        build_panel(market, replace(settings, factors=FactorSettings(**given)))


def test_parameters_of_a_file_are_checked_before_anything_is_computed(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    evaluator = Evaluator(compiled(text(())), panel, settings, market)
    for value in (9.0, 9.5, "9", True, None, 1):
        with pytest.raises(ExoError, match=r"'momentum_window' is .*whole number from 2"):
            evaluator.run(PARAMS | {"momentum_window": value})
    nine = evaluator.run(PARAMS | {"momentum_window": 9})
    assert nine.metric("sharpe") != evaluator.run(PARAMS).metric("sharpe")


def test_what_is_written_down(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    """A window that nobody names is not: files and studies without one stay as they were."""
    space = Evaluator(compiled(text()), panel, settings, market).space
    assert space.arguments(PARAMS) == {}
    assert space.arguments(PARAMS | {"volatility_short_window": 11}) == {
        "volatility_ratio": {"volatility_short_window": 11, "volatility_long_window": 252}
    }
    fixed = replace(settings, factors=FactorSettings(momentum_window=9))
    stated = Evaluator(compiled(text(())), build_panel(market, fixed), fixed, market).space
    assert stated.arguments(PARAMS) == {"momentum_12_1": {"momentum_window": 9}}
    assert stated.to_compute(PARAMS | {"momentum_window": 9}) == {}
    assert "momentum_window" not in settings.as_dict()["factors"]
    assert fixed.as_dict()["factors"]["momentum_window"] == 9


def test_the_argument_of_an_own_factor_is_its_own(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    """As before there were windows: studies and files of such an objective go on."""
    own = (
        "from mech_exo.objective.factor import factor\n"
        "@factor()\ndef trend(market, momentum_window=12):\n"
        "    return market.close * momentum_window\n"
    )
    evaluator = Evaluator(compiled(own + text(["momentum_window"])), panel, settings, market)
    space = evaluator.space
    assert space.arguments({"momentum_window": 7}) == {"trend": {"momentum_window": 7}}
    plain = Evaluator(compiled(text(())), panel, settings)
    assert (
        evaluator.evaluate(PARAMS | {"momentum_window": 7}).values == plain.evaluate(PARAMS).values
    )
    assert (
        "momentum_window is the argument of a factor of this file; momentum_12_1 keeps its own "
        "window"
    ) in rehearse(evaluator).notes


def test_a_window_without_a_weight_is_said_to_change_nothing(
    compiled: Compile, market: Market, panel: Panel, settings: Settings
) -> None:
    lines = (
        "trial.suggest_float('weight_pe_ratio', -1, 1)",
        "trial.suggest_int('rsi_window', 6, 18)",
    )
    evaluator = Evaluator(compiled(suggesting(*lines)), panel, settings, market)
    assert "rsi_window changes nothing: rsi_14 has no weight_rsi_14" in rehearse(evaluator).notes
