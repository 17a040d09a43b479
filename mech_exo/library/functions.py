"""Functions of a notebook as an objective file: their source, since workers run source."""

import inspect
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.errors import ExoError

if TYPE_CHECKING:
    from mech_exo.objective.objective_file import ObjectiveFile

Definitions = Mapping[str, float | Callable[..., Any]]
"""Name in the objective file -> its function or constant."""

LABEL = "objective of the notebook"
HEADER = """\
import math

import numpy as np
import pandas as pd

from mech_exo.objective.factor import factor

"""
THRESHOLDS = {
    "MAX_DRAWDOWN_THRESHOLD": 0.12,
    "VOLATILITY_THRESHOLD": 0.25,
    "WEIGHT_LIMIT": 2.0,
}


def objective_of(definitions: Definitions) -> "ObjectiveFile":
    """An objective file that holds these functions and constants.

    The functions see each other, the constants, `math`, `np`, `pd` and `factor`, and nothing else
    of the notebook: what a study depends on is what stands in its objective's bytes.

    Raises
    ------
    ExoError
        For a function whose source Python does not have, and for a value that is neither a
        function nor a number.
    """
    from mech_exo.objective.objective_file import ObjectiveFile

    constants = {**THRESHOLDS, **{k: v for k, v in definitions.items() if not callable(v)}}
    parts = [HEADER, *(f"{name} = {_number(name, v)!r}\n" for name, v in constants.items())]
    for name, value in definitions.items():
        if callable(value):
            parts.append(f"\n\n{_source(name, value)}")
    return ObjectiveFile(Path(LABEL), "".join(parts).encode(), "functions of the caller", LABEL)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExoError(f"objective: {name} is {value!r}, neither a function nor a number.")
    return value


def _source(name: str, function: Callable[..., Any]) -> str:
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise ExoError(
            f"objective: the source of {name} is not to be had ({error}).",
            hint="Define it with `def` in a file or a notebook's cell.",
        ) from error
    if not source.startswith(("def ", "@")):
        raise ExoError(
            f"objective: {name} is not defined by a `def` of its own.",
            hint="A lambda or a method cannot be sent to the workers.",
        )
    own = function.__name__
    return source if own == name else f"{source}\n\n{name} = {own}\n"
