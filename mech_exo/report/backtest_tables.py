"""A backtest as tables: figures, years, what-ifs."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from mech_exo.backtest.calendar_years import CalendarYear
from mech_exo.backtest.metrics import METRICS
from mech_exo.report.formats import WRITTEN, look_words, percent
from mech_exo.report.result_tables import capacity_table
from mech_exo.workflow.backtest_run import AS_IT_IS, Backtested, WhatIf
from mech_exo.workflow.track_record import TrackRecord

NARROW = 90  # columns of a terminal below which some of the tables' are left out


class MetricColumn(NamedTuple):
    """A column of the table by year or of what-ifs.

    Attributes
    ----------
    heading
        Of two lines.
    name
        Of the metric.
    of_benchmark
        Whether it is the benchmark's.
    always
        Whether a narrow terminal shows it too.
    """

    heading: str
    name: str
    of_benchmark: bool = False
    always: bool = False


YEARLY = (
    MetricColumn("\nreturn", "total_return", always=True),
    MetricColumn("return", "total_return", of_benchmark=True, always=True),
    MetricColumn("\nSharpe", "sharpe", always=True),
    MetricColumn("Sharpe", "sharpe", of_benchmark=True),
    MetricColumn("\ndrawdown", "max_drawdown", always=True),
    MetricColumn("drawdown", "max_drawdown", of_benchmark=True),
    MetricColumn("active\na year", "active_return"),
    MetricColumn("turnover\na year", "turnover"),
)
"""Of the table by year; below a heading of the benchmark stands its name."""

ANNUALISED = ("sharpe", "active_return", "turnover")
"""Of these, what is scaled to a year."""

FRAGILE = (
    MetricColumn("return\na year", "annual_return", always=True),
    MetricColumn("active return\na year", "active_return", always=True),
    MetricColumn("Sharpe\nratio", "sharpe", always=True),
    MetricColumn("volatility\na year", "volatility"),
    MetricColumn("largest\ndrawdown", "max_drawdown"),
    MetricColumn("turnover\na year", "turnover"),
)
"""Of the table of what-ifs."""


def show_backtest(found: Backtested, capital: float | None, console: Console) -> None:
    """Print figures, years, what-ifs and capacity of a backtest."""
    track, narrow = found.track, console.width < NARROW
    together = (track, *found.parts)
    if narrow:
        for one in together:
            _show(console, _title(one), _figures((one,)))
    else:
        _show(console, _title(track), _figures(together))
    beside = f"{track.benchmark_name} beside it"
    _show(console, f"By year ({beside}; * scaled up from a part of it)", _years(track, narrow))
    if found.what_ifs:
        _show(console, f"What if, {_when(track)}", _what_ifs(found.what_ifs, narrow))
    if found.capacity is not None:
        _show(console, *capacity_table(found.capacity, track.seen))
    console.print()
    for line in lines(found, capital):
        console.print(line, soft_wrap=True)


def lines(found: Backtested, capital: float | None) -> Iterator[str]:
    """What is worth saying beside the figures."""
    track = found.track
    for name, value in found.changes.settings.items():
        yield f"assumed    {name} {value:,.12g}"
    if capital is not None:
        worth = float(track.values(capital)[-1])
        yield f"money      {capital:,.2f} on {track.dates[0]} are {worth:,.2f} on {track.dates[-1]}"
        if found.capacity is None:
            yield "capacity   is not known: it needs what is traded of each name (data.volume)"
    if found.parts:
        yield (
            "note: the columns in sample and holdout are runs of their own, which begin with cash, "
            "as a study and a factor file have them."
        )
    yield from _weakest(found.what_ifs)
    for row in found.what_ifs:
        if row.failure:
            yield f"note: {row.name} cannot be run: {row.failure}"
    if track.metrics["total_return"] == -1.0:
        yield "note: it was ruined: it lost all it was worth."
    if found.looks:
        yield looks_line(found.look, found.looks)
    elif track.holdout_from is not None:
        yield (
            f"holdout    from {track.holdout_from}, not shown: --part all shows it, and is entered "
            "as a look"
        )


def looks_line(look: int, looks: int) -> str:
    """That the holdout was looked at, and how many portfolios were seen there."""
    return f"looks      {look_words(look, looks)}; a verdict counts them"


def _weakest(what_ifs: tuple[WhatIf, ...]) -> Iterator[str]:
    """Which assumption takes the most of the active return; nothing where none takes any."""
    earned = {
        row.name: row.track.metrics["active_return"] for row in what_ifs if row.track is not None
    }
    name = min(earned, key=earned.__getitem__, default=AS_IT_IS)
    if name != AS_IT_IS and earned[name] < earned[AS_IT_IS]:
        yield (
            f"fragile    {name} takes the most: an active return a year of "
            f"{percent(earned[AS_IT_IS])} becomes {percent(earned[name])}"
        )


def _show(console: Console, title: str, table: Table) -> None:
    console.print()
    console.print(title, style="bold", soft_wrap=True)
    console.print(table)


def _when(track: TrackRecord) -> str:
    return f"{track.dates[0]} to {track.dates[-1]} ({track.seen})"


def _title(track: TrackRecord) -> str:
    return f"{track.label}, {_when(track)}"


def _columns(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(headings[0])
    for heading in headings[1:]:
        table.add_column(heading, justify="right")
    return table


def _figures(tracks: tuple[TrackRecord, ...]) -> Table:
    """Every metric, of all dates and of each part; the benchmark's beside it."""
    names = ["" if len(tracks) == 1 else "all dates", *(track.seen for track in tracks[1:])]
    headings = [
        f"{name}\n{who}".strip()
        for name, track in zip(names, tracks, strict=True)
        for who in (_short(track.label), track.benchmark_name)
    ]
    table = _columns("", *headings)
    for metric in METRICS.values():
        write = WRITTEN[metric.unit]
        cells = [
            write(figures.get(metric.name))
            for track in tracks
            for figures in (track.metrics, track.benchmark_metrics)
        ]
        table.add_row(metric.label, *cells)
    return table


def _short(label: str) -> str:
    """A file's name without its folders."""
    return label.rpartition("/")[2]


def _years(track: TrackRecord, narrow: bool) -> Table:
    shown = [column for column in YEARLY if column.always or not narrow]
    headings = [
        f"{c.heading}\n{track.benchmark_name}" if c.of_benchmark else c.heading for c in shown
    ]
    table = _columns("\nyear", *headings, "")
    table.columns[-1].justify = "left"
    for year in track.years:
        cells = [_of_year(year, column) for column in shown]
        table.add_row(str(year.year), *cells, _marked(track, year))
    return table


def _of_year(year: CalendarYear, column: MetricColumn) -> str:
    """A figure; one that is of a year, and stands on fewer sessions, has a star."""
    figures = year.benchmark_metrics if column.of_benchmark else year.metrics
    broken = column.name in ANNUALISED and not year.whole
    return f"{_written(figures, column)}{'*' if broken else ''}"


def _written(figures: Mapping[str, float], column: MetricColumn) -> str:
    return WRITTEN[METRICS[column.name].unit](figures.get(column.name))


def _marked(track: TrackRecord, year: CalendarYear) -> str:
    """Whether a year is in sample; of one that is both, from when on it is not."""
    seen = track.part_of(year.first, year.last)
    return f"holdout from {track.holdout_from}" if seen == "in sample and holdout" else seen


def _what_ifs(what_ifs: tuple[WhatIf, ...], narrow: bool) -> Table:
    shown = [column for column in FRAGILE if column.always or not narrow]
    table = _columns("", *(column.heading for column in shown))
    table.columns[0].overflow = "fold"
    for row in what_ifs:
        figures: Mapping[str, float] = {} if row.track is None else row.track.metrics
        table.add_row(row.name, *(_written(figures, column) for column in shown))
    return table
