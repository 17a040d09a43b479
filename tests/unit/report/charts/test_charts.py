"""Every kind of chart keeps the same promises; `CHARTS` lists the kinds."""

import json
import re
from dataclasses import fields, is_dataclass, replace
from xml.etree import ElementTree as Tree

import numpy as np
import pytest

from mech_exo.report.charts.canvas import text_width
from mech_exo.report.charts.chart import NARROW, WIDE, Chart, draw
from mech_exo.report.charts.chart_kinds import CHARTS
from mech_exo.report.charts.curve_plot import Curve
from mech_exo.report.charts.curves import Curves
from mech_exo.report.charts.drawdowns import Drawdowns
from mech_exo.report.charts.heat_map import HeatMap
from mech_exo.report.charts.interval_bars import IntervalBar, IntervalBars
from mech_exo.report.charts.parallel_lines import MOST_LINES, ParallelAxis, ParallelLines
from mech_exo.report.charts.spread import MarkedValue, Spread
from mech_exo.report.charts.year_columns import YearColumns
from tests.unit.report.charts.awkward_charts import awkward_charts
from tests.unit.report.charts.sample_charts import sample_charts

SAMPLES = [*sample_charts(), *awkward_charts()]
HOSTILE = "</text><script>alert(1)</script>&\"'"
each = pytest.mark.parametrize("chart", SAMPLES, ids=lambda c: f"{type(c).__name__}: {c.title}")


def named(chart: Chart, name: str) -> Chart:
    """The chart with `name` in the place of every text, however deep it lies."""

    def renamed(value: object) -> object:
        if isinstance(value, str):
            return name
        if isinstance(value, tuple):
            return tuple(renamed(v) for v in value)
        if is_dataclass(value) and not isinstance(value, type):
            names = [f.name for f in fields(value) if f.name not in ("unit", "x_unit")]
            return replace(value, **{n: renamed(getattr(value, n)) for n in names})
        return value

    found = renamed(chart)
    assert isinstance(found, type(chart))
    return found


def test_every_kind_has_a_sample() -> None:
    assert {type(chart) for chart in sample_charts()} == set(CHARTS)
    assert {type(chart) for chart in awkward_charts()} == set(CHARTS)


@each
def test_the_same_record_gives_the_same_bytes(chart: Chart) -> None:
    assert draw(chart) == draw(replace(chart))  # type: ignore[type-var]


@each
def test_a_figure_has_its_size_its_words_and_its_numbers(chart: Chart) -> None:
    figure = draw(chart)
    for text, width in ((figure.wide, WIDE), (figure.narrow, NARROW)):
        svg = Tree.fromstring(text)
        assert svg.attrib["viewBox"].split()[2] == f"{width:.0f}"
        assert svg.attrib["role"] == "img"
        assert svg.attrib["aria-label"] == figure.spoken
        assert len(json.loads(svg.attrib["data-readings"])) > 0
        assert "nan" not in text
    assert figure.spoken.endswith(".")
    assert len(figure.table.rows) > 0
    assert figure.table.caption == chart.title


@each
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_nothing_stands_beside_the_sheet(chart: Chart, width: float) -> None:
    canvas = chart.painted(width)
    svg = Tree.fromstring(canvas.svg(""))
    for text in svg.iter("text"):
        if "x" in text.attrib:
            length = text_width(text.text or "") * 0.9
            start = {"start": 0.0, "middle": 0.5, "end": 1.0}[text.get("text-anchor", "start")]
            x = float(text.attrib["x"]) - start * length
            assert -2 <= x <= x + length <= width + 2, text.text
            assert 0 < float(text.attrib["y"]) <= canvas.height
    for x, y, _ in json.loads(svg.attrib["data-readings"]):
        assert 0 <= x <= width
        assert 0 <= y <= canvas.height


@each
def test_names_are_texts(chart: Chart) -> None:
    figure = draw(named(chart, HOSTILE))
    for text in (figure.wide, figure.narrow):
        svg = Tree.fromstring(text)  # well-formed
        tags = {element.tag for element in svg.iter()}
        assert tags <= {"svg", "text", "line", "rect", "circle", "path"}


@each
def test_long_names_and_other_scripts(chart: Chart) -> None:
    for name in ("動量因子 " * 12, "", "m" * 300):
        figure = draw(named(chart, name))
        Tree.fromstring(figure.narrow)
        Tree.fromstring(figure.wide)


NOTHING = np.full(30, np.nan)
DATES = np.arange("2020-01-01", "2020-01-31", dtype="datetime64[D]")
EMPTY: list[Chart] = [
    Curves("t", "", DATES, (Curve("a", NOTHING),), log=True, base=100.0),
    Curves("t", "", DATES, (Curve("from zero", np.arange(30.0)),), log=True),
    Curves("t", "", DATES, (Curve("below zero", np.arange(30.0) - 40),), base=0.0),
    Curves("t", "", DATES[:1], (Curve("a", np.array([1.0])),)),
    Curves("t", "", DATES, (Curve("constant", np.ones(30)),)),
    Drawdowns("t", "", DATES, (Curve("a", NOTHING),)),
    Drawdowns("t", "", DATES, (Curve("never", np.zeros(30)),)),
    Spread("t", "", NOTHING, (MarkedValue(float("nan"), "none"),), "values", "x"),
    Spread("t", "", np.ones(5), (), "values", "x"),
    IntervalBars("t", "", (), "weight"),
    IntervalBars("t", "", (IntervalBar("a", float("nan")), IntervalBar("b", 0.0)), "weight"),
    HeatMap("t", "", ("a",), ("b",), np.full((1, 1), np.nan)),
    HeatMap("t", "", ("a",), ("b",), np.zeros((1, 1)), diverging=True),
    ParallelLines(
        "t", "", (ParallelAxis("a", NOTHING),), np.arange(30), NOTHING, np.zeros(30, dtype=bool)
    ),
    YearColumns("t", "", ("2020",), (Curve("a", np.array([np.nan])),)),
    YearColumns("t", "", (), (Curve("a", np.array([])),)),
]


@pytest.mark.parametrize("chart", EMPTY, ids=lambda c: type(c).__name__)
def test_little_or_nothing_to_show(chart: Chart) -> None:
    figure = draw(chart)
    for text in (figure.wide, figure.narrow):
        Tree.fromstring(text)
        assert not re.search(r'[ML="]-?(nan|inf)', text)


def test_a_gap_is_not_drawn_over() -> None:
    values = np.linspace(1.0, 2.0, 30)
    values[10:15] = np.nan
    figure = draw(Curves("t", "", DATES, (Curve("a", values),)))
    [line] = [p for p in Tree.fromstring(figure.wide).iter("path") if "curve" in p.attrib["class"]]
    assert line.attrib["d"].count("M") == 2
    assert [row[1] for row in figure.table.rows[9:16]] == [
        "1.310",
        *["–"] * 5,
        "1.517",
    ]


def test_the_best_of_many_trials_are_always_drawn() -> None:
    rng = np.random.default_rng(0)
    count = 5000
    merit, feasible = rng.normal(size=count), rng.random(count) > 0.3
    axis = ParallelAxis("a", rng.normal(size=count))
    chart = ParallelLines("t", "", (axis, axis), np.arange(count), merit, feasible)
    figure = draw(chart)
    lines = [p.attrib["class"] for p in Tree.fromstring(figure.wide).iter("path")]
    assert len(lines) <= MOST_LINES
    assert (lines.count("trial top"), lines.count("trial good")) == (1, 9)
    assert 0.2 < lines.count("trial odd") / len(lines) < 0.4  # as many in the picture as there are
    best = int(np.flatnonzero(feasible)[merit[feasible].argmax()])
    assert figure.table.rows[0][0] == str(best)
    assert f"trial {best}:" in figure.spoken


def test_every_placebo_is_a_dot_and_the_winner_stands_among_them() -> None:
    values = np.linspace(0.0, 1.0, 99)
    chart = Spread("t", "", values, (MarkedValue(0.905, "this"),), "placebos", "Sharpe ratio")
    figure = draw(chart)
    for text in (figure.wide, figure.narrow):
        dots = [c for c in Tree.fromstring(text).iter("circle") if c.attrib["class"] == "dot"]
        assert len(dots) == 99
    assert "10 of 99 are as high or higher" in figure.spoken
    assert figure.table.marked == (0,)
    assert len(figure.table.rows) == 100


def test_a_sign_is_not_said_by_colour_alone() -> None:
    values = np.tile([[-100.0, 100.0]], (20, 20))
    names = tuple(f"{i}" for i in range(40))
    chart = HeatMap("t", "", names[:20], names, values, diverging=True)
    narrow = Tree.fromstring(draw(chart).narrow)
    signs = [t.text for t in narrow.iter("text") if t.attrib["class"] == "cellvalue"]
    assert signs == ["−"] * 400


def test_shades_of_a_heat_map_are_even_on_both_sides() -> None:
    values = np.array([[-0.2, 0.0, 0.4]])
    chart = HeatMap("t", "", ("r",), ("a", "b", "c"), values, diverging=True)
    cells = [r.attrib["class"] for r in Tree.fromstring(draw(chart).wide).iter("rect")][:3]
    assert cells == ["cell m2", "cell d0", "cell d4"]
