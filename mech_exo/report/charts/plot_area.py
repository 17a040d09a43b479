"""The part of a sheet in which values are drawn, its axes, and labels that keep apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from mech_exo.report.charts.canvas import FONT, Canvas, text_width
from mech_exo.report.charts.scale import PlotScale
from mech_exo.report.charts.ticks import Tick


@dataclass(frozen=True)
class PlotArea:
    """A rectangle on a sheet, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top


def value_axis(
    canvas: Canvas, area: PlotArea, scale: PlotScale, ticks: Sequence[Tick], base: float | None
) -> None:
    """Lines across the area and what they stand for, left of it; the one at `base` is stronger."""
    for tick in ticks:
        y = scale(tick.at)
        kind = "axis" if base is not None and abs(tick.at - base) < 1e-12 else "grid"
        canvas.line(kind, (area.left, y), (area.right, y))
        canvas.text((area.left - 6, y + 0.35 * FONT), tick.label, anchor="end")


def bottom_axis(
    canvas: Canvas, area: PlotArea, scale: PlotScale, ticks: Sequence[Tick], title: str = ""
) -> None:
    """A line below the area with ticks and labels; labels that would touch are left out."""
    canvas.line("axis", (area.left, area.bottom), (area.right, area.bottom))
    free = float("-inf")
    for tick in ticks:
        x = scale(tick.at)
        canvas.line("axis", (x, area.bottom), (x, area.bottom + 4))
        half = text_width(tick.label) / 2
        middle = min(max(x, half), canvas.width - half)
        if middle - half >= free:
            canvas.text((middle, area.bottom + 5 + FONT), tick.label, anchor="middle")
            free = middle + half + 6
    if title:
        centre = (area.left + area.right) / 2
        canvas.centred((centre, area.bottom + 8 + 2.2 * FONT), title, "label")


def kept_apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places near those wanted, at least `gap` apart and within [low, high] as far as they fit."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    places: list[float] = []
    for i in order:
        floor = places[-1] + gap if places else low
        places.append(max(wanted[i], floor))
    ceiling = high
    for j in reversed(range(len(places))):
        places[j] = min(places[j], ceiling)
        ceiling = places[j] - gap
    found = [0.0] * len(wanted)
    for place, i in zip(places, order, strict=True):
        found[i] = place
    return found


@dataclass(frozen=True)
class TopLabel:
    """A text above the area: centred at `x` as far as the sheet allows, in row `row` (0 lowest)."""

    x: float
    text: str
    row: int


def in_rows(labels: Sequence[tuple[float, str]], left: float, right: float) -> list[TopLabel]:
    """Texts at places of the axis, in as many rows as keep them from touching."""
    ends: list[float] = []
    found = []
    for x, text in sorted(labels):
        half = text_width(text) / 2
        middle = max(min(x, right - half), left + half)
        row = next((r for r, end in enumerate(ends) if middle - half >= end), len(ends))
        ends[row : row + 1] = [middle + half + 8]
        found.append(TopLabel(middle, text, row))
    return found
