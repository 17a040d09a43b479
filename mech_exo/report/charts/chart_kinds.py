"""The kinds of charts: one entry each, and every test of charts walks them."""

from mech_exo.report.charts.chart import Chart
from mech_exo.report.charts.curves import Curves
from mech_exo.report.charts.drawdowns import Drawdowns
from mech_exo.report.charts.heat_map import HeatMap
from mech_exo.report.charts.interval_bars import IntervalBars
from mech_exo.report.charts.parallel_lines import ParallelLines
from mech_exo.report.charts.spread import Spread
from mech_exo.report.charts.year_columns import YearColumns

CHARTS: tuple[type[Chart], ...] = (
    Curves,
    Drawdowns,
    Spread,
    IntervalBars,
    HeatMap,
    ParallelLines,
    YearColumns,
)
