"""Many trials over many parameters: a line a trial, an axis a parameter."""

from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import BoolArray, FloatArray, IntArray
from mech_exo.report.charts.canvas import FONT, Canvas, shortened, text_width
from mech_exo.report.charts.chart_units import NUMBER, ChartUnit
from mech_exo.report.charts.plot_area import PlotArea
from mech_exo.report.charts.scale import PlotScale, extent
from mech_exo.report.charts.text_table import TextTable

MOST_LINES, BEST_LINES, TABLE_TRIALS = 170, 10, 25
"""Trials that are drawn, how many of them are the best, and how many the table lists."""


@dataclass(frozen=True)
class ParallelAxis:
    """A parameter or a result: a value for each trial.

    Attributes
    ----------
    values
        [n]; NaN where a trial has none, and its line is broken there.
    names
        Of choices that are no numbers: `values` are indices into them.
    """

    label: str
    values: FloatArray
    unit: ChartUnit = NUMBER
    log: bool = False
    names: tuple[str, ...] = ()

    def text(self, value: float) -> str:
        """A value as people write it."""
        if self.names:
            return self.names[int(value)] if np.isfinite(value) else "–"
        return self.unit.text(value)


@dataclass(frozen=True)
class ParallelLines:
    """Trials across their parameters.

    Attributes
    ----------
    axes
        From above; the result that was sought is best the first.
    numbers
        [n] of the trials.
    merit
        [n]: the greater, the better; decides who is highlighted. NaN has none.
    feasible
        [n]; what is not is drawn pale and broken, and never highlighted.
    """

    title: str
    caption: str
    axes: tuple[ParallelAxis, ...]
    numbers: IntArray
    merit: FloatArray
    feasible: BoolArray

    def _ranked(self) -> IntArray:
        """Trials that can be the best, the best first; ties by number."""
        fit = np.flatnonzero(self.feasible & np.isfinite(self.merit))
        return fit[np.lexsort((self.numbers[fit], -self.merit[fit]))]

    def _shown(self) -> tuple[IntArray, IntArray, IntArray]:
        """The best, other feasible and infeasible trials that are drawn: evenly by merit."""
        ranked = self._ranked()
        best, rest = ranked[:BEST_LINES], ranked[BEST_LINES:]
        odd = np.setdiff1d(np.arange(len(self.numbers)), ranked)
        room = MOST_LINES - len(best)
        share = len(odd) / max(len(odd) + len(rest), 1)
        return best, _evenly(rest, round(room * (1 - share))), _evenly(odd, round(room * share))

    def painted(self, width: float) -> Canvas:
        """As `Chart` says: axes lie one below the other, so that names have room at any width."""
        narrow = width < 500
        step = 56.0 if narrow else 44.0
        left = 8.0 if narrow else self._label_width() + 14
        area = PlotArea(left, 30, width - 8, 30 + step * (len(self.axes) - 1))
        canvas = Canvas(width, area.bottom + 40)
        scales = [
            PlotScale(*extent(axis.values), area.left, area.right, self._is_log(axis))
            for axis in self.axes
        ]
        rows = [area.top + step * i for i in range(len(self.axes))]
        best, rest, odd = self._shown()
        places = [s.places(a.values) for s, a in zip(scales, self.axes, strict=True)]
        for kind, trials in (("trial odd", odd), ("trial", rest), ("trial good", best[::-1])):
            for t in trials:
                chosen = "trial top" if len(best) and t == best[0] else kind
                canvas.path(chosen, [(float(p[t]), y) for p, y in zip(places, rows, strict=True)])
        for axis, scale, y in zip(self.axes, scales, rows, strict=True):
            self._paint_axis(canvas, area, axis, scale, y)
        if len(best):
            self._paint_best(canvas, int(best[0]), scales, rows)
        self._paint_key(canvas, area.bottom + 32, narrow)
        return canvas

    def _label_width(self) -> float:
        return min(max(text_width(a.label) for a in self.axes), 190.0)

    def _is_log(self, axis: ParallelAxis) -> bool:
        return axis.log and extent(axis.values)[0] > 0

    def _paint_axis(
        self, canvas: Canvas, area: PlotArea, axis: ParallelAxis, scale: PlotScale, y: float
    ) -> None:
        canvas.line("axis", (area.left, y), (area.right, y))
        low, high = (shortened(axis.text(v), 0.3 * area.width) for v in (scale.low, scale.high))
        if canvas.narrow:
            label = shortened(axis.label, area.width - text_width(low + high) - 24)
            canvas.text(((area.left + area.right) / 2, y - 6), label, "name halo", "middle")
        else:
            label = shortened(axis.label, area.left - 12)
            canvas.text((area.left - 12, y + 0.35 * FONT), label, "name", "end")
        canvas.text((area.left, y - 6), low, "tick halo")
        canvas.text((area.right, y - 6), high, "tick halo", "end")

    def _paint_best(
        self, canvas: Canvas, best: int, scales: list[PlotScale], rows: list[float]
    ) -> None:
        for axis, scale, y in zip(self.axes, scales, rows, strict=True):
            value = float(axis.values[best])
            if np.isfinite(value):
                canvas.dot("topdot", scale(value), y, 3.5)
                said = f"trial {self.numbers[best]}, {axis.label}: {axis.text(value)}"
                canvas.reading(scale(value), y, said)

    def _paint_key(self, canvas: Canvas, y: float, narrow: bool) -> None:
        best, rest, odd = self._shown()
        entries = [("trial top", "best"), ("trial good", f"next {max(len(best) - 1, 0)}")]
        entries += [("trial", "others" if narrow else "other trials")] if len(rest) else []
        entries += [("trial odd", "break a limit")] if len(odd) else []
        x = 4.0
        for kind, text in entries:
            canvas.line(kind, (x, y - 4), (x + 20, y - 4))
            canvas.text((x + 25, y), text)
            x += 25 + text_width(text) + 14

    def spoken(self) -> str:
        """As `Chart` says."""
        ranked = self._ranked()
        if not len(ranked):
            return f"{len(self.numbers):,} trials, none of which keeps to the limits."
        best = int(ranked[0])
        values = ", ".join(f"{a.label} {a.text(float(a.values[best]))}" for a in self.axes)
        drawn = sum(map(len, self._shown()))
        return (
            f"{len(self.numbers):,} trials over {len(self.axes)} axes, of which {drawn:,} are "
            f"drawn. The best is trial {self.numbers[best]}: {values}."
        )

    def table(self) -> TextTable:
        """As `Chart` says: the best trials."""
        best = self._ranked()[:TABLE_TRIALS]
        return TextTable(
            self.title,
            ("trial", *(a.label for a in self.axes)),
            tuple(
                (str(self.numbers[t]), *(a.text(float(a.values[t])) for a in self.axes))
                for t in best
            ),
            marked=(0,) if len(best) else (),
            note=f"Listed are the {len(best)} best of {len(self.numbers):,} trials.",
        )


def _evenly(items: IntArray, count: int) -> IntArray:
    """At most `count` of the items, evenly along their order, both ends among them."""
    if len(items) <= count:
        return items
    kept = np.unique(np.linspace(0, len(items) - 1, max(count, 0)).round().astype(int))
    return np.asarray(items[kept])
