"""How far below its highest value a portfolio stood, and for how long."""

from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import DateArray
from mech_exo.report.charts.canvas import Canvas
from mech_exo.report.charts.chart_units import PERCENT
from mech_exo.report.charts.curve_plot import Curve, CurvePlot, Mark, Shade
from mech_exo.report.charts.scale import extent
from mech_exo.report.charts.text_table import TextTable
from mech_exo.report.charts.thinning import table_dates


@dataclass(frozen=True)
class Drawdowns:
    """Drawdowns over time: the first curve as an area, others as lines.

    Attributes
    ----------
    dates
        [T], increasing.
    curves
        Fractions [T] that are not positive: -0.2 is a fifth below the highest value so far. NaN is
        a gap.
    limit
        The deepest that is allowed, as a negative fraction; None for no limit.
    """

    title: str
    caption: str
    dates: DateArray
    curves: tuple[Curve, ...]
    shades: tuple[Shade, ...] = ()
    limit: float | None = None

    def plot(self) -> CurvePlot:
        """How it is drawn, whatever draws it."""
        shown = self.curves
        if self.limit is not None:
            shown = (*shown, Curve("limit", np.full(len(self.dates), self.limit)))
        low, _ = extent(*(c.values for c in shown), include=(0.0,))
        return CurvePlot(
            self.dates,
            shown,
            PERCENT,
            (low * 1.05, 0.0),
            self.shades,
            self._deepest(),
            base=0.0,
            filled=True,
        )

    def _deepest(self) -> tuple[Mark, ...]:
        values = self.curves[0].values
        if not np.isfinite(values).any():
            return ()
        t = int(np.nanargmin(values))
        return (Mark(self.dates[t], f"deepest {PERCENT.text(float(values[t]))}"),)

    def painted(self, width: float) -> Canvas:
        """As `Chart` says."""
        return self.plot().painted(width, 150 if width > 500 else 120)

    def spoken(self) -> str:
        """As `Chart` says."""
        deepest = "; ".join(
            f"{c.name} fell to {PERCENT.text(float(np.nanmin(c.values)))} "
            f"on {self.dates[int(np.nanargmin(c.values))]}"
            for c in self.curves
            if np.isfinite(c.values).any()
        )
        return f"Drawdowns from {self.dates[0]} to {self.dates[-1]}: {deepest}."

    def table(self) -> TextTable:
        """As `Chart` says."""
        rows, note = table_dates(self.dates)
        return TextTable(
            self.title,
            ("date", *(c.name for c in self.curves)),
            tuple(
                (str(self.dates[t]), *(PERCENT.text(float(c.values[t])) for c in self.curves))
                for t in rows
            ),
            note=note,
        )
