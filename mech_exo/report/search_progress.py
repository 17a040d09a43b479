"""How the verdict's searches are going."""

import time
from collections.abc import Callable

from rich.console import Console

from mech_exo.report.live_line import LiveLine

PARTS = {"placebo": "placebos", "window": "windows"}


class SearchProgress(LiveLine):
    """Told (part, done, of) after each repeated search; a context manager.

    Those that an earlier call has finished are told first and do not count for the time left.

    Parameters
    ----------
    console
        Where to show it; a live line if it is a terminal.
    quiet
        Show nothing.
    noun
        What is counted.
    clock
        Seconds, increasing.
    """

    def __init__(
        self,
        console: Console,
        *,
        quiet: bool = False,
        noun: str = "searches",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(console, noun, clock)
        self.quiet = quiet
        self._parts: dict[str, tuple[int, int]] = {}

    def __call__(self, part: str, done: int, total: int) -> None:
        """Show how far the searches are."""
        if self.quiet:
            return
        opening = part not in self._parts
        self._parts[part] = (done, total)
        finished, of = map(sum, zip(*self._parts.values(), strict=True))
        if opening:
            self.begin(finished)
            return
        words = [f"{PARTS.get(p, p)} {d}/{t}" for p, (d, t) in self._parts.items()]
        self.show(finished, of, ", ".join(words))
