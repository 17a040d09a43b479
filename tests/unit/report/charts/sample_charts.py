"""A chart of every kind, of drawn data: what tests look at, and what a developer looks at.

python -m tests.unit.report.charts.sample_charts FILE.html
"""

import sys
from pathlib import Path

import numpy as np

from mech_exo.report.charts.chart import Chart, draw
from mech_exo.report.charts.chart_units import GROWTH, NUMBER, PERCENT, ChartUnit
from mech_exo.report.charts.curve_plot import Curve, Mark, Shade
from mech_exo.report.charts.curves import Curves
from mech_exo.report.charts.drawdowns import Drawdowns
from mech_exo.report.charts.heat_map import HeatMap
from mech_exo.report.charts.interval_bars import IntervalBar, IntervalBars
from mech_exo.report.charts.parallel_lines import ParallelAxis, ParallelLines
from mech_exo.report.charts.spread import MarkedValue, Spread
from mech_exo.report.charts.year_columns import YearColumns
from mech_exo.report.page.page_blocks import (
    Bullets,
    Callout,
    Code,
    CommandLines,
    KeyFigure,
    KeyFigures,
    PageSection,
    Paragraph,
    ReportPage,
    Strong,
)
from mech_exo.report.page.page_html import page_html

FACTORS = (
    "momentum_12_1",
    "return_on_equity",
    "earnings_growth",
    "analyst_revisions",
    "pe_ratio",
    "rsi_14",
    "volatility_ratio",
    "news_sentiment",
    "revenue_growth",
)


def sample_charts() -> list[Chart]:
    """One of each kind, some twice; the same each time."""
    return [*_over_time(), *_of_the_search(), *_of_the_portfolio()]


def _over_time() -> list[Chart]:
    rng = np.random.default_rng(7)
    dates = np.arange("2012-01-03", "2024-06-28", dtype="datetime64[D]")
    dates = dates[np.is_busday(dates)]
    common = rng.normal(0.0004, 0.009, len(dates))
    growth = [
        100 * np.cumprod(1 + common + rng.normal(drift, 0.004, len(dates)))
        for drift in (0.0002, 0.0, 0.0001)
    ]
    growth[2][: len(dates) // 3] = np.nan
    curves = tuple(
        Curve(name, np.asarray(values, float))
        for name, values in zip(("this portfolio", "universe", "incumbent"), growth, strict=True)
    )
    cut = dates[int(0.8 * len(dates))]
    shades = (Shade(dates[0], cut, "in sample"), Shade(cut, dates[-1], "holdout"))
    falls = tuple(Curve(c.name, c.values / np.fmax.accumulate(c.values) - 1.0) for c in curves[:2])
    cost = np.array([0.0, 5, 10, 20, 30, 40, 60])
    skill = (Curve("active return", 0.06 - 0.0012 * cost), Curve("universe", 0.0 * cost))
    return [
        Curves(
            "What became of 100",
            "Logarithmic: equal growth is equally steep. After costs, dividends reinvested.",
            dates,
            curves,
            GROWTH,
            shades,
            (Mark(np.datetime64("2020-03-23"), "2020-03-23"),),
            log=True,
            base=100.0,
        ),
        Drawdowns("Drawdowns", "Below the highest value so far.", dates, falls, shades, -0.3),
        Curves(
            "What cost leaves of it",
            "Active return a year at other costs of trading.",
            cost,
            skill,
            PERCENT,
            marks=(Mark(10.0, "assumed"),),
            base=0.0,
            x_name="cost",
            x_unit=ChartUnit("bps", suffix=" bps", digits=0),
            height=180,
        ),
    ]


def _of_the_search() -> list[Chart]:
    rng = np.random.default_rng(8)
    placebos = rng.normal(0.7, 0.13, 99)
    trials = 5000
    weights = rng.uniform(-1, 1, (trials, 6))
    merit = 1.0 - 0.3 * np.sum((weights - 0.3) ** 2, axis=1) + rng.normal(0, 0.1, trials)
    axes = [ParallelAxis("sharpe", merit)]
    axes += [ParallelAxis(name, weights[:, i]) for i, name in enumerate(FACTORS[:6])]
    axes += [ParallelAxis("position_size_pct", rng.uniform(0.02, 0.1, trials), PERCENT)]
    grid = np.add.outer(-(np.linspace(-1, 1, 8) ** 2), -(np.linspace(-0.6, 1, 9) ** 2)) + 1.2
    grid[0, 7:] = np.nan
    marked = np.unravel_index(int(np.nanargmax(grid)), grid.shape)
    return [
        Spread(
            "What luck finds",
            "Each dot is the best of a search on returns that hold no skill.",
            placebos,
            (MarkedValue(1.21, "this search"), MarkedValue(0.92, "95 % of placebos")),
            "placebos",
            "best Sharpe ratio in sample",
        ),
        Spread(
            "Trials",
            "All trials of the search.",
            merit,
            (MarkedValue(float(merit.max()), "best"),),
            "trials",
            "Sharpe ratio",
        ),
        ParallelLines(
            "The best trials across their parameters",
            "A line is a trial.",
            tuple(axes),
            np.arange(trials),
            merit,
            merit > -0.4,
        ),
        HeatMap(
            "The plateau",
            "Median Sharpe ratio of the trials in each cell.",
            tuple(f"{v:.2f}" for v in np.linspace(-1, 1, 8)),
            tuple(f"{v:.2f}" for v in np.linspace(-1, 1, 9)),
            grid,
            NUMBER,
            row_name=FACTORS[0],
            column_name=FACTORS[1],
            marked=(int(marked[0]), int(marked[1])),
        ),
    ]


def _of_the_portfolio() -> list[Chart]:
    rng = np.random.default_rng(9)
    windows = rng.normal(np.linspace(0.9, -0.4, 9)[:, None], 0.2, (9, 8))
    bars = tuple(
        IntervalBar(name, float(np.median(w)), float(w.min()), float(w.max()), tuple(w.tolist()))
        for name, w in zip(FACTORS, windows, strict=True)
    )
    correlation = np.asarray(np.corrcoef(rng.normal(size=(9, 14))), float)
    years = tuple(str(y) for y in range(2012, 2025))
    months = rng.normal(0.01, 0.04, (13, 12))
    months[-1, 6:] = np.nan
    yearly = np.nanprod(1 + months, axis=1) - 1
    other = yearly + rng.normal(-0.02, 0.05, 13)
    return [
        IntervalBars(
            "Weights, and how they moved over the windows",
            "A stroke is the weight of one window.",
            bars,
            "weight",
            interval_name="range",
            points_name="window",
        ),
        HeatMap(
            "How the factors go together",
            "Correlation of the information coefficients.",
            FACTORS,
            FACTORS,
            correlation,
            diverging=True,
        ),
        HeatMap(
            "Months",
            "Returns after costs, in percent.",
            years,
            ("J", "F", "M", "A", "M", "J", "J", "A", "S", "O", "N", "D"),
            months,
            PERCENT,
            diverging=True,
            totals=("year", yearly),
        ),
        YearColumns(
            "Years",
            "* not a whole year.",
            years,
            (Curve("this portfolio", yearly), Curve("universe", other)),
            starred=(12,),
        ),
    ]


def sample_page(name: str = "momentum study") -> str:
    """A page with every kind of block and chart."""
    figures = [draw(chart) for chart in sample_charts()]
    first = PageSection(
        "verdict",
        "The verdict",
        (
            Callout(
                "Probably skill", ("It beats 98 of 99 placebos.", "Out of sample it held."), "good"
            ),
            Paragraph("Read this first. ", Strong("Two reservations"), ".", kind="lead"),
            KeyFigures(
                (
                    KeyFigure("Sharpe ratio", "1.21", "universe 0.74"),
                    KeyFigure("return a year", "11.2 %", "universe 7.9 %"),
                    KeyFigure("deepest fall", "-23.4 %"),
                    KeyFigure("turnover a year", "3.1"),
                )
            ),
            Bullets((("Data end ", Code("2024-06-27"), "."), ("No incumbent.",))),
        ),
    )
    sections = [
        PageSection(f"figure-{i}", figure.title, (figure,)) for i, figure in enumerate(figures)
    ]
    last = PageSection(
        "again",
        "How to make it again",
        (
            Paragraph("A remark in small type.", kind="note"),
            CommandLines(
                "In the project's folder:", ("exo verify factors/f.yml", "exo study show")
            ),
            figures[0].table,
        ),
    )
    return page_html(
        ReportPage(name, "500 stocks, 2012 to 2024", (first, *sections, last), "exo 1.0")
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(sample_page(), "utf-8")
