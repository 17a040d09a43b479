"""Samples of series with their names, where there is no room for labels at the lines themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from mech_exo.report.charts.canvas import shortened, text_width

STYLES = 6
"""Styles that tell series apart (colour and dashes: `s0` to `s5` of charts.css); a seventh series
looks like the first, and has its own label."""

LEGEND_ROW = 16.0


@dataclass(frozen=True)
class LegendEntry:
    """A sample from `x`, its name behind it, in a row (0 is the uppermost)."""

    x: float
    row: int
    style: int
    text: str


def legend_entries(texts: Sequence[str], width: float, sample: float) -> list[LegendEntry]:
    """Texts one behind the other, in as many rows as `width` asks for.

    `sample` is the room in pixels from the beginning of an entry to its text.
    """
    found: list[LegendEntry] = []
    x, row = 0.0, 0
    for i, text in enumerate(texts):
        short = shortened(text, width - sample)
        needed = sample + text_width(short)
        if x > 0 and x + needed > width:
            x, row = 0.0, row + 1
        found.append(LegendEntry(x, row, i % STYLES, short))
        x += needed + 14
    return found


def legend_height(entries: Sequence[LegendEntry]) -> float:
    """How high all rows are."""
    return LEGEND_ROW * (1 + max((e.row for e in entries), default=-1))
