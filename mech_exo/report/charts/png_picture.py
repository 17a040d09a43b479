"""Curves as a PNG, for messengers, which show no SVG; drawn by matplotlib, which has fonts."""

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.errors import ExoError
from mech_exo.report.charts.curve_plot import CurvePlot, days
from mech_exo.report.charts.curves import Curves
from mech_exo.report.charts.drawdowns import Drawdowns
from mech_exo.report.charts.legend import STYLES
from mech_exo.report.charts.plot_area import kept_apart
from mech_exo.report.charts.scale import PlotScale

if TYPE_CHECKING:
    from matplotlib.axes import Axes as PlotAxes

INCHES, DOTS = (10.0, 5.6), 120
PAPER, INK, MUTED, GRID = "#fffefb", "#1d2126", "#565d66", "#e3e5e8"
SHADES = ("#f1f3ee", "#f7eee6")
LINES: tuple[tuple[str, object], ...] = (
    ("#0b5394", "-"),
    ("#b8460e", (0, (5, 2))),
    ("#0f6f57", (0, (1.5, 1.5))),
    ("#85398a", (0, (7, 2, 1.5, 2))),
    ("#5a6068", (0, (9, 3))),
    ("#7d5a00", (0, (1, 2.5))),
)
"""Colour and dashes of the styles `s0` to `s5` of page.css and charts.css, on light paper."""


def png_picture(chart: Curves | Drawdowns) -> bytes:
    """The chart as a PNG of 1200 by 672 pixels: the figures and ticks of the page's own chart.

    Raises
    ------
    ExoError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure as Sheet
    except ImportError as error:
        raise ExoError(
            "A picture for messengers is drawn by matplotlib, which is not installed.",
            hint="Install it: pip install 'mech-exo[picture]'.",
        ) from error
    plot, target = chart.plot(), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a sign that its font does not have is drawn as a box
        sheet = Sheet(figsize=INCHES, dpi=DOTS, facecolor=PAPER)
        FigureCanvasAgg(sheet)
        axes = sheet.add_axes((0.07, 0.09, 0.71, 0.77), facecolor=PAPER)
        sheet.text(
            0.02, 0.94, chart.title, color=INK, fontsize=14, fontweight="bold", parse_math=False
        )
        _prepare_axes(axes, plot)
        _paint_spans(axes, plot)
        _paint_lines(axes, plot)
        sheet.savefig(target, format="png", metadata={"Software": None})
    return target.getvalue()


def _prepare_axes(axes: "PlotAxes", plot: CurvePlot) -> None:
    places = days(plot.x)
    axes.set_yscale("log" if plot.log else "linear")
    axes.set_xlim(float(places[0]), float(places[-1]))
    axes.set_ylim(*plot.limits)
    for axis, ticks in ((axes.yaxis, plot.value_ticks(5)), (axes.xaxis, plot.x_ticks(800))):
        axis.set_ticks([t.at for t in ticks], labels=[t.label for t in ticks])
        axis.set_ticks([], minor=True)
    axes.tick_params(colors=MUTED, labelsize=9, length=3)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    if plot.base is not None:
        axes.axhline(plot.base, color=MUTED, linewidth=0.8)


def _paint_spans(axes: "PlotAxes", plot: CurvePlot) -> None:
    named = []
    for i, shade in enumerate(plot.shades):
        start, end = float(days(shade.start)), float(days(shade.end))
        axes.axvspan(start, end, color=SHADES[i % 2], linewidth=0, zorder=0)
        named.append(((start + end) / 2, shade.label))
    for mark in plot.marks:
        at = float(days(mark.at))
        axes.axvline(at, color=MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        named.append((at, mark.label))
    for x, label in named:
        axes.text(
            x,
            1.01,
            label,
            transform=axes.get_xaxis_transform(),
            ha="center",
            color=MUTED,
            fontsize=9,
            fontstyle="italic",
            parse_math=False,
        )


def _paint_lines(axes: "PlotAxes", plot: CurvePlot) -> None:
    x, scale = days(plot.x), PlotScale(*plot.limits, 0.0, 1.0, plot.log)
    shown = [i for i, c in enumerate(plot.curves) if np.isfinite(c.values).any()]
    for i in reversed(shown):
        color, dashes = LINES[i % STYLES]
        width = 1.8 if i == 0 else 1.1
        axes.plot(x, plot.curves[i].values, color=color, linestyle=dashes, linewidth=width)
    if plot.filled and plot.base is not None and shown and shown[0] == 0:
        axes.fill_between(x, plot.curves[0].values, plot.base, color=LINES[0][0], alpha=0.16)
    wanted = [scale(plot.end_of(plot.curves[i])) for i in shown]
    for i, y in zip(shown, kept_apart(wanted, 0.045, 0.01, 0.99), strict=True):
        axes.text(
            1.015,
            y,
            plot.label_of(plot.curves[i]),
            transform=axes.transAxes,
            va="center",
            color=LINES[i % STYLES][0],
            fontsize=9.5,
            fontweight="bold" if i == 0 else "normal",
            parse_math=False,
        )
