"""The search space: which parameters the user's file suggests, and what they mean."""

import difflib
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mech_exo.backtest.rules import Candidate
from mech_exo.config.settings import HyperparameterSettings, Settings
from mech_exo.data.panel import Panel
from mech_exo.errors import ExoError
from mech_exo.objective.distribution import Distribution, Parameter
from mech_exo.objective.rehearsal import Rehearsal, rehearse
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.objective.trial import SpaceTrial, Suggested

WEIGHT = "weight_"

# (lowest, is the lowest itself allowed, highest, is it)
Limits = tuple[float, bool, float, bool]

RANGES: dict[str, Limits | None] = {
    "cash_pct": (0.0, True, 1.0, False),
    "stop_loss_pct": (0.0, False, 1.0, True),
    "position_size_pct": (0.0, False, 1.0, True),
}
LARGEST_WEIGHT = 1e6  # beyond it a score does not fit the grid on which scores are ranked


@dataclass(frozen=True, eq=False)
class Space:
    """The user's space over one panel.

    Attributes
    ----------
    factor_names
        [K] factors that have data, in the order of a candidate's weights: the panel's, then the
        file's own that the panel does not hold yet.
    missing
        Known factors without data: their weight is 0 and no parameter.
    """

    spec: ObjectiveSpec
    factor_names: tuple[str, ...]
    missing: tuple[str, ...]
    defaults: HyperparameterSettings

    @classmethod
    def of(cls, spec: ObjectiveSpec, panel: Panel, settings: Settings) -> "Space":
        """The space of a file on a panel, extended by the file's own factors or not."""
        own = tuple(f.name for f in spec.factors if f.name not in panel.factor_names)
        missing = tuple(name for name in panel.missing_factors if name not in own)
        return cls(spec, panel.factor_names + own, missing, settings.hyperparameters)

    def suggest(self, trial: Any) -> Suggested:
        """Draw one candidate: the user's function on `trial` (`suggest_float`, …).

        Raises
        ------
        ExoError
            For a mistake in the user's function and for a parameter that means nothing, with the
            line. What `trial` raises itself passes as it is.
        """
        wrapped = SpaceTrial(trial, self)
        returned = self.spec.suggest(wrapped)
        return Suggested(wrapped.params, wrapped.distributions, wrapped.fixed, returned)

    def rehearse(self) -> Rehearsal:
        """Try the user's function without a tuner, before the first trial; see `Rehearsal`."""
        return rehearse(self)

    def problem(self, name: str, distribution: Distribution) -> tuple[str, str] | None:
        """What is wrong with suggesting `name` so, and a hint; None if nothing is."""
        if name not in self._limits:
            return self._meaningless(name)
        values = distribution.choices or (distribution.low, distribution.high)
        wrong = next((v for v in values if not _within(v, self._limits[name])), None)
        if wrong is None:
            return None
        return f"{name!r} can be {wrong!r}, must be {_words(self._limits[name])}", ""

    @cached_property
    def _limits(self) -> dict[str, Limits | None]:
        """Every name that means something -> its limits; None: whatever its factor takes."""
        weights = [WEIGHT + name for name in self.factor_names + self.missing]
        largest = (-LARGEST_WEIGHT, True, LARGEST_WEIGHT, True)
        return dict.fromkeys(self.consumed) | dict.fromkeys(weights, largest) | RANGES

    @property
    def consumed(self) -> set[str]:
        """Parameters that a factor of the file takes."""
        return {parameter for factor in self.spec.factors for parameter in factor.defaults}

    def candidate(self, params: Mapping[str, Parameter]) -> Candidate:
        """The candidate that `params` name; a pure function of them.

        Weights stand in the order of `factor_names`, 0 where `params` has none; hyperparameters
        that it leaves out come from the settings. The weight of a known factor without data
        counts as 0 (`without_data` names those).

        Raises
        ------
        ExoError
            For a name that means nothing in this space or a value outside its range.
        """
        for name, value in params.items():
            if name not in self._limits:
                message, hint = self._meaningless(name)
                raise ExoError(f"{self.spec.label}: {message}.", hint=hint)
            if not _within(value, self._limits[name]):
                raise ExoError(f"{name!r} is {value!r}, must be {_words(self._limits[name])}.")
        weights = [float(params.get(WEIGHT + n) or 0.0) + 0.0 for n in self.factor_names]
        trading = {n: float(params.get(n, getattr(self.defaults, n)) or 0.0) for n in RANGES}
        return Candidate(weights=np.array(weights, dtype=np.float64), **trading)

    def without_data(self, params: Mapping[str, Parameter]) -> tuple[str, ...]:
        """Factors to which `params` gives a weight other than 0 although they have no data."""
        return tuple(name for name in self.missing if params.get(WEIGHT + name))

    def arguments(self, params: Mapping[str, Parameter]) -> dict[str, dict[str, Parameter]]:
        """Factor of the file -> the arguments that `params` give it (for the factor file)."""
        return {f.name: f.arguments(params) for f in self.spec.factors if f.parametrised}

    def _meaningless(self, name: str) -> tuple[str, str]:
        near = difflib.get_close_matches(name, self._limits, n=1, cutoff=0.7)
        hint = f"Did you mean {near[0]!r}?" if near else ""
        if name.startswith(WEIGHT):
            factors = ", ".join(self.factor_names + self.missing)
            return (
                f"{name!r}: there is no factor {name.removeprefix(WEIGHT)!r}",
                hint or f"Factors: {factors}.",
            )
        return (
            f"{name!r} is neither a weight (weight_<factor>) nor one of {', '.join(RANGES)}, and "
            "no factor of this file takes it",
            hint or f"Give a factor the argument {name} (docs/objective.md).",
        )


def _within(value: Any, limits: Limits | None) -> bool:
    if limits is None:
        return True
    if type(value) is not float and (
        isinstance(value, bool) or not isinstance(value, numbers.Real)
    ):
        return False
    number: Any = value  # NaN is in no range
    low, has_low, high, has_high = limits
    above = number >= low if has_low else number > low
    below = number <= high if has_high else number < high
    return bool(above and below)


def _words(limits: Limits | None) -> str:
    assert limits is not None, "only a limited value is outside"
    low, has_low, high, has_high = limits
    return (
        f"a number {'from' if has_low else 'above'} {low:g} "
        f"{'to' if has_high else 'to below'} {high:g}"
    )
