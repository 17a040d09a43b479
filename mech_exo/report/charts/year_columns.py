"""Columns side by side for each year: a portfolio and its benchmark."""

from dataclasses import dataclass

from mech_exo.report.charts.canvas import Canvas, text_width
from mech_exo.report.charts.chart_units import PERCENT, ChartUnit
from mech_exo.report.charts.curve_plot import Curve
from mech_exo.report.charts.legend import LEGEND_ROW, STYLES, legend_entries, legend_height
from mech_exo.report.charts.plot_area import PlotArea, value_axis
from mech_exo.report.charts.scale import PlotScale, extent, padded
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.charts.ticks import number_ticks


@dataclass(frozen=True)
class YearColumns:
    """A group of columns for each year (or any other group).

    Attributes
    ----------
    groups
        [G] names, from the left.
    series
        Values [G] of each series; NaN draws no column.
    starred
        Indices of groups that are no whole years; they get an asterisk that the caption explains.
    """

    title: str
    caption: str
    groups: tuple[str, ...]
    series: tuple[Curve, ...]
    unit: ChartUnit = PERCENT
    starred: tuple[int, ...] = ()
    group_name: str = "year"

    def painted(self, width: float) -> Canvas:
        """As `Chart` says."""
        low, high = extent(*(s.values for s in self.series), include=(0.0,))
        low, high = padded(low, high, 0.03)
        ticks = number_ticks(low, high, 5, self.unit)
        left = max((text_width(t.label) for t in ticks), default=0.0) + 10
        legend = legend_entries([s.name for s in self.series], width - left, 15)
        top = 10 + legend_height(legend)
        area = PlotArea(left, top, width - 4, top + (170 if width > 500 else 150))
        canvas = Canvas(width, area.bottom + 20)
        scale = PlotScale(low, high, area.bottom, area.top)
        value_axis(canvas, area, scale, ticks, 0.0)
        step = area.width / max(len(self.groups), 1)
        each = min(step * 0.78 / max(len(self.series), 1), 26.0)
        for g in range(len(self.groups)):
            middle = area.left + step * (g + 0.5)
            start = middle - each * len(self.series) / 2
            for i, series in enumerate(self.series):
                self._paint_column(canvas, scale, (start + each * i, each), i, series, g)
        self._paint_groups(canvas, area, step)
        for entry in legend:
            x, y = left + entry.x, LEGEND_ROW * entry.row
            canvas.box(f"column f{entry.style}", (x, y + 3), 10, 10)
            canvas.text((x + 15, y + 12), entry.text, f"name t{entry.style}")
        return canvas

    def _paint_column(
        self,
        canvas: Canvas,
        scale: PlotScale,
        place: tuple[float, float],
        index: int,
        series: Curve,
        group: int,
    ) -> None:
        value = float(series.values[group])
        top, bottom = sorted((scale(max(value, 0.0)), scale(min(value, 0.0))))
        if value == value:  # not NaN
            x, width = place
            canvas.box(f"column f{index % STYLES}", (x, top), max(width - 2.5, 1), bottom - top)
            said = f"{self._name(group)}, {series.name}: {self.unit.text(value)}"
            canvas.reading(x + width / 2, scale(value), said)

    def _name(self, group: int) -> str:
        return self.groups[group] + ("*" if group in self.starred else "")

    def _paint_groups(self, canvas: Canvas, area: PlotArea, step: float) -> None:
        widest = max((text_width(self._name(g)) for g in range(len(self.groups))), default=0.0)
        every = max(1, -(-int(widest + 6) // max(int(step), 1)))
        for g in range(0, len(self.groups), every):
            x = area.left + step * (g + 0.5)
            half = text_width(self._name(g)) / 2
            x = min(x, canvas.width - half)
            canvas.text((x, area.bottom + 14), self._name(g), anchor="middle")

    def spoken(self) -> str:
        """As `Chart` says."""
        parts = []
        for series in self.series:
            known = [(float(v), g) for g, v in enumerate(series.values) if v == v]
            if known:
                (low, worst), (high, best) = min(known), max(known)
                parts.append(
                    f"{series.name} from {self.unit.text(low)} ({self._name(worst)}) to "
                    f"{self.unit.text(high)} ({self._name(best)})"
                )
        return f"Columns by {self.group_name}: {'; '.join(parts)}."

    def table(self) -> TextTable:
        """As `Chart` says."""
        return TextTable(
            self.title,
            (self.group_name, *(s.name for s in self.series)),
            tuple(
                (self._name(g), *(self.unit.text(float(s.values[g])) for s in self.series))
                for g in range(len(self.groups))
            ),
        )
