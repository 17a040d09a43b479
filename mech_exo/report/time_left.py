"""How long something that counts will still take, from how quick it was of late."""

from collections import deque
from dataclasses import dataclass

LATELY_S = 30.0
"""Seconds over which the pace is taken: a search grows slower with its trials."""

SAMPLE_S = 0.1


@dataclass(frozen=True)
class CountEnds:
    """What ends a count, whichever comes first.

    Attributes
    ----------
    total
        The count that it ends at.
    timeout
        Seconds after its begin.
    stalling
        What is left to be counted if nothing better comes meanwhile.
    """

    total: int | None = None
    timeout: float | None = None
    stalling: int | None = None


class Pace:
    """How quickly a count grows; what was counted before its begin does not matter."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, int]] = deque([(0.0, 0)])
        self._begun = 0.0

    def begin(self, now: float, done: int) -> None:
        """The count is `done` by now, and grows from here."""
        self._begun = now
        self._samples = deque([(now, done)])

    def count(self, now: float, done: int) -> None:
        """The count is `done` by now."""
        while len(self._samples) > 1 and self._samples[1][0] <= now - LATELY_S:
            self._samples.popleft()
        if now - self._samples[-1][0] >= SAMPLE_S:
            self._samples.append((now, done))

    def rate(self, now: float, done: int) -> float:
        """Counted a second, of late."""
        then, before = self._samples[0]
        return (done - before) / max(now - then, 1e-9)

    def left(self, now: float, done: int, ends: CountEnds) -> str:
        """When it ends, in words: `ETA 90 s`; "" where nothing says."""
        rate = self.rate(now, done)
        limits = []
        if ends.total is not None and (rate > 0 or done >= ends.total):
            limits.append(max(ends.total - done, 0) / max(rate, 1e-9))
        if ends.timeout is not None:
            limits.append(max(ends.timeout - (now - self._begun), 0.0))
        certain = min(limits, default=None)
        if ends.stalling is not None and rate > 0:
            early = max(ends.stalling, 0) / rate
            if certain is None or early < certain:
                return f"ETA {duration_words(early)} if nothing better comes"
        return "" if certain is None else f"ETA {duration_words(certain)}"


def duration_words(seconds: float) -> str:
    """Seconds up to two minutes, then minutes, then hours."""
    if seconds < 120.0:
        return f"{seconds:.0f} s"
    if seconds < 7200.0:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
