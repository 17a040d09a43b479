"""The constraints, and how near they are."""

import math
from dataclasses import dataclass
from typing import Literal

from mech_exo.objective.constraints import CONSTRAINTS
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported
from mech_exo.workflow.figures import ConstraintValue

NEAR = 0.9  # share of a limit from which on it is called near


@dataclass(frozen=True)
class LimitDistance:
    """One constraint in sample.

    Attributes
    ----------
    keeps
        Whether the value must be `at most` or `at least` the limit.
    used
        Share of the limit that is used; NaN for a limit of 0 and for one of the file's own.
    """

    name: str
    value: float
    limit: float
    satisfied: bool
    unit: str
    keeps: Literal["at most", "at least"]
    used: float

    @property
    def near(self) -> bool:
        """Whether it is kept, but not by much."""
        return self.satisfied and self.used >= NEAR


def limit_distances(reported: Reported) -> tuple[LimitDistance, ...] | Missing:
    """Of the portfolio, in sample."""
    if reported.constraints:
        return tuple(map(_distance, reported.constraints))
    if reported.best is not None:
        return Missing("The objective file sets no limit.")
    return Missing("There is no portfolio, or nothing says what it has of what is limited.")


def _distance(value: ConstraintValue) -> LimitDistance:
    constraint = CONSTRAINTS.get(value.name)
    keeps = "at most" if constraint is None else constraint.keeps
    return LimitDistance(
        name=value.name,
        value=value.value,
        limit=value.limit,
        satisfied=value.satisfied,
        unit=value.unit,
        keeps=keeps,
        used=math.nan if constraint is None else _used(value, keeps),
    )


def _used(value: ConstraintValue, keeps: str) -> float:
    above, below = (value.value, value.limit) if keeps == "at most" else (value.limit, value.value)
    return above / below if below > 0.0 else math.nan
