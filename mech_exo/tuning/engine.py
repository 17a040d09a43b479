"""The loop of a run: ask, have evaluated, store, in the order of the numbers.

One process asks, tells and writes. Results that come back early wait for those before them; what
has finished in order is stored, several trials in one transaction where several are ready.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mech_exo.system.interrupts import Interrupts
from mech_exo.tuning.asking import Asker
from mech_exo.tuning.events import Interrupted, Listener, TrialFinished, WorkerReplaced
from mech_exo.tuning.plan import Ending
from mech_exo.tuning.study_record import TrialRecord
from mech_exo.tuning.tally import Tally
from mech_exo.workforce.evaluation_work import Answer, Loss, Suggestion
from mech_exo.workforce.executor import Executor

WRITE_AFTER_SECONDS = 0.05  # a finished trial waits no longer than this and one ask
WRITE_AFTER_TRIALS = 64
_STATES = {"complete": "COMPLETE", "pruned": "PRUNED", "fail": "FAIL"}


@dataclass(frozen=True)
class EpochSpan:
    """Where the run's trials stand in the study: trial i of the epoch has the number first + i."""

    number: int
    offset: int


class Engine:
    """Runs the trials of one epoch from where it stands to its end.

    What ends it by patience is decided in the order of the numbers: trials that are in flight then
    are dropped, so that the number of jobs does not show.

    Parameters
    ----------
    asker
        Knows the finished trials of the epoch.
    crew
        Evaluates.
    write
        Stores trials, whole, in one transaction.
    goal
        Trials of the epoch in the end; None: no such number.
    patience
        Trials without a better one that end the run; None: none do.
    timeout
        Seconds after which no trial is asked; None: no limit.
    """

    def __init__(
        self,
        asker: Asker,
        executor: Executor,
        write: Callable[[Sequence[TrialRecord]], object],
        *,
        epoch: EpochSpan,
        goal: int | None,
        patience: int | None = None,
        timeout: float | None = None,
        tally: Tally,
        listener: Listener,
        interrupts: Interrupts,
    ) -> None:
        self._asker, self._executor, self._write = asker, executor, write
        self._epoch, self._goal, self._patience = epoch, goal, patience
        self._deadline = math.inf if timeout is None else time.monotonic() + timeout
        self._tally, self._listener, self._interrupts = tally, listener, interrupts
        self._next = asker.known
        self._asked: dict[int, Suggestion] = {}
        self._early: dict[int, TrialRecord] = {}
        self._unwritten: list[TrialFinished] = []
        self._oldest = 0.0  # when the first of the unwritten was added
        self._announced = False

    def run(self) -> Ending:
        """Run to the end; what ended it."""
        self._interrupts.polite = True
        try:
            while (ending := self._ending()) is None:
                if self._interrupts.requested:
                    self._announce()
                self._step()
            self._flush()
        except Exception:
            self._flush()  # what has finished; nothing is left if it was this that failed
            raise
        finally:
            self._interrupts.polite = False
        return ending

    def _ending(self) -> Ending | None:
        if ending := self._tally.ending(self._goal, self._patience):
            return ending
        if self._asked or not self._stopped:
            return None
        return "signal" if self._interrupts.requested else "timeout"

    @property
    def _stopped(self) -> bool:
        """Whether nothing more is asked: a signal has come, or the time is up."""
        return bool(self._interrupts.requested) or time.monotonic() >= self._deadline

    def _step(self) -> None:
        can_ask = self._can_ask()
        if not can_ask:
            self._flush()  # nothing else to do
        for result in self._executor.poll(0.0 if can_ask else 0.2):
            if isinstance(result, Answer):
                self._take(result)
            else:
                self._mourn(result)
        if self._can_ask():
            suggestion = self._asker.ask(self._next)
            self._asked[self._next] = suggestion
            self._next += 1
            self._executor.submit(suggestion)
        if self._unwritten and (
            len(self._unwritten) >= WRITE_AFTER_TRIALS
            or time.monotonic() - self._oldest > WRITE_AFTER_SECONDS
        ):
            self._flush()

    def _can_ask(self) -> bool:
        return (
            (self._goal is None or self._next < self._goal)
            and not self._stopped
            and self._asker.ready(self._next)
        )

    def _take(self, answer: Answer) -> None:
        self._finish(
            TrialRecord(
                number=self._epoch.offset + answer.index,
                state=_STATES[answer.state],  # type: ignore[arg-type]  # a State
                params=self._asked[answer.index].params,
                distributions=self._asked[answer.index].distributions,
                values=answer.values,
                constraints=answer.constraints or None,
                metrics=answer.metrics,
                intermediate=answer.intermediate,
                reason=answer.reason,
                epoch=self._epoch.number,
                started=datetime.fromtimestamp(answer.times[0], UTC),
                completed=datetime.fromtimestamp(answer.times[1], UTC),
            ),
            answer.index,
        )

    def _mourn(self, loss: Loss) -> None:
        number = None if loss.index is None else self._epoch.offset + loss.index
        self._listener(WorkerReplaced(number, loss.reason, loss.attempt, loss.given_up))
        if loss.given_up:
            assert loss.index is not None
            assert number is not None
            now = datetime.now(UTC)
            record = TrialRecord(
                number=number,
                state="FAIL",
                params=self._asked[loss.index].params,
                distributions=self._asked[loss.index].distributions,
                reason=f"evaluated {loss.attempt} times, and each time {loss.reason}",
                epoch=self._epoch.number,
                started=now,
                completed=now,
            )
            self._finish(record, loss.index)

    def _finish(self, record: TrialRecord, index: int) -> None:
        """Keep a result until those before it are there; then tell and store them in order.

        Those behind the one that exhausts the patience are neither.
        """
        del self._asked[index]
        self._early[index] = record.canonical()
        while self._asker.known in self._early and not self._tally.exhausts(self._patience):
            ready = self._early.pop(self._asker.known)
            self._asker.add(ready)
            self._tally.add(ready)
            if not self._unwritten:
                self._oldest = time.monotonic()
            self._unwritten.append(self._finished(ready))

    def _flush(self) -> None:
        if not self._unwritten:
            return
        batch, self._unwritten = self._unwritten, []
        self._write([event.trial for event in batch])
        for event in batch:
            self._listener(event)

    def _finished(self, record: TrialRecord) -> TrialFinished:
        """What is told of a trial once it is stored."""
        return TrialFinished(
            trial=record,
            best=self._tally.best,
            finished=self._tally.finished,
            goal=self._goal,
            complete=self._tally.complete,
            feasible=self._tally.feasible,
            front=self._tally.front,
        )

    def _announce(self) -> None:
        if not self._announced:
            self._announced = True
            self._listener(Interrupted(self._interrupts.requested, len(self._asked)))
