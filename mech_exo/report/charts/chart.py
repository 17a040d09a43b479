"""What a chart is, and the figure that is made of one."""

from dataclasses import dataclass
from typing import Protocol

from mech_exo.report.charts.canvas import Canvas
from mech_exo.report.charts.text_table import TextTable

WIDE, NARROW = 780.0, 358.0
"""Pixels: on a screen and on A4, and on a telephone. A chart is painted for both, so that its text
is never scaled down."""


class Chart(Protocol):
    """A frozen record of what is to be shown. NaN is a gap and never a value."""

    @property
    def title(self) -> str:
        """What is seen, as a sentence or a noun: the figure's heading."""

    @property
    def caption(self) -> str:
        """How it is to be read; below the figure."""

    def painted(self, width: float) -> Canvas:
        """The chart on a sheet of that width; its height is its own choice."""

    def spoken(self) -> str:
        """What a reader who does not see it is told: kind, extent, and the main figure."""

    def table(self) -> TextTable:
        """The numbers behind it."""


@dataclass(frozen=True)
class DrawnFigure:
    """A chart as a page needs it.

    Attributes
    ----------
    wide, narrow
        SVG elements of `WIDE` and `NARROW` pixels. Both belong into the page, which shows one.
    spoken
        Text for those who do not see it; stands in both elements too.
    table
        The numbers behind it.
    """

    title: str
    caption: str
    spoken: str
    wide: str
    narrow: str
    table: TextTable


def draw(chart: Chart) -> DrawnFigure:
    """The figure of a chart; the same bytes for the same record."""
    spoken = chart.spoken()
    return DrawnFigure(
        title=chart.title,
        caption=chart.caption,
        spoken=spoken,
        wide=chart.painted(WIDE).svg(spoken),
        narrow=chart.painted(NARROW).svg(spoken),
        table=chart.table(),
    )
