"""Values on a grid: a plateau of two parameters, correlations, months by years."""

import math
from dataclasses import dataclass, replace

import numpy as np

from mech_exo.data.panel import FloatArray
from mech_exo.report.charts.canvas import FONT, Canvas, shortened, text_width
from mech_exo.report.charts.chart_units import NUMBER, ChartUnit
from mech_exo.report.charts.plot_area import PlotArea
from mech_exo.report.charts.scale import extent
from mech_exo.report.charts.text_table import TextTable

LEVELS = 4
"""Shades on either side of zero, or twice as many and one of values without a middle."""


@dataclass(frozen=True)
class HeatMap:
    """A grid of values, with the numbers in its cells where there is room.

    Attributes
    ----------
    rows, columns
        Names, from above and from the left.
    values
        [R, C]; NaN leaves a cell empty.
    diverging
        Whether zero is the middle: two colours, as strong on both sides.
    totals
        A last column of its own [R], not shaded, and its name; None for none.
    marked
        (row, column) of the cell that is set off, and what it is.
    """

    title: str
    caption: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: FloatArray
    unit: ChartUnit = NUMBER
    row_name: str = ""
    column_name: str = ""
    diverging: bool = False
    totals: tuple[str, FloatArray] | None = None
    marked: tuple[int, int] | None = None
    marked_name: str = "best"

    def painted(self, width: float) -> Canvas:
        """As `Chart` says. Heads that do not fit come slanted, or as the numbers of the rows."""
        rows, columns = self.rows, self.columns
        left, cell = self._widths(width, rows)
        if width < 500 and rows == columns and _are_wider(columns, cell):
            columns = tuple(str(i + 1) for i in range(len(rows)))
            rows = tuple(f"{i + 1} {name}" for i, name in enumerate(rows))
            left, cell = self._widths(width, rows)
        slanted = _are_wider(columns, cell)
        head = min(0.72 * max(map(text_width, columns)) + 14, 104.0) if slanted else 18.0
        head += 16 if self.column_name or self.row_name else 0
        high = max(20.0, min(cell, 34.0 if self.totals is None else 22.0))
        area = PlotArea(left, head, left + cell * len(columns), head + high * len(rows))
        canvas = Canvas(width, area.bottom + 26)
        _paint_row_names(canvas, area, rows, high)
        _paint_column_names(canvas, area, columns, slanted=slanted)
        self._paint_axis_names(canvas, area)
        self._paint_cells(canvas, area, cell, high)
        self._paint_totals(canvas, area, high)
        self._paint_key(canvas, area)
        return canvas

    def _widths(self, width: float, rows: tuple[str, ...]) -> tuple[float, float]:
        """Of the names of the rows, and of a cell."""
        longest = max((text_width(r) for r in rows), default=0.0)
        left = min(longest + 10, (0.34 if width < 500 else 0.25) * width)
        room = width - left - self._totals_width(width < 500)
        return left, min(room / max(len(self.columns), 1), 96.0)

    def _totals_width(self, narrow: bool) -> float:
        if self.totals is None:
            return 0.0
        name, values = self.totals
        write = self._cell if narrow else self.unit.text
        return (
            max(min(text_width(name), 72.0), *(text_width(write(float(v))) for v in values), 0.0)
            + 8
        )

    def _cell(self, value: float) -> str:
        return self.unit.short(value) if np.isfinite(value) else ""

    def _paint_axis_names(self, canvas: Canvas, area: PlotArea) -> None:
        room = 0.45 * canvas.width
        row_name = f"{shortened(self.row_name, room - 20)} ↓" if self.row_name else ""
        if self.column_name:
            text = f"{shortened(self.column_name, room - 20)} →"
            middle = (area.left + area.right) / 2
            middle = max(middle, text_width(row_name) + 10 + text_width(text) / 2)
            canvas.centred((middle, FONT), text, "label")
        if row_name:
            canvas.text((0, FONT), row_name, "label")

    def _level(self, value: float) -> str:
        """The class of a cell."""
        if not np.isfinite(value):
            return "none"
        low, high = extent(self.values)
        if self.diverging:
            most = max(abs(low), abs(high))
            level = round(LEVELS * value / most) if most else 0
            return f"d{level}" if level >= 0 else f"m{-level}"
        return f"h{round(2 * LEVELS * (value - low) / (high - low))}"

    def _written(self, cell: float) -> ChartUnit | None:
        """How numbers are written so that they fit a cell, without decimals if need be."""
        low, high = extent(self.values)
        whole = replace(self.unit, short_digits=0)
        most = max(abs(low), abs(high)) * self.unit.factor
        for unit in (self.unit, whole) if most >= 5 else (self.unit,):
            texts = [unit.short(float(v)) for v in self.values.flat if np.isfinite(v)]
            if max((text_width(t) for t in texts), default=0.0) <= cell - 1.5:
                return unit
        return None

    def _paint_cells(self, canvas: Canvas, area: PlotArea, cell: float, high: float) -> None:
        write = self._written(cell)
        for i, j in np.ndindex(*self.values.shape):
            value = float(self.values[i, j])
            x, y = area.left + cell * j, area.top + high * i
            canvas.box(f"cell {self._level(value)}", (x, y), cell - 1, high - 1)
            if write is not None and np.isfinite(value):
                at = (x + (cell - 1) / 2, y + high / 2 + 0.35 * FONT)
                canvas.text(at, write.short(value), "cellvalue", "middle")
            elif self._level(value) in ("m2", "m3", "m4"):  # a sign is not said by colour alone
                at = (x + (cell - 1) / 2, y + high / 2 + 0.35 * FONT)
                canvas.text(at, "−", "cellvalue", "middle")
            said = f"{self.rows[i]}, {self.columns[j]}: {self.unit.text(value)}"
            canvas.reading(x + cell / 2, y + high / 2, said)
        if self.marked is not None:
            i, j = self.marked
            corner = (area.left + cell * j - 0.5, area.top + high * i - 0.5)
            canvas.box("frame", corner, cell, high)

    def _paint_totals(self, canvas: Canvas, area: PlotArea, high: float) -> None:
        if self.totals is None:
            return
        name, values = self.totals
        right = area.right + self._totals_width(canvas.narrow)
        canvas.text((right, area.top - 6), shortened(name, 72.0), "label", "end")
        for i, value in enumerate(values.tolist()):
            y = area.top + high * (i + 0.5) + 0.35 * FONT
            write = self._cell if canvas.narrow else self.unit.text
            canvas.text((right, y), write(value), "value", "end")

    def _paint_key(self, canvas: Canvas, area: PlotArea) -> None:
        """Below the grid: what the shades and the frame mean."""
        low, high = extent(self.values)
        kinds = [f"h{i}" for i in range(2 * LEVELS + 1)]
        if self.diverging:
            high = max(abs(low), abs(high))
            low = -high
            kinds = [f"m{i}" for i in range(LEVELS, 0, -1)] + [f"d{i}" for i in range(LEVELS + 1)]
        y, text = area.bottom + 20, self.unit.text(low)
        x = area.left + text_width(text) + 4
        canvas.text((x - 4, y), text, anchor="end")
        for kind in kinds:
            canvas.box(f"cell {kind}", (x, y - 9), 10, 10)
            x += 11
        canvas.text((x + 4, y), self.unit.text(high))
        if self.marked is not None:
            x += 12 + text_width(self.unit.text(high)) + 8
            canvas.box("frame", (x, y - 9), 12, 10)
            canvas.text((x + 17, y), self.marked_name)

    def spoken(self) -> str:
        """As `Chart` says."""
        known = np.isfinite(self.values)
        if not known.any():
            return "A grid without values."
        ends = []
        for name, index in (
            ("lowest", int(np.nanargmin(self.values))),
            ("highest", int(np.nanargmax(self.values))),
        ):
            i, j = divmod(index, len(self.columns))
            value = self.unit.text(float(self.values[i, j]))
            ends.append(f"{name} {value} at {self.rows[i]}, {self.columns[j]}")
        if self.marked is not None:
            i, j = self.marked
            value = self.unit.text(float(self.values[i, j]))
            ends.append(f"{self.marked_name} at {self.rows[i]}, {self.columns[j]}: {value}")
        return f"A grid of {len(self.rows)} by {len(self.columns)}: {'; '.join(ends)}."

    def table(self) -> TextTable:
        """As `Chart` says."""
        heads = (self.row_name or "", *self.columns)
        rows = [
            (name, *(self.unit.text(float(v)) for v in values))
            for name, values in zip(self.rows, self.values, strict=True)
        ]
        if self.totals is not None:
            name, totals = self.totals
            heads = (*heads, name)
            rows = [(*row, self.unit.text(float(v))) for row, v in zip(rows, totals, strict=True)]
        note = f"Columns are {self.column_name}." if self.column_name else ""
        return TextTable(self.title, heads, tuple(rows), note=note)


def _are_wider(names: tuple[str, ...], cell: float) -> bool:
    return any(text_width(name) > cell - 3 for name in names)


def _paint_row_names(canvas: Canvas, area: PlotArea, names: tuple[str, ...], high: float) -> None:
    for i, name in enumerate(names):
        y = area.top + high * (i + 0.5) + 0.35 * FONT
        canvas.text((area.left - 6, y), shortened(name, area.left - 6), anchor="end")


def _paint_column_names(
    canvas: Canvas, area: PlotArea, names: tuple[str, ...], *, slanted: bool
) -> None:
    cell = area.width / max(len(names), 1)
    every = 1 if cell > 15 else math.ceil(15 / cell)  # so far apart must slanted heads be
    for j, name in list(enumerate(names))[::every]:
        x = area.left + cell * (j + 0.5)
        if slanted:
            room = min(1.4 * (x - 4), 130.0)
            canvas.slanted_text((x + 3, area.top - 6), shortened(name, room))
        else:
            canvas.text((x, area.top - 6), name, anchor="middle")
