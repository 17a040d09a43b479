"""Figures as a run reports them: of a portfolio in and out of sample, of a constraint."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mech_exo.backtest.capacity import Capacity
    from mech_exo.backtest.result import Occupancy
    from mech_exo.factor_file.document import Parameter

Metrics = Mapping[str, float]
Dates = tuple[str, str]
"""First and last session of a path, as ISO dates."""


@dataclass(frozen=True)
class Portfolio:
    """One portfolio rule and its figures under the run's kernel.

    Attributes
    ----------
    label
        "trial 42", "universe" or "cash", "config/factors.yml".
    weights
        Factor -> weight of its raw score; empty for the universe.
    out_of_sample
        From the holdout alone; None without a holdout.
    dates_in_sample, dates_out_of_sample
        Of the figures: from the first execution on, which is later than the first date of the data.
    look, looks
        Which look at the holdout this portfolio's first was, and how many portfolios have been
        seen there so far; 0 where none was made.
    occupancy
        How often, in sample, it was something else than its n best names; None for the universe.
    parameters
        Factor -> the arguments or windows that it takes, where it has any.
    capacity
        In sample, of a result's best portfolio, where the data say what was traded; else None.
    sides_apart
        By how much, in sample, its long and its short side differ after an execution at the most, a
        share of the portfolio; None where they are not meant to be equal.
    rules
        Rules by which its scores become a portfolio, as the factor file has them; empty where
        they are the usual ones.
    """

    label: str
    weights: Mapping[str, float]
    hyperparameters: Mapping[str, float]
    in_sample: Metrics
    out_of_sample: Metrics | None
    dates_in_sample: Dates | None = None
    dates_out_of_sample: Dates | None = None
    look: int = 0
    looks: int = 0
    occupancy: "Occupancy | None" = None
    parameters: Mapping[str, Mapping[str, "Parameter"]] = field(default_factory=dict)
    capacity: "Capacity | None" = None
    sides_apart: float | None = None
    rules: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ConstraintValue:
    """What a trial has, and the limit that it must keep.

    Attributes
    ----------
    limit
        0 for a constraint of the objective file's own.
    unit
        How `value` and `limit` are written.
    """

    name: str
    value: float
    limit: float
    satisfied: bool
    unit: str = "ratio"

    @classmethod
    def of(
        cls, name: str, limit: float | None, distance: float, metrics: Metrics
    ) -> "ConstraintValue":
        """From the stored distance; without a limit it is the file's own. NaN keeps no limit.

        Parameters
        ----------
        metrics
            Of the same trial, as far as they are known.
        """
        from mech_exo.objective.constraints import CONSTRAINTS

        if limit is None:
            return cls(name, distance, 0.0, distance <= 0.0)
        constraint = CONSTRAINTS[name]
        value = constraint.value_at(limit, distance, metrics)
        return cls(name, value, limit, distance <= 0.0, constraint.unit)
