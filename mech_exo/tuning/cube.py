"""Ranges of parameters: to and from the form that the study keeps, clipping, the unit cube."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import NoReturn

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
    json_to_distribution,
)

from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import Parameter

Ranges = Mapping[str, BaseDistribution]


def to_json(distribution: BaseDistribution) -> str:
    """Optuna's JSON form of a range.

    Raises
    ------
    ExoError
        A bound or a choice is NaN or infinite.
    """
    if isinstance(distribution, CategoricalDistribution):  # those of 1 and of True are equal
        return _json_of(distribution)
    return _kept_json(distribution)


@lru_cache(maxsize=4096)
def _kept_json(distribution: BaseDistribution) -> str:
    return _json_of(distribution)


def _json_of(distribution: BaseDistribution) -> str:
    text = distribution_to_json(distribution)
    json.loads(text, parse_constant=_refuse)
    return text


@lru_cache(maxsize=4096)
def from_json(text: str) -> BaseDistribution:
    """The range of Optuna's JSON form; the same object for the same text."""
    return json_to_distribution(text)


def clip(value: Parameter, distribution: BaseDistribution) -> Parameter | None:
    """The nearest value that the range holds; None for a category that it does not have."""
    if isinstance(distribution, CategoricalDistribution):
        return value if value in distribution.choices else None
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    if value is None or isinstance(value, str) or not math.isfinite(value):
        return None
    low, high = float(distribution.low), float(distribution.high)
    clipped = min(max(float(value), low), high)
    if distribution.step is not None and not distribution.log:
        clipped = min(low + round((clipped - low) / distribution.step) * distribution.step, high)
    return round(clipped) if isinstance(distribution, IntDistribution) else clipped


def edges(distribution: BaseDistribution) -> tuple[float, float]:
    """Ends of a number's range, half a step beyond its values; in logarithms where it says so."""
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    half = (distribution.step or 0) / 2
    low, high = distribution.low - half, distribution.high + half
    return (math.log(low), math.log(high)) if distribution.log else (low, high)


def only(distribution: BaseDistribution) -> Parameter:
    """The value of a range that holds a single one."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[0]
    assert isinstance(distribution, (FloatDistribution, IntDistribution))
    return distribution.low


class Cube:
    """The unit cube of a space of numbers, one axis a parameter.

    A float spans its range (its logarithm where it says so), an integer its range and half a step
    on both sides, so that rounding treats all values alike.

    Raises
    ------
    ExoError
        For a categorical parameter, which has no axis.
    """

    def __init__(self, space: Ranges, sampler: str) -> None:
        self.space = {n: d for n, d in space.items() if not d.single()}
        self.single = {n: only(d) for n, d in space.items() if d.single()}
        self._edges: dict[str, tuple[float, float]] = {}
        self._plain: dict[str, tuple[float, float]] = {}  # ends of floats without log and step
        for name, distribution in self.space.items():
            if isinstance(distribution, CategoricalDistribution):
                raise ExoError(
                    f"--sampler {sampler} cannot draw the categorical parameter {name!r}.",
                    hint="Use --sampler tpe.",
                )
            self._edges[name] = edges(distribution)
            float_ = isinstance(distribution, FloatDistribution) and distribution.step is None
            if float_ and not _is_log(distribution):
                self._plain[name] = self._edges[name]

    def __len__(self) -> int:
        return len(self.space)

    def values(self, point: FloatArray) -> dict[str, Parameter]:
        """The parameters at a point [K] of the cube."""
        result: dict[str, Parameter] = dict(self.single)
        for (name, distribution), share in zip(self.space.items(), point.tolist(), strict=True):
            low, high = self._edges[name]
            raw = low + share * (high - low)
            if name in self._plain:
                result[name] = min(max(raw, low), high)
                continue
            raw = math.exp(raw) if _is_log(distribution) else raw
            value = clip(raw, distribution)
            assert value is not None
            result[name] = value
        return result

    def point(self, params: Mapping[str, Parameter]) -> FloatArray:
        """[K] point of the cube at the parameters."""
        shares = []
        for name, distribution in self.space.items():
            low, high = self._edges[name]
            raw = float(params[name])  # type: ignore[arg-type]  # a number, see __init__
            raw = math.log(raw) if _is_log(distribution) else raw
            shares.append((raw - low) / (high - low))
        return np.array(shares)


def _refuse(word: str) -> NoReturn:
    raise ExoError(
        f"The objective file suggests a parameter with a bound or a choice that is {word}.",
        hint="Use finite numbers; a choice may also be text.",
    )


def _is_log(distribution: BaseDistribution) -> bool:
    return bool(getattr(distribution, "log", False))
