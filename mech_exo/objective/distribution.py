"""One parameter's range, as the user's file states it."""

import math
import numbers
from dataclasses import dataclass
from typing import Any, Literal

from mech_exo.factor_file.document import Parameter
from mech_exo.objective.trace import SpaceError


@dataclass(frozen=True)
class Distribution:
    """A parameter's range.

    Attributes
    ----------
    kind
        float and int have `low` to `high`, both included; categorical has `choices`.
    step
        Grid of the range; None: none (float).
    log
        Whether it is searched on a logarithmic scale.
    """

    kind: Literal["float", "int", "categorical"]
    low: float = 0.0
    high: float = 0.0
    step: float | None = None
    log: bool = False
    choices: tuple[Parameter, ...] = ()

    def at(self, share: float) -> Parameter:
        """The value `share` (0 to 1) of the way through the range, on its grid."""
        if self.kind == "categorical":
            return self.choices[min(int(share * len(self.choices)), len(self.choices) - 1)]
        value = self.low + share * (self.high - self.low)
        if self.step:
            value = self.low + self.step * math.floor((value - self.low) / self.step + 1e-9)
        return int(value) if self.kind == "int" else value

    def clip(self, value: float) -> float:
        """The nearest value of the range, its grid aside."""
        return min(max(value, self.low), self.high)

    def describe(self) -> str:
        """The range in words, for messages."""
        if self.kind == "categorical":
            return "one of " + ", ".join(map(repr, self.choices))
        return f"{self.kind} {self.low:g} to {self.high:g}"


def numeric(
    kind: Literal["float", "int"], name: str, low: Any, high: Any, step: Any, log: bool
) -> Distribution:
    """A checked numeric range; SpaceError for one that is none."""
    wanted, exact = (numbers.Integral, (int,)) if kind == "int" else (numbers.Real, (float, int))
    for word, value in (("low", low), ("high", high), ("step", step)):
        if word == "step" and value is None:
            continue
        # asked of every parameter of every trial: the exact types first, they are quick to know
        plain = type(value) in exact or (isinstance(value, wanted) and not isinstance(value, bool))
        if not plain or not abs(value) < math.inf:
            article = "a whole number" if kind == "int" else "a finite number"
            raise SpaceError(f"{word} of {name!r} is {value!r}, expected {article}")
    if low > high:
        raise SpaceError(f"the range of {name!r} is empty: low {low} is above high {high}")
    if step is not None and step <= 0:
        raise SpaceError(f"step of {name!r} is {step}, must be above 0")
    if log and low <= 0:
        raise SpaceError(f"{name!r} has log=True from {low}, must start above 0")
    if log and step is not None and (kind == "float" or step != 1):
        raise SpaceError(f"{name!r} has both log=True and a step: only one of them is possible")
    return Distribution(kind, low, high, step, log)


def categorical(name: str, choices: Any) -> Distribution:
    """A checked list of choices; SpaceError for one that is none."""
    if isinstance(choices, (str, bytes)) or not hasattr(choices, "__iter__"):
        raise SpaceError(f"choices of {name!r} are {choices!r}, expected a list")
    listed = tuple(choices)
    if not listed:
        raise SpaceError(f"{name!r} has no choices")
    for choice in listed:
        if choice is not None and not isinstance(choice, (bool, int, float, str)):
            raise SpaceError(
                f"{name!r} has the choice {choice!r}, expected numbers, texts, True, False or None"
            )
    return Distribution("categorical", choices=listed)
