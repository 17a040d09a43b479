"""How a run is going."""

import time
from collections.abc import Callable

from rich.console import Console

from mech_exo.report.formats import number, percent
from mech_exo.report.live_line import LiveLine
from mech_exo.tuning.events import (
    EndedEarly,
    Event,
    Interrupted,
    StudyOpened,
    TrialFinished,
    Waiting,
    WorkerReplaced,
)


def describe(event: TrialFinished) -> str:
    """Best feasible value and its drawdown, or the size of the front; the feasible share."""
    feasible = f"feasible {percent(event.feasible / event.complete)}" if event.complete else ""
    if event.front:
        return f"{event.front} on the Pareto front · {feasible}"
    if event.best is None:
        return f"no feasible trial yet · {feasible}" if feasible else "no feasible trial yet"
    drawdown = event.best.metrics.get("max_drawdown", float("nan"))
    return (
        f"best {number(event.best.values[0])} (trial {event.best.number}, "
        f"drawdown {percent(drawdown)}) · {feasible}"
    )


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

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, StudyOpened):
            self._open_study(event)
        elif isinstance(event, TrialFinished):
            if not self.quiet:
                self.show(event.finished, event.goal, describe(event))
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

    def _say(self, line: str) -> None:
        self.console.print(line, soft_wrap=True)
