"""The user's file: what it must define, and that every mistake is shown with its line."""

import inspect
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from mech_exo.errors import ExoError
from mech_exo.objective.spec import ObjectiveSpec
from tests.unit.objective.conftest import CONSTANTS, LABEL, Compile

SUGGEST = "def suggest_factor_weights(trial): trial.suggest_float('weight_rsi_14', -1, 1)\n"


def test_the_shipped_file(shipped: str) -> None:
    spec = ObjectiveSpec.compile(shipped.encode(), LABEL)
    assert spec.limits == {"max_drawdown": 0.12, "volatility": 0.25, "weight_limit": 2.0}
    assert spec.objective(SimpleNamespace(sharpe=1.25)) == 1.25
    assert spec.factors == ()
    assert len(shipped.splitlines()) <= 80


def test_without_an_objective_the_sharpe_ratio_is_maximised(compiled: Compile) -> None:
    spec = compiled(SUGGEST)
    assert spec.objective(SimpleNamespace(sharpe=0.5)) == 0.5


def test_the_file_lives_in_a_module_of_its_own(compiled: Compile) -> None:
    """dataclasses, inspect and tracebacks need its name, its source and its lines."""
    spec = compiled(
        "from dataclasses import dataclass\n"
        "@dataclass\n"
        "class Box:\n"
        "    width: 'float' = 2.0\n" + SUGGEST + "def objective(result):\n"
        "    return Box(result).width\n"
    )
    assert spec.objective(3.0) == 3.0
    assert inspect.getsource(spec._objective).startswith("def objective(result):\n    return Box")
    assert spec._objective.__module__.startswith("_exo_objective_")


def test_nothing_is_written_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "obj.py"
    path.write_text(CONSTANTS + SUGGEST, encoding="utf-8")
    ObjectiveSpec.compile(path.read_bytes(), str(path))
    assert list(tmp_path.iterdir()) == [path]


def test_two_files_do_not_share_names(compiled: Compile) -> None:
    first = compiled(SUGGEST + "def objective(result): return value\nvalue = 1\n")
    second = compiled(SUGGEST + "def objective(result): return value\nvalue = 2\n")
    assert (first.objective(None), second.objective(None)) == (1, 2)


# text of the file after the three constants -> what the message must say
MISTAKES = {
    "def f(:\n": ":4: SyntaxError: invalid syntax, in `def f(:`.",
    "if True:\npass\n": ":5: IndentationError: expected an indented block",
    "import nothing_of_this_name\n": ":4: ModuleNotFoundError: No module named",
    "\nx = 1 / 0\n": ":5: ZeroDivisionError: division by zero, in `x = 1 / 0`.",
    "raise SystemExit(3)\n": ":4: SystemExit: 3, in `raise SystemExit(3)`.",
    "def g():\n    return undefined\ng()\n": ":5: NameError: name 'undefined' is not defined, in "
    "`return undefined`.",
    "from . import sibling\n": ":4: ImportError: attempted relative import",
    "": ": suggest_factor_weights is not defined. Add `def suggest_factor_weights(trial):`.",
    "def suggest_factor_weight(trial): pass\n": ": suggest_factor_weights is not defined. Is "
    "suggest_factor_weight meant?",
    "suggest_factor_weights = 3\n": ": suggest_factor_weights is 3, expected a function.",
    "\ndef suggest_factor_weights(): pass\n": ":5: suggest_factor_weights must take one argument.",
    SUGGEST + "objective = 'sharpe'\n": ": objective is 'sharpe', expected a function.",
    SUGGEST + "def objective(result, more): pass\n": ":5: objective must take one argument.",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items(), ids=lambda t: repr(t)[:40])
def test_a_mistake_is_shown_with_its_line(compiled: Compile, text: str, message: str) -> None:
    before = set(sys.modules)
    with pytest.raises(ExoError) as caught:
        compiled(text)
    assert str(caught.value).startswith(LABEL)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    left = {name for name in set(sys.modules) - before if name.startswith("_exo_objective_")}
    assert len(left) == (0 if "Error" in message or "SystemExit" in message else 1)


@pytest.mark.parametrize("source", [b"\x00", b"x = '\xff'\n", b"# coding: nothing\n"])
def test_bytes_that_are_no_python(source: bytes) -> None:
    with pytest.raises(ExoError, match=f"^{LABEL}.*Error"):
        ObjectiveSpec.compile(source, LABEL)


THRESHOLDS = {
    "MAX_DRAWDOWN_THRESHOLD = 0.5": (
        "MAX_DRAWDOWN_TRESHOLD = 0.5",
        "MAX_DRAWDOWN_TRESHOLD is no constraint. Is MAX_DRAWDOWN_THRESHOLD meant?",
    ),
    "WEIGHT_LIMIT = 2.0": (
        "WEIGHT_LIMITS = 2.0",
        "WEIGHT_LIMITS is no constraint. Is WEIGHT_LIMIT",
    ),
    "VOLATILITY_THRESHOLD = 0.5": ("VOLATILITY_THRESHOLD = '25%'", "is '25%', expected a number"),
}


@pytest.mark.parametrize(("old", "case"), THRESHOLDS.items())
def test_a_threshold_is_never_guessed(compiled: Compile, old: str, case: tuple[str, str]) -> None:
    new, message = case
    with pytest.raises(ExoError) as caught:
        compiled(SUGGEST, CONSTANTS.replace(old, new))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("-0.1", "is -0.1, must be from 0 to 1."),
        ("12", "is 12, must be from 0 to 1. It is a fraction: 0.12 for 12 %."),
        ("float('nan')", "is nan, expected a number"),
        ("float('inf')", "is inf, must be from 0 to 1."),
        ("True", "is True, expected a number"),
        ("None", "is None, expected a number"),
        ("10**400", f"is {10**400}, must be from 0 to 1."),
    ],
)
def test_a_threshold_must_have_a_meaning(compiled: Compile, value: str, message: str) -> None:
    with pytest.raises(ExoError) as caught:
        compiled(SUGGEST, CONSTANTS.replace("0.5", value, 1))
    assert f"MAX_DRAWDOWN_THRESHOLD {message}" in str(caught.value)


def test_zero_numpy_and_whole_numbers_are_thresholds(compiled: Compile) -> None:
    spec = compiled(
        "import numpy as np\n" + SUGGEST + "WEIGHT_LIMIT = np.float32(1.5)\n",
        CONSTANTS.replace("0.5", "0", 1),
    )
    assert spec.limits == {"max_drawdown": 0.0, "volatility": 0.5, "weight_limit": 1.5}


@pytest.mark.parametrize("source", [SUGGEST, SUGGEST.replace("'", '"')])
def test_the_sha_is_that_of_the_bytes(compiled: Compile, source: str) -> None:
    import hashlib

    expected = hashlib.sha256((CONSTANTS + source).encode()).hexdigest()
    assert compiled(source).sha256 == expected
