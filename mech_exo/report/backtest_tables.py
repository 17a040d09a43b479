"""A backtest as tables: figures, years, what-ifs."""

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table

from mech_exo.backtest.metrics import METRICS
from mech_exo.report.formats import percent
from mech_exo.report.result_tables import WRITTEN, capacity_table
from mech_exo.workflow.backtest_run import AS_IT_IS, Backtested, WhatIf
from mech_exo.workflow.track_record import TrackRecord

YEARLY = ("total_return", "sharpe", "max_drawdown")
"""Metrics of the table by year, each with the benchmark's beside it."""

FRAGILE = ("annual_return", "active_return", "sharpe", "volatility", "max_drawdown", "turnover")
"""Metrics of the table of what-ifs."""


def show_backtest(found: Backtested, capital: float | None, console: Console) -> None:
    """Print figures, years, what-ifs and capacity of a backtest."""
    track = found.track
    _show(console, _title(track), _figures(found))
    _show(console, f"By year ({track.benchmark_name} beside it)", _years(track))
    if found.what_ifs:
        _show(console, f"What if, {_when(track)}", _what_ifs(found.what_ifs))
    if found.capacity is not None:
        _show(console, *capacity_table(found.capacity))
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
        yield (
            f"looks      portfolios seen on these dates of the holdout so far: {found.looks}; a "
            "verdict counts them"
        )
    elif track.holdout_from is not None:
        yield (
            f"holdout    from {track.holdout_from}, not shown: --part all shows it, and is entered "
            "as a look"
        )


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


def _figures(found: Backtested) -> Table:
    """Every metric, of all dates and of each part; the benchmark's beside it."""
    tracks = (found.track, *found.parts)
    names = ["" if not found.parts else "all dates", *(part.seen for part in found.parts)]
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


def _years(track: TrackRecord) -> Table:
    headings = [
        heading
        for name in YEARLY
        for heading in (_heading(name), f"{_heading(name)}\n{track.benchmark_name}")
    ]
    table = _columns("year", *headings, "active\nreturn", "turnover", "")
    table.columns[-1].justify = "left"
    for year in track.years:
        cells = [
            WRITTEN[METRICS[name].unit](figures.get(name))
            for name in YEARLY
            for figures in (year.metrics, year.benchmark_metrics)
        ]
        active, turned = (percent(year.metrics[n]) for n in ("active_return", "turnover"))
        table.add_row(str(year.year), *cells, active, turned, _marked(track, year.first, year.last))
    return table


def _heading(name: str) -> str:
    return {"total_return": "return", "sharpe": "Sharpe", "max_drawdown": "drawdown"}[name]


def _marked(track: TrackRecord, first: object, last: object) -> str:
    """Whether a year is in sample; of one that is both, from when on it is not."""
    seen = track.part_of(first, last)  # type: ignore[arg-type]
    return f"holdout from {track.holdout_from}" if seen == "in sample and holdout" else seen


def _what_ifs(what_ifs: tuple[WhatIf, ...]) -> Table:
    labels = {name: METRICS[name].label for name in FRAGILE}
    table = _columns("", *(label.replace(" a year", "\na year") for label in labels.values()))
    for row in what_ifs:
        figures: Mapping[str, float] = {} if row.track is None else row.track.metrics
        cells = [WRITTEN[METRICS[name].unit](figures.get(name)) for name in labels]
        table.add_row(row.name, *cells)
    return table
