"""How values are spread, and where one stands among them: placebos and the winner."""

from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.report.charts.canvas import Canvas
from mech_exo.report.charts.chart_units import COUNT, NUMBER, ChartUnit
from mech_exo.report.charts.plot_area import (
    PlotArea,
    TopLabel,
    bottom_axis,
    in_rows,
    value_axis,
)
from mech_exo.report.charts.scale import PlotScale, extent, padded
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.charts.ticks import number_ticks

MOST_DOTS = 300
"""Values that are each shown as a dot; more are shown as columns."""


@dataclass(frozen=True)
class MarkedValue:
    """A value that the others are compared with; the first of a chart is the one it is about."""

    value: float
    label: str


@dataclass(frozen=True)
class Spread:
    """Values along one axis, each a dot (or columns, if they are many), and some that are named.

    Attributes
    ----------
    values
        [n]; NaN is left out, and the table says how many.
    marks
        Named values, as lines across.
    what
        What the values are, in the plural ("placebos").
    x_name
        What is measured ("best Sharpe ratio in sample").
    """

    title: str
    caption: str
    values: FloatArray
    marks: tuple[MarkedValue, ...]
    what: str
    x_name: str
    unit: ChartUnit = NUMBER

    @property
    def _known(self) -> FloatArray:
        return np.sort(self.values[np.isfinite(self.values)])

    def _marked(self) -> list[MarkedValue]:
        return [m for m in self.marks if np.isfinite(m.value)]

    def painted(self, width: float) -> Canvas:
        """As `Chart` says."""
        left, right = (10.0, width - 10) if len(self._known) <= MOST_DOTS else (44.0, width - 10)
        limits = padded(*extent(self._known, np.array([m.value for m in self._marked()])), 0.05)
        scale = PlotScale(*limits, left, right)
        texts = [(scale(m.value), f"{m.label} {self.unit.text(m.value)}") for m in self._marked()]
        tops = in_rows(texts, 0, width)
        top = 12.0 + 15 * max((t.row + 1 for t in tops), default=0)
        bins = self._bins(scale)
        side = self._dot_side(bins, scale)
        high = side * max(int(bins.max(initial=1)), 3) if side else 150.0
        area = PlotArea(left, top, right, top + high + 8)
        canvas = Canvas(width, area.bottom + 38)
        ticks = number_ticks(*limits, max(2, int(area.width / 80)), self.unit)
        if side:
            self._paint_dots(canvas, area, bins, side)
        else:
            self._paint_columns(canvas, area, scale)
        bottom_axis(canvas, area, scale, ticks, self.x_name)
        self._paint_marks(canvas, area, scale, tops)
        return canvas

    def _bins(self, scale: PlotScale) -> IntArray:
        """Values in each interval of a dot's width: dots as large as 150 pixels of height allow."""
        for side in (14, 12, 10, 9, 8, 7, 6, 5):
            count = max(1, int((scale.end - scale.start) / side))
            found, _ = np.histogram(self._known, bins=count, range=(scale.low, scale.high))
            if side * found.max(initial=0) <= 150:
                break
        return found

    def _dot_side(self, bins: IntArray, scale: PlotScale) -> float:
        """Room for a dot in pixels; 0 where columns are drawn instead."""
        if len(self._known) > MOST_DOTS:
            return 0.0
        return min((scale.end - scale.start) / len(bins), 190 / max(int(bins.max(initial=1)), 1))

    def _paint_dots(self, canvas: Canvas, area: PlotArea, bins: IntArray, side: float) -> None:
        values = iter(self._known)
        step = area.width / len(bins)
        for i, count in enumerate(bins):
            for j in range(count):
                x, y = area.left + (i + 0.5) * step, area.bottom - (j + 0.5) * side - 1
                canvas.dot("dot", x, y, side / 2 - 0.6)
                canvas.reading(x, y, f"{self.what}: {self.unit.text(float(next(values)))}")

    def _paint_columns(self, canvas: Canvas, area: PlotArea, scale: PlotScale) -> None:
        bars = int(min(60, max(10, area.width / 12)))
        counts, edges = np.histogram(self._known, bins=bars, range=(scale.low, scale.high))
        high = PlotScale(0.0, float(counts.max(initial=1)), area.bottom, area.top)
        value_axis(canvas, area, high, number_ticks(0, high.high, 3, COUNT), None)
        for count, low, end in zip(counts.tolist(), edges[:-1], edges[1:], strict=True):
            x, y, width = scale(float(low)), high(count), area.width / bars
            canvas.box("bar", (x, y), width - 1, area.bottom - y)
            span = f"{self.unit.text(float(low))} to {self.unit.text(float(end))}"
            canvas.reading(x + width / 2, y, f"{span}: {count:,} {self.what}")

    def _paint_marks(
        self, canvas: Canvas, area: PlotArea, scale: PlotScale, tops: list[TopLabel]
    ) -> None:
        for i, mark in enumerate(self._marked()):
            x = scale(mark.value)
            canvas.line("winner" if i == 0 else "mark", (x, area.top - 4), (x, area.bottom))
            canvas.reading(x, area.top, f"{mark.label}: {self.unit.text(mark.value)}")
        first = self._marked()[0].label if self._marked() else ""
        for top in tops:
            kind = "name t0" if first and top.text.startswith(first) else "label"
            canvas.text((top.x, area.top - 7 - 15 * top.row), top.text, kind, "middle")

    def spoken(self) -> str:
        """As `Chart` says."""
        known = self._known
        if not len(known):
            return f"No {self.what} have a value."
        text = self.unit.text
        above = "; ".join(
            f"{m.label} is {text(m.value)}, and {int((known >= m.value).sum()):,} of "
            f"{len(known):,} are as high or higher"
            for m in self._marked()
        )
        low, middle, high = (float(np.quantile(known, q)) for q in (0.0, 0.5, 1.0))
        return (
            f"{len(known):,} {self.what} by {self.x_name}, from {text(low)} to {text(high)} with a "
            f"median of {text(middle)}. {above}."
        )

    def table(self) -> TextTable:
        """As `Chart` says: all values if each is a dot, else quantiles."""
        known, text = self._known, self.unit.text
        marked = [(f"{m.label}", text(m.value)) for m in self._marked()]
        if len(known) <= MOST_DOTS:
            rows = [(f"{self.what} {i + 1}", text(float(v))) for i, v in enumerate(known[::-1])]
        else:
            shares = (1.0, 0.99, 0.95, 0.9, 0.75, 0.5, 0.25, 0.1, 0.05, 0.01, 0.0)
            rows = [(f"{100 * q:g} % quantile", text(float(np.quantile(known, q)))) for q in shares]
        missing = len(self.values) - len(known)
        note = f"{missing:,} of {len(self.values):,} have no value." if missing else ""
        return TextTable(
            self.title,
            (self.what, self.x_name),
            (*marked, *rows),
            marked=tuple(range(len(marked))),
            note=note,
        )
