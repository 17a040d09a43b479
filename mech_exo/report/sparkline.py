"""A course of values as one line of small bars."""

import math
from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
MOST = 512
"""Values that a course keeps; of a longer one every second, every fourth …"""


def sparkline(values: Sequence[float], width: int) -> str:
    """The values as bars between their least and their greatest, at most `width` of them.

    Each bar is the last value of its part of the course. What is not finite is left blank; where
    all values are equal, the bars are of middle height.
    """
    count = min(width, len(values))
    if count <= 0:
        return ""
    shown = [values[(i + 1) * len(values) // count - 1] for i in range(count)]
    finite = [v for v in shown if math.isfinite(v)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    return "".join(_bar(v, low, high) for v in shown)


def _bar(value: float, low: float, high: float) -> str:
    if not math.isfinite(value):
        return " "
    if high <= low:
        return BARS[len(BARS) // 2 - 1]
    height = (value / 2 - low / 2) / (high / 2 - low / 2)  # halves: the range may be too large
    return BARS[min(int(height * len(BARS)), len(BARS) - 1)]


class BestSoFar:
    """A value that is told again and again, thinned so that a long run takes no memory."""

    def __init__(self) -> None:
        self._values: list[float] = []
        self._stride = self._told = 0

    def add(self, value: float | None) -> None:
        """Tell the next value; None: there is none yet."""
        self._stride = self._stride or 1
        if self._told % self._stride == 0:
            self._values.append(math.nan if value is None else value)
            if len(self._values) >= MOST:
                self._values = self._values[::2]
                self._stride *= 2
        self._told += 1

    def line(self, width: int) -> str:
        """The course as a sparkline."""
        return sparkline(self._values, width)
