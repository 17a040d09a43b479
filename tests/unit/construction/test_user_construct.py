"""The user's construct: what it is given, what it may return, and what is said of a mistake."""

import numpy as np
import pytest

from mech_exo.construction.mandate import Mandate
from mech_exo.construction.room import Room
from mech_exo.construction.targets import target_weights
from mech_exo.errors import ExoError
from mech_exo.objective.spec import ObjectiveSpec
from tests.unit.construction.test_targets import data_of

SPACE = "import numpy as np\ndef suggest_factor_weights(trial): pass\n"
ROOM = Room(2, 0.9, 0.5)
TRADABLE = np.array([[True, True, True, True], [True, False, True, True]])
SCORES = np.array([[2.0, 1.0, 0.0, np.nan], [1.0, np.nan, 3.0, 2.0]])
DATA = data_of(TRADABLE, sectors=np.array([0, 0, 1, 1]))


def weights(body: str, arguments: str = "scores, ctx, params", **rules: object) -> np.ndarray:
    source = f"{SPACE}def construct({arguments}):\n    {body}\n"
    spec = ObjectiveSpec.compile(source.encode(), "obj.py")
    mandate = Mandate(construct=spec.construct, params={"tilt": 2.0}, **rules)  # type: ignore[arg-type]
    return target_weights(SCORES, DATA, ROOM, mandate)


def test_it_is_given_scores_and_parameters() -> None:
    body = "return np.where(scores > params['tilt'] - 0.5, params['cash_pct'], 0.0)"
    expected = np.where(np.nan_to_num(SCORES) > 1.5, 0.1, 0.0)
    assert weights(body) == pytest.approx(expected)
    ranked = weights("return np.nan_to_num(scores) * 0.1")
    assert ranked == pytest.approx(np.nan_to_num(SCORES) * 0.1)


def test_scores_are_neutral_before_it_and_the_whole_is_scaled_after_it() -> None:
    body = "return np.nan_to_num(scores) * 0.1"
    neutral = weights(body, neutralise=("sector",))
    assert neutral[0].tolist() == pytest.approx([0.05, -0.05, 0.0, 0.0])
    rng = np.random.default_rng(0)
    data = data_of(TRADABLE, returns=rng.normal(0.0, 0.01, (400, 4)))
    spec = ObjectiveSpec.compile(
        f"{SPACE}def construct(scores, ctx, params):\n    {body}\n".encode(), "obj.py"
    )
    plain, scaled = (
        target_weights(SCORES, data, ROOM, Mandate(construct=spec.construct, vol_target=v))
        for v in (None, 0.01)
    )
    factor = scaled[0, 0] / plain[0, 0]
    assert scaled[0] == pytest.approx(plain[0] * factor)
    assert factor < 1.0


def test_with_previous_it_goes_from_decision_to_decision() -> None:
    """Half of what was, and half of the best name."""
    body = "return np.where(scores == np.nanmax(scores), 0.5, 0.0) + 0.5 * previous * ctx.tradable"
    found = weights(body, "scores, ctx, params, previous")
    assert found.tolist() == [[0.5, 0.0, 0.0, 0.0], [0.25, 0.0, 0.5, 0.0]]
    shapes = "assert scores.shape == previous.shape == ctx.volatility.shape == (4,); "
    known = "assert len(ctx.returns) == ctx.rows + 1; return 0.0 * previous"
    assert (weights(shapes + known, "scores, ctx, params, previous") == 0.0).all()


MISTAKES = {
    "return scores": "obj.py:3: construct gives D the weight nan on 2020-01-01.",
    "return 1.0 / (np.nan_to_num(scores) * 0.0)": "gives A the weight inf",
    "return np.full(scores.shape, 0.2)": "gives B, which cannot be bought then, a weight on "
    "2020-01-02",
    "return ctx.tradable * 0.3": "gives weights of 1.2 in all .* on 2020-01-01",
    "return ctx.tradable * -0.3": "gives weights of 1.2 in all",
    "return ctx.tradable * 1e308": "gives weights of inf in all",
    "return scores[0]": r"returned the shape \(4,\), expected \(2, 4\)",
    "return None": "construct returned NoneType, expected an array of real numbers",
    "return 'all'": "construct returned str, expected an array of real numbers",
    "return [[0.1], [0.1, 0.2]]": "construct returned list, expected an array of real numbers",
    "return ctx.tradable * 0.1j": "construct returned ndarray of complex128, expected an array of",
    "return ctx.tradable": "construct returned ndarray of bool, expected an array of real numbers",
    "return scores.astype(str)": "construct returned ndarray of <U",
    "return scores.astype('timedelta64[D]')": "construct returned ndarray of timedelta64",
    "return np.ma.masked_invalid(scores)": "construct returned MaskedArray of float64",
    "return params['tlit']": r"obj.py:4: KeyError: 'tlit', in `return params\['tlit'\]`.",
    "scores[0, 0] = 0.0": "ValueError: assignment destination is read-only",
    "ctx.volatility[0] = 1.0": "ValueError: assignment destination is read-only",
    "params['tilt'] = 1.0": "TypeError",
    "raise SystemExit(3)": "SystemExit",
    "return ctx.prices": "has no attribute 'prices'",
}


@pytest.mark.parametrize(("body", "words"), MISTAKES.items(), ids=MISTAKES.keys())
def test_a_mistake_is_named(body: str, words: str) -> None:
    with pytest.raises(ExoError, match=words):
        weights(body)


def test_lists_and_whole_numbers_are_weights() -> None:
    assert weights("return np.zeros(scores.shape, dtype=int).tolist()").dtype == np.float64


def test_the_gross_may_be_what_the_settings_allow() -> None:
    assert weights("return ctx.tradable * 0.3", max_gross=1.2).sum() == pytest.approx(2.1)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("def construct(scores): pass", "obj.py:3: construct must take three arguments, or four"),
        ("def construct(a, b, c, d, e): pass", "construct must take three arguments, or four"),
        ("construct = 3", "construct is 3, expected a function"),
        ("def contruct(scores, ctx, params): pass", "contruct is not called by exo"),
    ],
)
def test_what_is_no_construct_is_refused(line: str, words: str) -> None:
    with pytest.raises(ExoError, match=words):
        ObjectiveSpec.compile(f"{SPACE}{line}\n".encode(), "obj.py")


def test_a_file_may_have_constraints_and_no_construct() -> None:
    text = f"{SPACE}def constraints(result): return {{}}\ndef construct_ion_of(x): pass\n"
    assert ObjectiveSpec.compile(text.encode(), "obj.py").construct is None
