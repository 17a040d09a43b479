"""Damages to factor tables and to the settings that load them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tests.damage.good_files import Grid, long_prices
from tests.damage.kinds import Change, Damage

NAME, OTHER = "AKP", "BLQ"


def _reports(change: Callable[[Grid], Grid]) -> Change:
    return lambda files: replace(files, reports=change(files.reports))


def _sentiment(change: Callable[[Grid], Grid]) -> Change:
    return lambda files: replace(files, sentiment=change(files.sentiment))


def _column(name: str, change: Callable[[int, str], str]) -> Change:
    return _reports(lambda grid: grid.mapped(name, change))


def _of(name: str, cell: str) -> Callable[[Grid], Grid]:
    """A column of the reports that repeats another."""

    def change(grid: Grid) -> Grid:
        k = grid.column(cell)
        return grid.mapped(name, lambda at, _: grid.rows[at][k])

    return change


def _again(value: str | None) -> Change:
    """A row of the reports once more, with another value or the same."""

    def change(grid: Grid) -> Grid:
        row = grid.rows[40]
        return grid.with_rows((*grid.rows, (*row[:3], value or row[3], *row[4:])))

    return _reports(change)


def _only_for(name: str) -> Callable[[Grid], Grid]:
    return lambda grid: grid.with_rows(cells for cells in grid.rows if cells[0] == name)


def _until(day: str) -> Callable[[Grid], Grid]:
    return lambda grid: grid.with_rows(cells for cells in grid.rows if cells[2] < day)


def _dimensions(grid: Grid) -> Grid:
    """As-reported and most-recent rows of the same periods in one table."""
    rows = [(*cells, kind) for cells in grid.rows for kind in ("ARQ", "MRQ")]
    return Grid((*grid.header, "dimension"), tuple(rows))


def _data(**settings: object) -> Change:
    return lambda files: replace(files, data={**files.data, **settings})


def _later(days: int) -> Callable[[Grid], Grid]:
    def change(grid: Grid) -> Grid:
        return grid.mapped("available_date", lambda _, d: str(np.datetime64(d) + days))

    return change


FACTS = (
    Damage(
        "public before the period's end",
        _column("available_date", lambda _, d: "2019-01-02"),
        "refused",
    ),
    Damage(
        "one row public before its period's end",
        _reports(lambda g: g.with_cell(30, "available_date", "2020-01-02")),
        "refused",
    ),
    Damage("public on the period's end", _reports(_of("available_date", "period_end")), "refused"),
    Damage(
        "public a day after the period's end",
        _reports(lambda g: _later(1)(_of("available_date", "period_end")(g))),
        "any",
    ),
    Damage(
        "period ends alone", _reports(lambda g: g.without("available_date")), "refused", "publi"
    ),
    Damage(
        "period ends called date",
        _reports(lambda g: g.without("available_date").renamed("period_end", "date")),
        "refused",
        "publi",
    ),
    Damage("all public on one day", _column("available_date", lambda _, d: "2026-01-05"), "any"),
    Damage(
        "backfilled on one day",
        _reports(lambda g: g.mapped("available_date", lambda at, d: max(d, "2025-06-03"))),
        "any",
    ),
    Damage(
        "publication in 2205",
        _reports(lambda g: g.with_cell(30, "available_date", "2205-01-02")),
        "refused",
    ),
    Damage(
        "one publication in 2091",
        _reports(lambda g: g.with_cell(30, "available_date", "2091-01-02")),
        "any",
    ),
    Damage(
        "a publication date left out",
        _reports(lambda g: g.with_cell(30, "available_date", "")),
        "refused",
    ),
    Damage(
        "a factor that is the same for all",
        _column("return_on_equity", lambda _a, _o: "0.1"),
        "any",
        "return_on_equity",
    ),
    Damage(
        "a factor without a value",
        _column("return_on_equity", lambda _a, _o: ""),
        "any",
        "return_on_equity",
    ),
    Damage("a factor of one name", _reports(_only_for(NAME)), "any", "return_on_equity"),
    Damage(
        "a factor that ends two years before the prices", _reports(_until("2024-01-01")), "warned"
    ),
    Damage("a factor table of another market", _column("symbol", lambda _, s: f"{s}.X"), "refused"),
    Damage("names in lower case", _column("symbol", lambda _, s: s.lower()), "refused"),
    Damage(
        "blanks around the names, in a report", _column("symbol", lambda _, s: f" {s} "), "same"
    ),
    Damage(
        "a name without prices",
        _reports(lambda g: g.with_cell(30, "symbol", "QQQ")),
        "refused",
        "QQQ",
    ),
    Damage(
        "no name matches and that is ignored",
        lambda f: _data(unknown_symbols="ignore")(_column("symbol", lambda _, s: f"{s}.X")(f)),
        "refused",
    ),
    Damage("a report twice", _again(None), "refused"),
    Damage("a report twice with two values", _again("0.9"), "refused"),
    Damage("two dimensions in one table", _reports(_dimensions), "refused"),
    Damage(
        "a word for a number",
        _reports(lambda g: g.with_cell(30, "return_on_equity", "n.m.")),
        "refused",
    ),
    Damage(
        "a percent sign, in a report",
        _reports(lambda g: g.with_cell(30, "return_on_equity", "12%")),
        "refused",
    ),
    Damage(
        "infinity, in a report",
        _reports(lambda g: g.with_cell(30, "return_on_equity", "inf")),
        "refused",
    ),
    Damage("reports in another order", _reports(lambda g: g.with_rows(g.rows[::-1])), "same"),
    Damage("no symbols at all", _reports(lambda g: g.without("symbol")), "refused"),
    Damage(
        "sentiment with a name missing in the prices",
        _sentiment(lambda g: g.renamed(NAME, "QQQ")),
        "refused",
    ),
    Damage(
        "sentiment with a date twice",
        _sentiment(lambda g: g.with_rows((*g.rows, g.rows[3]))),
        "refused",
    ),
    Damage(
        "sentiment that begins after the prices end",
        _sentiment(lambda g: g.mapped("date", lambda at, d: str(np.datetime64("2026-02-02") + at))),
        "refused",
    ),
    Damage(
        "sentiment that ends two years early",
        _sentiment(lambda g: g.with_rows(g.rows[:60])),
        "warned",
        "news_sentiment",
    ),
    Damage(
        "sentiment that is zero",
        _sentiment(lambda g: g.with_rows((c[0], *("0" for _ in c[1:])) for c in g.rows)),
        "any",
        "news_sentiment",
    ),
    Damage(
        "sentiment of one name",
        _sentiment(lambda g: g.with_rows((*c[:2], *("" for _ in c[2:])) for c in g.rows)),
        "any",
        "news_sentiment",
    ),
    Damage(
        "the price file as factor table",
        lambda f: replace(f, sentiment=long_prices(f.prices)),
        "unseen",
    ),
    Damage(
        "the same table twice",
        _data(factors=[{"file": "reports.csv"}, {"file": "reports.csv"}]),
        "refused",
    ),
    Damage("a start after the end", _data(start="2026-05-01"), "refused"),
    Damage("an end before the start", _data(end="2001-01-01"), "refused"),
    Damage(
        "a finding accepted that is not there", _data(accept=[f"jump:{NAME}:2024-01-05"]), "same"
    ),
    Damage("a key column that is not there", _data(keys={"price": "settle"}), "refused", "settle"),
    Damage(
        "a folder instead of a file", lambda f: replace(f, data={**f.data, "prices": "."}), "any"
    ),
)
