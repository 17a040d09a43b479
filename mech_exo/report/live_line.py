"""A count that grows: one live line on a terminal, log lines now and then elsewhere."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from mech_exo.report.time_left import CountEnds, Pace

LINES = 10  # at most, plus one every SILENCE_S seconds, where there is no terminal
SILENCE_S = 30.0
BAR = 16  # cells of the live line's bar
REFRESHES = 5  # of the live line, a second


@dataclass(frozen=True)
class _Told:
    """What was told last."""

    done: int
    ends: CountEnds
    words: tuple[str, ...]
    picture: str


class LiveLine:
    """Shows how far something is, how quick, and when it will be done; a context manager.

    Parameters
    ----------
    console
        Where to show it; a live line if it is a terminal that can take one back.
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
        self._live: Live | None = None
        self._pace = Pace()
        self._printed_at = 0.0
        self._first = self._printed = 0
        self._shown = _Told(0, CountEnds(), (), "")

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
        self._printed_at = self._clock()
        self._pace.begin(self._printed_at, done)
        self._first = self._printed = done

    def show(
        self,
        done: int,
        total: int | None,
        words: str | Sequence[str],
        *,
        ends: CountEnds | None = None,
        picture: str = "",
    ) -> None:
        """Show the count, and some words on it.

        Parameters
        ----------
        total
            What it counts up to; None: not known.
        words
            The most important first: a narrow terminal shows as many as it has room for.
        ends
            What ends it; None: that it reaches the total.
        picture
            For the live line only.
        """
        listed = (words,) if isinstance(words, str) else tuple(words)
        self._shown = _Told(done, ends or CountEnds(total), listed, picture)
        now = self._clock()
        self._pace.count(now, done)
        if self._console.is_interactive:
            if self._live is None:
                self._live = self._opened()
        elif self._due(done, total):
            self._printed, self._printed_at = done, now
            told = (*self._counted(now), *listed)
            self._console.print(f"{self._noun:<11}{' · '.join(told)}", soft_wrap=True)

    def stop(self) -> None:
        """End the live line, so that another can begin."""
        if self._live is not None:
            self._live.stop()

    def _opened(self) -> Live:
        live = Live(
            get_renderable=self._line,
            console=self._console,
            transient=True,
            refresh_per_second=REFRESHES,
        )
        live.start(refresh=True)
        return live

    def _counted(self, now: float) -> tuple[str, ...]:
        """The count, the rate, and when it ends."""
        shown = self._shown
        of = "" if shown.ends.total is None else f"/{shown.ends.total}"
        rate = f"{self._pace.rate(now, shown.done):.1f}/s"
        left = self._pace.left(now, shown.done, shown.ends)
        return tuple(filter(None, (f"{shown.done}{of}", rate, left)))

    def _line(self) -> Text:
        """The live line: as many of its parts, the least important left out first, as fit."""
        shown = self._shown
        count, rate, *left = self._counted(self._clock())
        unicode = not self._console.options.ascii_only
        bar = _bar(shown.done, shown.ends.total, "█░" if unicode else "#.")
        parts = [  # rank, text; the lowest rank stays longest
            (0, f"{self._noun} {count}"),
            (4, bar),
            (3, shown.picture if unicode else ""),
            (5, rate),
            *((1, text) for text in left),
            *((2 if i == 0 else 5 + i, text) for i, text in enumerate(shown.words)),
        ]
        parts = [part for part in parts if part[1]]
        room = self._console.width - 1
        while len(parts) > 1 and sum(len(text) + 2 for _, text in parts) - 2 > room:
            parts.remove(max(parts, key=lambda part: part[0]))
        line = Text("  ".join(text for _, text in parts), no_wrap=True, overflow="crop")
        if bar:
            line.highlight_words([bar], "cyan")
        return line

    def _due(self, done: int, total: int | None) -> bool:
        if self._clock() - self._printed_at >= SILENCE_S:
            return True
        if total is None:
            return False
        return done >= total or done - self._printed >= max((total - self._first) // LINES, 1)


def _bar(done: int, total: int | None, cells: str) -> str:
    """How much is done, in cells; "" without a total."""
    if not total:
        return ""
    full = min(BAR * done // total, BAR)
    return cells[0] * full + cells[1] * (BAR - full)
