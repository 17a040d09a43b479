"""What is tuned, reduced to what the engine needs to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from mech_exo.objective.evaluation import Direction
from mech_exo.system.parcel import Parcel
from mech_exo.workforce.evaluation_work import Evaluates, EvaluationLike, Suggestion


@runtime_checkable
class EvaluatesTogether(Protocol):
    """What evaluates trials that are known at the same time in one go, quicker than one by one."""

    def evaluate_all(self, trials: Sequence[Suggestion]) -> Sequence[EvaluationLike]:
        """What `Evaluates.evaluate` gives of each."""


@dataclass(frozen=True)
class Problem:
    """One search.

    Parameters
    ----------
    suggest
        Draws one candidate from a trial (`suggest_float`, …); run in the asking process.
    evaluator
        Makes what evaluates; a large one is in its parcel already. Pickled once, called once, in
        a process from which all workers are forked.
    directions
        One per objective.
    constraint_names, objective_names
        Kept in the study for its readers.
    space
        Range of every parameter that `suggest` may ask for, in Optuna's JSON form, where that is
        known; otherwise what it asks for when it is tried once.
    conditional
        Those of `space` that not every candidate has.
    notes
        What the user should know of the problem, a sentence each.
    """

    suggest: Callable[[Any], Any]
    evaluator: Callable[[], Evaluates] | Parcel
    directions: tuple[Direction, ...] = ("maximize",)
    constraint_names: tuple[str, ...] = ()
    objective_names: tuple[str, ...] = ()
    space: Mapping[str, str] = field(default_factory=dict)
    conditional: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
