"""Lines over time, or over numbers: growth of 100, exposure, skill by cost."""

from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray
from mech_exo.report.charts.canvas import Canvas
from mech_exo.report.charts.chart_units import NUMBER, ChartUnit
from mech_exo.report.charts.curve_plot import Curve, CurvePlot, Mark, Shade
from mech_exo.report.charts.scale import extent, padded
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.charts.thinning import table_dates


@dataclass(frozen=True)
class Curves:
    """Several series over the same axis.

    Attributes
    ----------
    x
        [T], increasing: dates, or numbers (then `x_unit` and `x_name` say which).
    curves
        Series [T]; the first is the one the figure is about. NaN is a gap.
    log
        A logarithmic axis, on which equal growth is equally steep; ignored, and a straight one
        drawn, where a value is not positive.
    base
        The value whose line is stronger, and which the axis always shows.
    """

    title: str
    caption: str
    x: DateArray | FloatArray
    curves: tuple[Curve, ...]
    unit: ChartUnit = NUMBER
    shades: tuple[Shade, ...] = ()
    marks: tuple[Mark, ...] = ()
    log: bool = False
    base: float | None = None
    x_name: str = ""
    x_unit: ChartUnit | None = None
    height: float = 260.0

    def plot(self) -> CurvePlot:
        """How it is drawn, whatever draws it."""
        include = () if self.base is None else (self.base,)
        low, high = extent(*(c.values for c in self.curves), include=include)
        log = self.log and low > 0
        return CurvePlot(
            self.x,
            self.curves,
            self.unit,
            _widened(low, high) if log else padded(low, high),
            self.shades,
            self.marks,
            log,
            self.base,
            x_name=self.x_name,
            x_unit=self.x_unit,
        )

    def painted(self, width: float) -> Canvas:
        """As `Chart` says."""
        return self.plot().painted(width, self.height if width > 500 else 0.77 * self.height)

    def spoken(self) -> str:
        """As `Chart` says."""
        plot = self.plot()
        last = len(self.x) - 1
        ends = "; ".join(
            f"{c.name} ends at {self.unit.text(float(c.values[np.isfinite(c.values)][-1]))}"
            for c in self.curves
            if np.isfinite(c.values).any()
        )
        spans = ", ".join(s.label for s in self.shades)
        shaded = f" Shaded: {spans}." if spans else ""
        return f"Lines from {plot.x_text(0)} to {plot.x_text(last)}: {ends}.{shaded}"

    def table(self) -> TextTable:
        """As `Chart` says."""
        plot = self.plot()
        rows, note = (
            table_dates(np.asarray(self.x, "datetime64[D]"))
            if self.x_unit is None
            else (np.arange(len(self.x)), "")
        )
        head = self.x_name or ("date" if self.x_unit is None else "")
        return TextTable(
            self.title,
            (head, *(c.name for c in self.curves)),
            tuple(
                (
                    plot.x_text(int(t)) if self.x_unit is None else self.x_unit.text(self.x[t]),
                    *(self.unit.text(float(c.values[t])) for c in self.curves),
                )
                for t in rows
            ),
            note=note,
        )


def _widened(low: float, high: float) -> tuple[float, float]:
    """Limits with room for what lies on them; of a logarithmic axis, both above 0."""
    room = (high / low) ** 0.03
    return low / room, high * room
