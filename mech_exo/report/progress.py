"""How a run is going: one live line on a terminal, log lines elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mech_exo.report.figures import number, percent
from mech_exo.tuning.events import (
    Event,
    Interrupted,
    StudyOpened,
    TrialFinished,
    Waiting,
    WorkerReplaced,
)

LINES = 10  # at most, plus one every SILENCE_S seconds, where there is no terminal
SILENCE_S = 30.0


def describe(event: TrialFinished) -> str:
    """Best feasible value, its drawdown, and the share of feasible trials."""
    feasible = f"feasible {percent(event.feasible / event.complete)}" if event.complete else ""
    if event.best is None:
        return f"no feasible trial yet · {feasible}" if feasible else "no feasible trial yet"
    drawdown = event.best.metrics.get("max_drawdown", float("nan"))
    return (
        f"best {number(event.best.values[0])} (trial {event.best.number}, "
        f"drawdown {percent(drawdown)}) · {feasible}"
    )


class LiveProgress:
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
        self.console = console
        self.quiet = quiet
        self._clock = clock
        self._live: Progress | None = None
        self._started = self._printed_at = 0.0
        self._first = self._printed = 0

    def __enter__(self) -> "LiveProgress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the live line; another may begin."""
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if isinstance(event, StudyOpened):
            self._open(event)
        elif isinstance(event, TrialFinished):
            self._finish(event)
        elif isinstance(event, Waiting):
            self._say(f"waiting    {event.words}")
        elif isinstance(event, WorkerReplaced):
            fate = "the trial is marked FAIL" if event.given_up else "it is evaluated again"
            trial = "no trial" if event.number is None else f"trial {event.number}"
            self._say(f"warning: a worker died ({event.reason}) at {trial}; {fate}.")
        elif isinstance(event, Interrupted):
            self._say(f"{event.signal}: finishing {event.running} running trials; again to stop.")

    def _open(self, event: StudyOpened) -> None:
        self._started = self._printed_at = self._clock()
        self._first = self._printed = event.finished
        if self.quiet:
            return
        state = "new" if event.created else f"{event.finished} trials so far"
        self._say(f"study      {event.study_name} in {event.study_file} ({state})")
        self._say(
            f"search     {event.sampler}, {event.pruner} pruner, window {event.window}, "
            f"{event.jobs} jobs, {event.goal - event.finished} trials"
        )
        for line in event.notes:
            self._say(f"note       {line}")
        if self.console.is_terminal and event.goal > event.finished:
            self._live = Progress(
                TextColumn("trials"),
                BarColumn(bar_width=20),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(compact=True),
                TextColumn("{task.description}"),
                console=self.console,
                transient=True,
            )
            self._live.add_task("", total=event.goal, completed=event.finished, rate="")
            self._live.start()

    def _finish(self, event: TrialFinished) -> None:
        elapsed = max(self._clock() - self._started, 1e-9)
        rate = f"{(event.finished - self._first) / elapsed:.1f}/s"
        if self._live is not None:
            task = self._live.task_ids[0]
            self._live.update(
                task, completed=event.finished, description=describe(event), rate=rate
            )
        elif not self.quiet and self._due(event):
            self._printed, self._printed_at = event.finished, self._clock()
            left = (event.goal - event.finished) * elapsed / (event.finished - self._first)
            self._say(
                f"trials     {event.finished}/{event.goal} · {rate} · ETA {left:.0f} s · "
                f"{describe(event)}"
            )

    def _due(self, event: TrialFinished) -> bool:
        step = max((event.goal - self._first) // LINES, 1)
        return (
            event.finished >= event.goal
            or event.finished - self._printed >= step
            or self._clock() - self._printed_at >= SILENCE_S
        )

    def _say(self, line: str) -> None:
        self.console.print(line, soft_wrap=True)
