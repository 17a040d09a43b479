"""What is tuned, reduced to what the engine needs to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from mech_exo.factor_file.document import Parameter
from mech_exo.objective.evaluation import Direction
from mech_exo.system.parcel import Parcel


class EvaluationLike(Protocol):
    """What a trial's evaluation gives; `mech_exo.objective.evaluate.Evaluation` is one."""

    @property
    def state(self) -> Literal["complete", "pruned", "fail"]:
        """How it ended."""

    @property
    def values(self) -> tuple[float, ...]:
        """Objective values."""

    @property
    def constraints(self) -> tuple[float, ...]:
        """Constraint values, satisfied at or below 0."""

    @property
    def metrics(self) -> Mapping[str, float]:
        """Figures of the backtest."""

    @property
    def intermediate(self) -> Mapping[int, float]:
        """Objective value up to each checkpoint, by step."""

    @property
    def reason(self) -> str:
        """Why it failed or was pruned."""


class Evaluates(Protocol):
    """What a worker holds.

    `evaluate` must depend on its arguments alone: the same trial gives the same bits whether it
    is the first of a process or the fiftieth. `limits` maps a step to the value that the best
    intermediate value so far must reach for the trial to go on there; with None no intermediate
    value is needed.
    """

    def evaluate(
        self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None
    ) -> EvaluationLike:
        """One trial."""


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


@dataclass(frozen=True)
class Suggestion:
    """A trial to evaluate, known by its position among the trials of its epoch."""

    index: int
    params: Mapping[str, Parameter]
    distributions: Mapping[str, str]
    limits: Mapping[int, float] | None
