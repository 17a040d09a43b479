"""Lines over dates or over numbers, as curves and drawdowns share them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray
from mech_exo.report.charts.canvas import FONT, Canvas, shortened, text_width
from mech_exo.report.charts.chart_units import ChartUnit
from mech_exo.report.charts.legend import (
    LEGEND_ROW,
    STYLES,
    LegendEntry,
    legend_entries,
    legend_height,
)
from mech_exo.report.charts.plot_area import (
    PlotArea,
    TopLabel,
    bottom_axis,
    in_rows,
    kept_apart,
    value_axis,
)
from mech_exo.report.charts.scale import PlotScale
from mech_exo.report.charts.thinning import thinned
from mech_exo.report.charts.ticks import Tick, date_ticks, log_ticks, number_ticks

LABEL_ROW = 15.0


@dataclass(frozen=True)
class Curve:
    """A series: `values` [T], NaN where it has none. A chart is about its first."""

    name: str
    values: FloatArray


@dataclass(frozen=True)
class Shade:
    """A part of the axis that is set off and named: "in sample", "holdout"."""

    start: np.datetime64 | float
    end: np.datetime64 | float
    label: str


@dataclass(frozen=True)
class Mark:
    """A place on the axis with a name."""

    at: np.datetime64 | float
    label: str


def days(x: DateArray | FloatArray | np.datetime64 | float) -> FloatArray:
    """Places on the axis as numbers: dates become days since 1970."""
    array = np.asarray(x)
    if array.dtype.kind == "M":
        array = array.astype("datetime64[D]").astype(np.int64)
    return array.astype(float)


@dataclass(frozen=True)
class CurvePlot:
    """Curves [T] over `x` [T], increasing, in one picture.

    Attributes
    ----------
    limits
        Range of the value axis.
    x_name, x_unit
        Of an axis of numbers; None for dates.
    filled
        Whether the first curve stands on `base` as an area.
    base
        The value whose line is stronger; None for none.
    """

    x: DateArray | FloatArray
    curves: tuple[Curve, ...]
    unit: ChartUnit
    limits: tuple[float, float]
    shades: tuple[Shade, ...] = ()
    marks: tuple[Mark, ...] = ()
    log: bool = False
    base: float | None = None
    filled: bool = False
    x_name: str = ""
    x_unit: ChartUnit | None = None

    def painted(self, width: float, height: float) -> Canvas:
        """The picture; `height` is that of the area of values."""
        narrow = width < 500
        ticks = self.value_ticks(3 if height < 140 else 5)
        left = max(text_width(t.label) for t in ticks) + 10 if ticks else 10
        named = [self.label_of(c) for c in self.curves] if narrow and len(self.curves) > 1 else []
        legend = legend_entries(named, width, 26)
        right = width - (10 if narrow else self._label_width() + 12)
        x_scale = self._x_scale(left, right)
        tops = in_rows(self._top_labels(x_scale), left, width)
        rows = max((top.row + 1 for top in tops), default=0)
        top = 8 + legend_height(legend) + LABEL_ROW * rows + (4 if rows else 0)
        area = PlotArea(left, top, right, top + height)
        canvas = Canvas(width, area.bottom + (36 if self.x_name else 22))
        scale = PlotScale(*self.limits, area.bottom, area.top, self.log)
        self._paint_shades(canvas, area, x_scale, tops)
        value_axis(canvas, area, scale, ticks, self.base)
        bottom_axis(canvas, area, x_scale, self.x_ticks(area.width), self.x_name)
        self._paint_curves(canvas, area, x_scale, scale)
        if narrow:
            _paint_legend(canvas, legend)
        else:
            self._paint_end_labels(canvas, area, scale)
        self._add_readings(canvas, x_scale, scale)
        return canvas

    def value_ticks(self, about: int) -> list[Tick]:
        """About so many ticks of the values."""
        make = log_ticks if self.log else number_ticks
        return make(*self.limits, about, self.unit)

    def _x_scale(self, left: float, right: float) -> PlotScale:
        places = days(self.x)
        return PlotScale(float(places[0]), float(places[-1]), left, right)

    def x_ticks(self, width: float) -> list[Tick]:
        """Ticks below an area of that many pixels."""
        about = max(2, int(width / (46 if self.x_unit is None else 70)))
        if self.x_unit is None:
            return date_ticks(np.asarray(self.x, "datetime64[D]"), about)
        places = days(self.x)
        return number_ticks(float(places[0]), float(places[-1]), about, self.x_unit)

    def end_of(self, curve: Curve) -> float:
        """Its last value; NaN if it has none."""
        known = curve.values[np.isfinite(curve.values)]
        return float(known[-1]) if len(known) else float("nan")

    def label_of(self, curve: Curve) -> str:
        """What stands at the end of a curve: its name and last value."""
        return f"{curve.name} {self.unit.text(self.end_of(curve))}"

    def _label_width(self) -> float:
        return min(220.0, max(text_width(self.label_of(c)) for c in self.curves) + 4)

    def _top_labels(self, scale: PlotScale) -> list[tuple[float, str]]:
        middles = [(scale(float((days(s.start) + days(s.end)) / 2)), s.label) for s in self.shades]
        return middles + [(scale(float(days(m.at))), m.label) for m in self.marks]

    def _paint_shades(
        self, canvas: Canvas, area: PlotArea, scale: PlotScale, tops: Sequence[TopLabel]
    ) -> None:
        for i, shade in enumerate(self.shades):
            start, end = scale(float(days(shade.start))), scale(float(days(shade.end)))
            canvas.box(f"shade{i % 2}", (start, area.top), end - start, area.height)
            canvas.line("bracket", (start + 0.5, area.top - 2), (end - 0.5, area.top - 2))
        for mark in self.marks:
            x = scale(float(days(mark.at)))
            canvas.line("mark", (x, area.top - 2), (x, area.bottom))
        for top in tops:
            canvas.text((top.x, area.top - 7 - LABEL_ROW * top.row), top.text, "label", "middle")

    def _paint_curves(
        self, canvas: Canvas, area: PlotArea, x_scale: PlotScale, scale: PlotScale
    ) -> None:
        x = x_scale.places(days(self.x))
        for i in reversed(range(len(self.curves))):
            values = self.curves[i].values
            kept = thinned(x, values, max(50, int(area.width / 1.5)))
            places = scale.places(values)
            if i == 0 and self.filled and self.base is not None:
                ground = np.nan_to_num(places[kept], nan=scale(self.base))
                points = [
                    (float(x[kept[0]]), scale(self.base)),
                    *zip(x[kept].tolist(), ground.tolist(), strict=True),
                    (float(x[kept[-1]]), scale(self.base)),
                ]
                canvas.path("area", points, closed=True)
            points = list(zip(x[kept].tolist(), places[kept].tolist(), strict=True))
            canvas.path(f"curve s{i % STYLES}", points)

    def _paint_end_labels(self, canvas: Canvas, area: PlotArea, scale: PlotScale) -> None:
        shown = [i for i, c in enumerate(self.curves) if np.isfinite(self.end_of(c))]
        wanted = [scale(self.end_of(self.curves[i])) for i in shown]
        places = kept_apart(wanted, FONT + 3, area.top + 4, area.bottom - 2)
        for i, y in zip(shown, places, strict=True):
            text = shortened(self.label_of(self.curves[i]), canvas.width - area.right - 8)
            canvas.text((area.right + 8, y + 0.35 * FONT), text, f"name t{i % STYLES}")

    def _add_readings(self, canvas: Canvas, x_scale: PlotScale, scale: PlotScale) -> None:
        count = len(self.x)
        about = 90 if canvas.narrow else 200
        for t in np.unique(np.linspace(0, count - 1, min(count, about)).round().astype(int)):
            known = [c for c in self.curves if np.isfinite(c.values[t])]
            if known:
                said = "; ".join(f"{c.name} {self.unit.text(float(c.values[t]))}" for c in known)
                at = self.x_text(int(t))
                y = scale(float(known[0].values[t]))
                canvas.reading(x_scale(float(days(self.x[t]))), y, f"{at}: {said}")

    def x_text(self, index: int) -> str:
        """A place on the axis as people write it."""
        if self.x_unit is None:
            return str(np.datetime64(self.x[index], "D"))
        return f"{self.x_name} {self.x_unit.text(float(self.x[index]))}".strip()


def _paint_legend(canvas: Canvas, entries: Sequence[LegendEntry]) -> None:
    for entry in entries:
        x, y = entry.x, 12 + LEGEND_ROW * entry.row
        canvas.line(f"curve s{entry.style}", (x, y - 4), (x + 20, y - 4))
        canvas.text((x + 26, y), entry.text, f"name t{entry.style}")
