"""How a run is going."""

import time
from collections.abc import Callable

from rich.console import Console

from mech_exo.report.formats import number, percent
from mech_exo.report.live_line import LiveLine
from mech_exo.report.sparkline import BestSoFar
from mech_exo.report.time_left import CountEnds
from mech_exo.tuning.events import (
    EndedEarly,
    Event,
    Interrupted,
    StudyOpened,
    TrialFinished,
    Waiting,
    WorkerReplaced,
)

SPARKS = 12
"""Bars of the best value so far."""


def describe(event: TrialFinished) -> tuple[str, ...]:
    """Best feasible value and its drawdown, or the size of the front; the feasible share."""
    share = (f"feasible {percent(event.feasible / event.complete)}",) if event.complete else ()
    if event.front:
        return (f"{event.front} on the Pareto front", *share)
    if event.best is None:
        return ("no feasible trial yet", *share)
    drawdown = event.best.metrics.get("max_drawdown", float("nan"))
    best, trial = number(event.best.values[0]), event.best.number
    return (f"best {best}", f"trial {trial}", f"drawdown {percent(drawdown)}", *share)


def stalling(event: TrialFinished, patience: int | None) -> int | None:
    """Trials until the patience is over, if none of them is better; None without patience.

    Of a front it is not known: which of its trials came last is not told.
    """
    if patience is None or event.front:
        return None
    since = event.finished if event.best is None else event.trial.number - event.best.number
    return patience - since


def wanted(event: StudyOpened) -> str:
    """How many trials are to be run, and what may end them earlier."""
    if event.goal is None:
        return limits(event)
    return ", ".join(filter(None, (f"{event.goal - event.finished} trials", limits(event))))


def limits(event: StudyOpened) -> str:
    """What may end a search before its goal; "" for nothing."""
    ends = []
    if event.timeout is not None:
        ends.append(f"for {event.timeout:g} s")
    if event.patience is not None:
        ends.append(f"until {event.patience} trials bring nothing better")
    return ", ".join(ends)


class LiveProgress(LiveLine):
    """A listener of a run's events that shows them; a context manager.

    Parameters
    ----------
    console
        Where to show it; a live line if it is a terminal.
    quiet
        Show only what went wrong.
    clock
        Seconds, increasing.
    """

    def __init__(
        self,
        console: Console,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(console, "trials", clock)
        self.console = console
        self.quiet = quiet
        self._course = BestSoFar()
        self._study: StudyOpened | None = None

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, StudyOpened):
            self._open_study(event)
        elif isinstance(event, TrialFinished):
            if not self.quiet:
                self._finish(event)
        elif isinstance(event, Waiting):
            self._say(f"waiting    {event.words}")
        elif isinstance(event, WorkerReplaced):
            fate = "the trial is marked FAIL" if event.given_up else "it is evaluated again"
            trial = "no trial" if event.number is None else f"trial {event.number}"
            self._say(f"warning: a worker died ({event.reason}) at {trial}; {fate}.")
        elif isinstance(event, EndedEarly):
            if not self.quiet:
                self._say(f"note       {event.words}")
        elif isinstance(event, Interrupted):
            self._say(f"{event.signal}: finishing {event.running} running trials; again to stop.")

    def _open_study(self, event: StudyOpened) -> None:
        self.begin(event.finished)
        self._study = event
        if self.quiet:
            return
        state = "new" if event.created else f"{event.finished} trials so far"
        self._say(f"study      {event.study_name} in {event.study_file} ({state})")
        self._say(
            f"search     {event.sampler}, {event.pruner} pruner, window {event.window}, "
            f"{event.jobs} jobs, {wanted(event)}"
        )
        for line in event.notes:
            self._say(f"note       {line}")

    def _finish(self, event: TrialFinished) -> None:
        opened = self._study
        patience = None if opened is None else opened.patience
        timeout = None if opened is None else opened.timeout
        ends = CountEnds(event.goal, timeout, stalling(event, patience))
        if not event.front:
            self._course.add(None if event.best is None else event.best.values[0])
        picture = self._course.line(SPARKS).strip()
        self.show(event.finished, event.goal, describe(event), ends=ends, picture=picture)

    def _say(self, line: str) -> None:
        self.console.print(line, soft_wrap=True)
