"""Bars from zero with what is known about their certainty: weights over windows, importance."""

from dataclasses import dataclass, field

import numpy as np

from mech_exo.report.charts.canvas import FONT, Canvas, shortened, text_width
from mech_exo.report.charts.chart_units import NUMBER, ChartUnit
from mech_exo.report.charts.plot_area import PlotArea
from mech_exo.report.charts.scale import PlotScale, extent
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.charts.ticks import number_ticks

ROW = 24.0


@dataclass(frozen=True)
class IntervalBar:
    """A bar.

    Attributes
    ----------
    value
        Its length; NaN draws none.
    low, high
        An interval around it; NaN for none.
    points
        Single values behind it (a weight in each window), as small strokes.
    note
        A few words behind the value.
    """

    label: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    points: tuple[float, ...] = field(default=())
    note: str = ""


@dataclass(frozen=True)
class IntervalBars:
    """Bars, in the order given.

    Attributes
    ----------
    value_name, interval_name, points_name
        What they are ("weight", "range over the windows", "one window").
    item_name
        What a bar is about ("factor").
    """

    title: str
    caption: str
    bars: tuple[IntervalBar, ...]
    value_name: str
    item_name: str = "factor"
    interval_name: str = ""
    points_name: str = ""
    unit: ChartUnit = NUMBER

    def painted(self, width: float) -> Canvas:
        """As `Chart` says."""
        longest = max((text_width(b.label) for b in self.bars), default=0.0)
        left = min(longest + 12, 0.36 * width)
        ends = [f"{self.unit.text(b.value)} {b.note}".strip() for b in self.bars]
        if max(map(text_width, ends), default=0.0) > 0.35 * width:  # the table has the notes
            ends = [self.unit.text(b.value) for b in self.bars]
        room = max(map(text_width, ends), default=0.0) + 12
        area = PlotArea(left, 4, width - room, 4 + ROW * len(self.bars))
        low, high = extent(*(self._all(b) for b in self.bars), include=(0.0,))
        scale = PlotScale(low, high, area.left, area.right)
        canvas = Canvas(width, area.bottom + 38)
        self._paint_axis(canvas, area, scale)
        for i, (bar, end) in enumerate(zip(self.bars, ends, strict=True)):
            y = area.top + ROW * (i + 0.5)
            canvas.text((left - 8, y + 0.35 * FONT), shortened(bar.label, left - 8), "name", "end")
            self._paint_bar(canvas, scale, bar, y)
            canvas.text((width, y + 0.35 * FONT), end, "value", "end")
        return canvas

    def _all(self, bar: IntervalBar) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([bar.value, bar.low, bar.high, *bar.points])

    def _paint_axis(self, canvas: Canvas, area: PlotArea, scale: PlotScale) -> None:
        ticks = number_ticks(scale.low, scale.high, max(3, int(area.width / 70)), self.unit)
        free = float("-inf")
        for tick in ticks:
            x = scale(tick.at)
            kind = "axis" if tick.at == 0 else "grid"
            canvas.line(kind, (x, area.top), (x, area.bottom))
            half = text_width(tick.label) / 2
            if x - half >= free:
                canvas.centred((x, area.bottom + 4 + FONT), tick.label)
                free = x + half + 6
        middle = (area.left + area.right) / 2
        canvas.centred((middle, area.bottom + 8 + 2.2 * FONT), self.value_name, "label")

    def _paint_bar(self, canvas: Canvas, scale: PlotScale, bar: IntervalBar, y: float) -> None:
        if np.isfinite(bar.value):
            start, end = sorted((scale(0.0), scale(bar.value)))
            canvas.box("bar" if bar.value >= 0 else "bar negative", (start, y - 6), end - start, 12)
        for point in bar.points:
            if np.isfinite(point):
                canvas.line("stroke", (scale(point), y - 5), (scale(point), y + 5))
        if np.isfinite(bar.low) and np.isfinite(bar.high):
            low, high = scale(bar.low), scale(bar.high)
            canvas.line("whisker", (low, y), (high, y))
            for x in (low, high):
                canvas.line("whisker", (x, y - 4), (x, y + 4))
        anchor = bar.value if np.isfinite(bar.value) else 0.0
        canvas.reading(scale(anchor), y, self._said(bar))

    def _said(self, bar: IntervalBar) -> str:
        text = f"{bar.label}: {self.value_name} {self.unit.text(bar.value)}"
        if np.isfinite(bar.low) and np.isfinite(bar.high):
            span = f"{self.unit.text(bar.low)} to {self.unit.text(bar.high)}"
            text += f", {self.interval_name} {span}"
        return f"{text}, {bar.note}" if bar.note else text

    def spoken(self) -> str:
        """As `Chart` says."""
        return f"Bars of {self.value_name}. " + "; ".join(map(self._said, self.bars)) + "."

    def table(self) -> TextTable:
        """As `Chart` says."""
        spans = any(np.isfinite(b.low) for b in self.bars)
        points = max((len(b.points) for b in self.bars), default=0)
        columns = [self.item_name, self.value_name]
        columns += [f"{self.interval_name}, from", "to"] if spans else []
        columns += [f"{self.points_name} {i + 1}".strip() for i in range(points)]
        columns += ["note"] if any(b.note for b in self.bars) else []
        text = self.unit.text
        rows = []
        for bar in self.bars:
            cells = [bar.label, text(bar.value)]
            cells += [text(bar.low), text(bar.high)] if spans else []
            cells += [*map(text, bar.points), *["–"] * (points - len(bar.points))]
            cells += [bar.note] if columns[-1] == "note" else []
            rows.append(tuple(cells))
        return TextTable(self.title, tuple(columns), tuple(rows))
