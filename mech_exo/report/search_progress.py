"""How the verdict's searches are going: a live line on a terminal, log lines elsewhere."""

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mech_exo.report.progress import LINES, SILENCE_S

PARTS = {"placebo": "placebos", "window": "windows"}


class SearchProgress:
    """Told (part, done, of) after each repeated search; a context manager.

    Those that an earlier call has finished are told first and do not count for the time left.

    Parameters
    ----------
    console
        Where to show it; a live line if it is a terminal.
    quiet
        Show nothing.
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
        self._parts: dict[str, tuple[int, int]] = {}
        self._live: Progress | None = None
        self._first = self._printed = -1  # searches done when the first one of this call is told
        self._started = self._printed_at = 0.0

    def __enter__(self) -> "SearchProgress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, part: str, done: int, total: int) -> None:
        """Show how far the searches are."""
        if self.quiet:
            return
        opening = part not in self._parts
        self._parts[part] = (done, total)
        if opening:
            self._started = self._printed_at = self._clock()
            self._first = self._printed = self._done
            return
        if self.console.is_terminal:
            self._draw()
        elif self._due():
            self._printed, self._printed_at = self._done, self._clock()
            left = (self._total - self._done) * self._elapsed / (self._done - self._first)
            self.console.print(
                f"searches   {self._done}/{self._total} · {self._words} · ETA {left:.0f} s",
                soft_wrap=True,
            )

    @property
    def _done(self) -> int:
        return sum(done for done, _ in self._parts.values())

    @property
    def _total(self) -> int:
        return sum(total for _, total in self._parts.values())

    @property
    def _elapsed(self) -> float:
        return self._clock() - self._started

    @property
    def _words(self) -> str:
        return ", ".join(
            f"{PARTS.get(part, part)} {done}/{total}" for part, (done, total) in self._parts.items()
        )

    def _draw(self) -> None:
        if self._live is None:
            self._live = Progress(
                TextColumn("searches"),
                BarColumn(bar_width=20),
                MofNCompleteColumn(),
                TimeRemainingColumn(compact=True),
                TextColumn("{task.description}"),
                console=self.console,
                transient=True,
            )
            self._live.add_task("", total=self._total, completed=self._first)
            self._live.start()
        self._live.update(self._live.task_ids[0], completed=self._done, description=self._words)

    def _due(self) -> bool:
        step = max((self._total - self._first) // LINES, 1)
        return (
            self._done >= self._total
            or self._done - self._printed >= step
            or self._clock() - self._printed_at >= SILENCE_S
        )
