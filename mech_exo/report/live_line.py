"""A count that grows: one live line on a terminal, log lines now and then elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINES = 10  # at most, plus one every SILENCE_S seconds, where there is no terminal
SILENCE_S = 30.0


class LiveLine:
    """Shows how far something is, how quick, and when it will be done; a context manager.

    Parameters
    ----------
    console
        Where to show it; a live line if it is a terminal.
    noun
        What is counted.
    clock
        Seconds, increasing.
    """

    def __init__(
        self, console: Console, noun: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._noun = noun
        self._clock = clock
        self._live: Progress | None = None
        self._started = self._printed_at = 0.0
        self._first = self._printed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def begin(self, done: int) -> None:
        """What is `done` by now counts neither for the rate nor for the time left."""
        self._started = self._printed_at = self._clock()
        self._first = self._printed = done

    def show(self, done: int, total: int | None, words: str) -> None:
        """Show the count, and some words on it; without a total, how far it is is not known."""
        elapsed = max(self._clock() - self._started, 1e-9)
        rate = f"{(done - self._first) / elapsed:.1f}/s"
        if self._console.is_terminal:
            live = self._live or self._open(total)
            live.update(live.task_ids[0], completed=done, total=total, description=words, rate=rate)
        elif self._due(done, total):
            self._printed, self._printed_at = done, self._clock()
            count = f"{done} · {rate}"
            if total is not None:
                left = (total - done) * elapsed / max(done - self._first, 1)
                count = f"{done}/{total} · {rate} · ETA {left:.0f} s"
            self._console.print(f"{self._noun:<11}{count} · {words}", soft_wrap=True)

    def stop(self) -> None:
        """End the live line, so that another can begin."""
        if self._live is not None:
            self._live.stop()

    def _open(self, total: int | None) -> Progress:
        self._live = Progress(
            TextColumn(self._noun),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}", markup=False),
            console=self._console,
            transient=True,
        )
        self._live.add_task("", total=total, completed=self._first, rate="")
        self._live.start()
        return self._live

    def _due(self, done: int, total: int | None) -> bool:
        if self._clock() - self._printed_at >= SILENCE_S:
            return True
        if total is None:
            return False
        return done >= total or done - self._printed >= max((total - self._first) // LINES, 1)
