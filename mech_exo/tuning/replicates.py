"""Many independent pieces of work over the worker processes, each kept as soon as it is done.

A replicate depends on its part and number alone, so neither the number of jobs nor an interruption
changes a result: what is kept is not computed again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from mech_exo.errors import ExitCode, ExoError
from mech_exo.system.interrupts import Interrupts
from mech_exo.system.strict_json import parse_json
from mech_exo.tuning.encoding import stored_json
from mech_exo.tuning.refusals import damaged_replicate
from mech_exo.tuning.replicate_store import ReplicateStore
from mech_exo.workforce.evaluation_work import Answer, Loss, Suggestion
from mech_exo.workforce.executor import Executor
from mech_exo.workforce.workforce import Workforce

Payload = dict[str, Any]  # plain JSON values
Progress = Callable[[str, int, int], None]  # part, done, of


class Replicating(Protocol):
    """What a worker holds."""

    def replicate(self, part: str, number: int) -> Payload:
        """One piece of work; a function of its arguments alone."""


@dataclass(frozen=True)
class _Carried:
    """A payload in the form of an evaluation, in which workers answer."""

    reason: str
    state: Literal["complete", "fail"] = "complete"
    values: tuple[float, ...] = ()
    constraints: tuple[float, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    intermediate: Mapping[int, float] = field(default_factory=dict)


class _Carrier:
    def __init__(self, replicating: Replicating) -> None:
        self._replicating = replicating

    def evaluate(
        self, params: Mapping[str, Any], limits: Mapping[int, float] | None = None
    ) -> _Carried:
        del limits
        try:
            payload = self._replicating.replicate(params["part"], params["number"])
        except ExoError as error:  # the user's to mend: raised again by the parent
            return _Carried(error.message, "fail", metrics={"exit_code": float(error.exit_code)})
        return _Carried(stored_json(payload))


@dataclass(frozen=True)
class _MakeCarrier:
    make: Callable[[], Replicating]

    def __call__(self) -> _Carrier:
        return _Carrier(self.make())


def run_replicates(
    make: Callable[[], Replicating],
    tasks: Sequence[tuple[str, int]],
    *,
    workforce: Workforce,
    store: ReplicateStore,
    progress: Progress | None = None,
) -> dict[tuple[str, int], Payload]:
    """Payload of each (part, number).

    Parameters
    ----------
    make
        Makes what replicates, in the process from which the workers are forked; picklable.
    tasks
        In the order in which they are started: the long ones first.
    workforce
        Who does the work.
    store
        Where finished replicates are kept and found.
    progress
        Told after each replicate, from this process.

    Raises
    ------
    ExoError
        Exit code 130 after a first Ctrl-C or SIGTERM, when what was running has been kept; what a
        replicate raises; or one whose worker died three times.
    """
    work = _Work(tasks, store, progress or _silent)
    if not work.open:
        return work.done
    with (
        Interrupts() as interrupts,
        workforce.executor(_MakeCarrier(make), len(work.open)) as executor,
    ):
        interrupts.polite = True
        while not work.complete:
            while not interrupts.requested and executor.pending <= executor.abreast:
                if not work.submit(executor):
                    break
            if interrupts.requested and not executor.pending:
                break
            for answer in executor.poll(0.2):
                work.take(answer)
        interrupts.polite = False
    if not work.complete:
        raise ExoError(
            f"Interrupted after {len(work.done)} of {len(tasks)} replicates, which are kept.",
            hint="The same command goes on from there.",
            exit_code=ExitCode.INTERRUPTED,
        )
    return work.done


class _Work:
    """What is done, what is open, and where to tell of it.

    Attributes
    ----------
    done
        Payload of each finished (part, number).
    open
        The others at the beginning, in the order in which they are started.
    """

    def __init__(
        self, tasks: Sequence[tuple[str, int]], store: ReplicateStore, tell: Progress
    ) -> None:
        kept = store.finished()
        self.done: dict[tuple[str, int], Payload] = {
            task: payload_of(task, kept[task]) for task in tasks if task in kept
        }
        self.open = [task for task in tasks if task not in self.done]
        self._store = store
        self._tell = tell
        self._waiting = iter(enumerate(self.open))
        self._totals = Counter(part for part, _ in tasks)
        self._counts = Counter(part for part, _ in self.done)
        for part, total in self._totals.items():
            tell(part, self._counts[part], total)

    @property
    def complete(self) -> bool:
        """Whether nothing is left."""
        return len(self.done) == self._totals.total()

    def submit(self, executor: Executor) -> bool:
        """Give the executor the next piece; False if there is none."""
        following = next(self._waiting, None)
        if following is None:
            return False
        index, (part, number) = following
        executor.submit(Suggestion(index, {"part": part, "number": number}, {}, {}))
        return True

    def take(self, answer: Answer | Loss) -> None:
        """Keep a finished piece, and tell of it."""
        if not isinstance(answer, Answer):
            if answer.given_up:
                raise ExoError(
                    f"A worker died three times over the same piece of work ({answer.reason}).",
                    hint="Use fewer --n-jobs: each holds a copy of the returns.",
                )
            return
        part, number = self.open[answer.index]
        if answer.state == "fail":
            raise ExoError(
                f"{part} {number}: {answer.reason}",
                exit_code=ExitCode(int(answer.metrics["exit_code"])),
            )
        self._store.keep(part, number, answer.reason)
        self.done[part, number] = json.loads(answer.reason)
        self._counts[part] += 1
        self._tell(part, self._counts[part], self._totals[part])


def payload_of(task: tuple[str, int], text: str) -> Payload:
    """A replicate's payload from the text that is kept; an ExoError if it has been edited."""
    try:
        payload = parse_json(text)
    except (ValueError, TypeError) as error:
        raise damaged_replicate(*task) from error
    if not isinstance(payload, dict):
        raise damaged_replicate(*task)
    return payload


def _silent(part: str, done: int, total: int) -> None:
    del part, done, total
