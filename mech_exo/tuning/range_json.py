"""Parameter ranges in Optuna's JSON form: stored number ↔ value, and a readable line."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from mech_exo.factor_file.document import Parameter
from mech_exo.system.strict_json import parse_json

_INTEGER = ("IntDistribution", "IntUniformDistribution", "IntLogUniformDistribution")


@lru_cache(maxsize=4096)
def parse(distribution: str) -> tuple[str, Mapping[str, Any]]:
    """Kind ("float", "int" or "categorical") and attributes of a range.

    Optuna's abbreviated form (`{"type": "float", …}`) and the class names of Optuna 2 are
    understood as well.
    """
    document = parse_json(distribution)
    if "name" not in document:
        return document["type"], document
    name, attributes = document["name"], document["attributes"]
    if name == "CategoricalDistribution":
        return "categorical", attributes
    kind = "int" if name in _INTEGER else "float"
    if "LogUniform" in name:
        attributes = {**attributes, "log": True}
    return kind, attributes


def to_stored(distribution: str, value: Parameter) -> float:
    """The number that Optuna stores for a parameter value.

    Raises
    ------
    ValueError
        The value is not one of the choices, or no number.
    """
    kind, attributes = parse(distribution)
    if kind != "categorical":
        if not isinstance(value, (int, float)):
            raise ValueError(f"{value!r} is not a number")
        return float(value)
    for index, choice in enumerate(attributes["choices"]):
        if type(choice) is type(value) and choice == value:
            return float(index)
    raise ValueError(f"{value!r} is not one of {attributes['choices']}")


def from_stored(distribution: str, number: float) -> Parameter:
    """The parameter value behind the number that Optuna stores."""
    kind, attributes = parse(distribution)
    if kind == "categorical":
        choice: Parameter = attributes["choices"][int(number)]
        return choice
    return int(number) if kind == "int" else float(number)


def describe(distribution: str) -> str:
    """A range in words, exact: `float -1.0 … 1.0`, `int 6 … 18 step 2`, `one of ["a", "b"]`."""
    kind, attributes = parse(distribution)
    if kind == "categorical":
        return f"one of {json.dumps(list(attributes['choices']), ensure_ascii=False)}"
    step = attributes.get("step") or attributes.get("q")
    words = f"{kind} {attributes['low']!r} … {attributes['high']!r}"
    if step is not None and not (kind == "int" and math.isclose(step, 1)):
        words += f" step {step!r}"
    return words + (" log" if attributes.get("log") else "")
