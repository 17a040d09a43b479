"""A piece of work, what does it, and what comes back."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from mech_exo.factor_file.document import Parameter


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


@dataclass(frozen=True)
class Suggestion:
    """A trial to evaluate, known by its position among the trials of its epoch."""

    index: int
    params: Mapping[str, Parameter]
    distributions: Mapping[str, str]
    limits: Mapping[int, float] | None


class PlainEvaluation(NamedTuple):
    """An evaluation in plain values, as it crosses to another process or machine."""

    state: str
    values: tuple[float, ...]
    constraints: tuple[float, ...]
    metrics: dict[str, float]
    intermediate: dict[int, float]
    reason: str


class Returned(NamedTuple):
    """What a worker sends back.

    Attributes
    ----------
    piece
        Index of the suggestion.
    outcome
        Or the traceback of a fault of ours: a user's mistake is an outcome.
    started, completed
        Seconds since the epoch.
    """

    piece: int
    outcome: PlainEvaluation | str
    started: float
    completed: float


def evaluated(
    evaluator: Evaluates,
    index: int,
    params: Mapping[str, Any],
    limits: Mapping[int, float] | None,
) -> Returned:
    """Do one piece of work."""
    started = time.time()
    outcome: PlainEvaluation | str
    try:
        found = evaluator.evaluate(params, limits)
        outcome = PlainEvaluation(
            found.state,
            tuple(found.values),
            tuple(found.constraints),
            dict(found.metrics),
            dict(found.intermediate),
            found.reason,
        )
    except MemoryError:  # this worker is lost, as one that the system kills for its size
        raise
    except Exception:  # noqa: BLE001 (not the user's error, those are results: raised there)
        outcome = traceback.format_exc()
    return Returned(index, outcome, started, time.time())


@dataclass(frozen=True)
class Answer:
    """A trial came back. `times` are begin and end, seconds since the epoch."""

    index: int
    times: tuple[float, float]
    state: str
    values: tuple[float, ...]
    constraints: tuple[float, ...]
    metrics: Mapping[str, float]
    intermediate: Mapping[int, float]
    reason: str

    @classmethod
    def of(cls, returned: Returned) -> Answer:
        """What a worker sent.

        Raises
        ------
        RuntimeError
            With the traceback of a fault of ours.
        """
        if isinstance(returned.outcome, str):
            message = (
                f"the evaluation of trial {returned.piece} failed in its worker:\n"
                f"{returned.outcome}"
            )
            raise RuntimeError(message)  # noqa: TRY004 (a bug's traceback, not a type)
        return cls(returned.piece, (returned.started, returned.completed), *returned.outcome)


@dataclass(frozen=True)
class Loss:
    """A worker died. `index` is None when it had nothing to do."""

    index: int | None
    reason: str
    attempt: int
    given_up: bool
