"""Charts that have it hard: long names, many series, little room, large and tiny values."""

import numpy as np

from mech_exo.report.charts.chart import Chart
from mech_exo.report.charts.chart_units import COUNT, MONEY, NUMBER, PERCENT, ChartUnit
from mech_exo.report.charts.curve_plot import Curve, Mark, Shade
from mech_exo.report.charts.curves import Curves
from mech_exo.report.charts.drawdowns import Drawdowns
from mech_exo.report.charts.heat_map import HeatMap
from mech_exo.report.charts.interval_bars import IntervalBar, IntervalBars
from mech_exo.report.charts.parallel_lines import ParallelAxis, ParallelLines
from mech_exo.report.charts.spread import MarkedValue, Spread
from mech_exo.report.charts.year_columns import YearColumns

LONG = "a factor that somebody has given a very long name, 動量因子, to be sure"
NAMES = tuple(f"{i} {LONG}" for i in range(14))


def awkward_charts() -> list[Chart]:
    """The same each time."""
    rng = np.random.default_rng(3)
    dates = np.arange("2023-11-20", "2024-03-01", dtype="datetime64[D]")
    count = len(dates)
    paths = tuple(
        Curve(name, 1e9 * (1 + 1e-5 * i) + 1e4 * rng.normal(size=count).cumsum())
        for i, name in enumerate(NAMES[:8])
    )
    shades = tuple(
        Shade(dates[10 * i], dates[10 * i + 8], f"window {i + 1} of nine") for i in range(9)
    )
    marks = tuple(Mark(dates[50 + i], f"re-tuned on day {50 + i}") for i in range(4))
    bars = tuple(
        IntervalBar(name, v, v - 1e6, v + 1e6, note="a remark of some length")
        for name, v in zip(NAMES, rng.normal(0, 1e7, 14).tolist(), strict=True)
    )
    grid = rng.normal(0, 40, (14, 14))
    axes = tuple(ParallelAxis(n, rng.lognormal(0, 3, 60), log=True) for n in NAMES[:5])
    choices = rng.integers(0, 3, 60).astype(float)
    axes += (ParallelAxis("a choice", choices, names=("equal", "by score", LONG)),)
    years = tuple(str(y) for y in range(1960, 2025))
    tiny = ChartUnit("tiny", digits=9)
    return [
        Curves("Many curves, one beside the other", "", dates, paths, MONEY, shades, marks),
        Curves("Two values", "", dates[:2], (Curve("a", np.array([1e-7, 3e-7])),), tiny),
        Drawdowns(
            "Hardly a drawdown",
            "",
            dates,
            (Curve(LONG, -np.abs(rng.normal(0, 1e-4, count))), Curve("b", np.zeros(count))),
            shades[:1],
            -0.9,
        ),
        Spread(
            "Marks beside each other",
            "",
            rng.normal(0, 1, 250),
            tuple(MarkedValue(0.1 * i, f"{i} {LONG}"[:40]) for i in range(5)),
            "placebos",
            LONG,
        ),
        IntervalBars(LONG, LONG, bars, LONG, interval_name="range", unit=MONEY),
        IntervalBars("All the same", "", (IntervalBar("a", 1e-9),), "v", unit=tiny),
        HeatMap("Many cells", "", NAMES, NAMES, grid, diverging=True),
        HeatMap(
            "Other columns than rows",
            "",
            NAMES,
            tuple(f"column {i}" for i in range(20)),
            rng.normal(0, 1, (14, 20)),
            NUMBER,
            row_name=LONG[:40],
            column_name=LONG[:40],
        ),
        ParallelLines(
            "Long names", "", axes, np.arange(60), rng.normal(size=60), rng.random(60) > 0.5
        ),
        YearColumns(
            "Sixty-five years of three",
            "",
            years,
            tuple(Curve(n[:30], rng.normal(0, 0.2, 65)) for n in NAMES[:3]),
            PERCENT,
            starred=(0, 64),
        ),
        YearColumns("Counts", "", ("2020",), (Curve(LONG, np.array([1234567.0])),), COUNT),
    ]
