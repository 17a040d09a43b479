"""Synthetic problems for the engine's tests; importable, so that workers can unpickle them.

Light: what is imported here is imported in the workers.
"""

import math
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.problem import Problem
from mech_exo.workforce.evaluation_work import Evaluates


@dataclass(frozen=True)
class Result:
    state: Literal["complete", "pruned", "fail"]
    values: tuple[float, ...] = ()
    constraints: tuple[float, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    intermediate: Mapping[int, float] = field(default_factory=dict)
    reason: str = ""


class Bowl:
    """−Σ(x − 0.3)² with two constraints, five checkpoints, and a failure now and then."""

    def __init__(self, objectives: int = 1) -> None:
        self.objectives = objectives

    def evaluate(
        self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None
    ) -> Result:
        numbers = [float(v) for v in params.values() if not isinstance(v, str)]
        loss = sum((x - 0.3) ** 2 for x in numbers)
        if math.sin(1e3 * loss) > 0.9:
            return Result("fail", reason="the sine is high")
        intermediate: dict[int, float] = {}
        best = -math.inf
        for step in range(5):
            intermediate[step] = -loss + math.cos(50 * loss + step) * 0.3
            best = max(best, intermediate[step])
            if limits and step in limits and best < limits[step]:
                return Result("pruned", (intermediate[step],), intermediate=intermediate)
        values = (-loss, *(abs(x) for x in numbers[: self.objectives - 1]))
        return Result(
            "complete",
            values,
            (numbers[0] - 0.5, 0.2 - sum(numbers)),
            {"loss": loss, "undefined": math.nan, "zero": -0.0},
            intermediate,
        )


class Slow(Bowl):
    """A bowl whose trials end in another order than they began."""

    def evaluate(
        self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None
    ) -> Result:
        result = super().evaluate(params, limits)
        time.sleep(abs(math.sin(1e6 * next(iter(params.values())))) * 0.01)
        return result


class Sleeper:
    """Takes `seconds` a trial and notes in `folder` when it begins."""

    def __init__(self, seconds: float, folder: Path) -> None:
        self.seconds, self.folder = seconds, folder

    def evaluate(
        self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None
    ) -> Result:
        (self.folder / f"{os.getpid()}").touch()
        time.sleep(self.seconds)
        return Result("complete", (1.0,), (0.0,))


class Deadly:
    """Kills its own process in every trial with x > 0, as often as `times` says."""

    def __init__(self, folder: Path, times: int, how: str) -> None:
        self.folder, self.times, self.how = folder, times, how

    def evaluate(
        self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None
    ) -> Result:
        if params["x"] > 0:
            deaths = self.folder / repr(params["x"])
            count = len(deaths.read_bytes()) if deaths.exists() else 0
            if count < self.times:
                deaths.write_bytes(b"x" * (count + 1))
                if self.how == "exit":
                    sys.exit(7)
                os.kill(os.getpid(), signal.SIGKILL)
        return Result("complete", (params["x"],))


class Broken:
    """Has a bug of its own."""

    def evaluate(
        self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None
    ) -> Result:
        raise ZeroDivisionError("a bug of the evaluator")


class Talker(Bowl):
    """Prints from the worker."""

    def evaluate(
        self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None
    ) -> Result:
        print("said by the worker")
        return super().evaluate(params, limits)


def unbuildable() -> Evaluates:
    raise ValueError("cannot be made")


def suggest_floats(trial: Any, count: int = 5) -> None:
    for i in range(count):
        trial.suggest_float(f"x{i}", -1.0, 1.0)


def suggest_x(trial: Any) -> None:
    trial.suggest_float("x", -1.0, 1.0)


def suggest_mixed(trial: Any) -> None:
    trial.suggest_float("x", -1.0, 1.0)
    trial.suggest_int("n", 1, 9, step=2)
    trial.suggest_float("scale", 1e-3, 1.0, log=True)
    trial.suggest_float("fixed", 0.25, 0.25)


def suggest_conditional(trial: Any) -> None:
    kind = trial.suggest_categorical("kind", ["a", "b"])
    trial.suggest_float("x", -1.0, 1.0)
    if kind == "a":
        trial.suggest_float("only_a", -1.0, 1.0)
    else:
        trial.suggest_int("only_b", 1, 9)


def bowl(
    suggest: Callable[[Any], Any] = suggest_floats,
    evaluator: Callable[[], Evaluates] = Bowl,
    directions: tuple[Direction, ...] = ("maximize",),
) -> Problem:
    return Problem(suggest, evaluator, directions)


def pareto() -> Problem:
    return Problem(suggest_floats, partial(Bowl, 2), ("maximize", "minimize"))
