"""Damages to what prices mean: ticks, splits, holes, endings, names, dates."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import numpy as np

from tests.damage.good_files import GONE, SESSIONS, SYMBOLS, Files, Grid, long_prices
from tests.damage.kinds import Change, Damage, with_prices

ROW, NAME, OTHER = 500, "AKP", "BLQ"


def _scaled(factor: float, rows: range, names: tuple[str, ...] = (NAME,)) -> Change:
    """Some closes times a factor."""

    def change(files: Files) -> Files:
        grid = files.prices
        for name in names:
            grid = grid.mapped(
                name,
                lambda at, old: f"{float(old) * factor:.6f}" if old and at in rows else old,
            )
        return with_prices(files, grid)

    return change


def _blank(rows: range, names: tuple[str, ...]) -> Change:
    def change(files: Files) -> Files:
        grid = files.prices
        for name in names:
            grid = grid.mapped(name, lambda at, old: "" if at in rows else old)
        return with_prices(files, grid)

    return change


def _frozen(rows: range, names: tuple[str, ...] = (NAME,)) -> Change:
    def change(files: Files) -> Files:
        grid = files.prices
        for name in names:
            grid = _held(grid, name, rows)
        return with_prices(files, grid)

    return change


def _held(grid: Grid, name: str, rows: range) -> Grid:
    """A name's close of the row before, in all the rows."""
    close = grid.rows[rows.start - 1][grid.column(name)]
    return grid.mapped(name, lambda at, old: close if at in rows else old)


def _without_rows(rows: range) -> Change:
    return lambda files: with_prices(
        files, files.prices.with_rows(c for at, c in enumerate(files.prices.rows) if at not in rows)
    )


def _extra_row(day: str, priced: int) -> Change:
    """A session more, on which the first `priced` names have a close."""

    def change(files: Files) -> Files:
        near = max((c for c in files.prices.rows if c[0] < day), default=files.prices.rows[0])
        row = (day, *(cell if k < priced else "" for k, cell in enumerate(near[1:])))
        rows = sorted((*files.prices.rows, row), key=lambda cells: cells[0])
        return with_prices(files, files.prices.with_rows(rows))

    return change


def _dates(change: Callable[[str], str]) -> Change:
    return lambda files: with_prices(files, files.prices.mapped("date", lambda _, d: change(d)))


def _date(row: int, day: str) -> Change:
    return lambda files: with_prices(files, files.prices.with_cell(row, "date", day))


def _named(change: Callable[[str], str]) -> Change:
    def spoil(files: Files) -> Files:
        header = (files.prices.header[0], *map(change, files.prices.header[1:]))
        return with_prices(files, replace(files.prices, header=header))

    return spoil


def _column_more(name: str, cell: Callable[[int, tuple[str, ...]], str]) -> Change:
    def spoil(files: Files) -> Files:
        rows = tuple((*cells, cell(at, cells)) for at, cells in enumerate(files.prices.rows))
        return with_prices(files, Grid((*files.prices.header, name), rows))

    return spoil


def _index_column(files: Files) -> Files:
    rows = tuple((str(at), *cells) for at, cells in enumerate(files.prices.rows))
    return with_prices(files, Grid(("Unnamed: 0", *files.prices.header), rows))


def _one_stock(files: Files) -> Files:
    rows = tuple((c[0], c[1], c[1], c[1], c[1], c[1], "1000") for c in files.prices.rows)
    header = ("Date", "Open", "High", "Low", "Close", "Adj Close", "Volume")
    return with_prices(files, Grid(header, rows))


def _as_returns(files: Files) -> Files:
    close = np.array([[float(c or "nan") for c in cells[1:]] for cells in files.prices.rows])
    moves = close[1:] / close[:-1] - 1.0
    rows = (
        (cells[0], *("" if np.isnan(value) else f"{value:.8f}" for value in row))
        for cells, row in zip(files.prices.rows[1:], moves, strict=True)
    )
    return with_prices(files, files.prices.with_rows(rows))


def _month_ends(until: int) -> Change:
    """Month ends alone up to a row, every session from then on."""

    def spoil(files: Files) -> Files:
        rows = files.prices.rows
        last = [
            cells for cells, after in pairwise(rows[: until + 1]) if cells[0][:7] != after[0][:7]
        ]
        return with_prices(files, files.prices.with_rows((*last, *rows[until:])))

    return spoil


def _rows_twice(files: Files) -> Files:
    return with_prices(files, files.prices.with_rows((*files.prices.rows, *files.prices.rows)))


def _long(change: Callable[[Grid], Grid]) -> Change:
    return lambda files: with_prices(files, change(long_prices(files.prices)))


def _second_close(grid: Grid) -> Grid:
    return grid.with_rows((*grid.rows, (*grid.rows[400][:2], "55.5")))


def _unadjusted_beside(grid: Grid) -> Grid:
    """An adjusted column, and a close that a 7:1 split falls out of."""
    rows = (
        (day, name, f"{float(c) * (7 if name == NAME and day < '2024-10-01' else 1):.4f}", c)
        for day, name, c in grid.rows
    )
    return Grid(("Date", "Symbol", "Close", "Adj Close"), tuple(rows))


def _adjusted_lost(grid: Grid) -> Grid:
    return _unadjusted_beside(grid).without("Adj Close")


def _without_name(grid: Grid) -> Grid:
    return grid.with_cell(700, "symbol", "")


def _spelled(form: str) -> Callable[[str], str]:
    return lambda day: datetime.fromisoformat(day).strftime(form)


def _serial(day: str) -> str:
    return str((np.datetime64(day) - np.datetime64("1899-12-30")).astype(int))


def _epoch(day: str) -> str:
    return str(np.datetime64(day, "s").astype(int))


TAIL = range(SESSIONS - 80, SESSIONS)
MANY = tuple(name for at, name in enumerate(SYMBOLS) if at not in GONE)

PRICES = (
    Damage("a tick ×100", _scaled(100.0, range(ROW, ROW + 1)), "refused", NAME),
    Damage("a tick ÷100", _scaled(0.01, range(ROW, ROW + 1)), "refused", NAME),
    Damage("a decimal slip of ×10", _scaled(10.0, range(ROW, ROW + 1)), "refused", NAME),
    Damage(
        "a decimal slip of ÷10 over two days", _scaled(0.1, range(ROW, ROW + 2)), "refused", NAME
    ),
    Damage("a close twice as high for a day", _scaled(2.0, range(ROW, ROW + 1)), "refused", NAME),
    Damage("an unadjusted 2:1", _scaled(2.0, range(ROW)), "refused", NAME),
    Damage("an unadjusted 3:1", _scaled(3.0, range(ROW)), "refused", NAME),
    Damage("an unadjusted 7:1", _scaled(7.0, range(ROW)), "refused", NAME),
    Damage("an unadjusted 10:1", _scaled(10.0, range(ROW)), "refused", NAME),
    Damage("an unadjusted 1:10", _scaled(0.1, range(ROW)), "refused", NAME),
    Damage("an unadjusted 3:2", _scaled(1.5, range(ROW)), "any", NAME),
    Damage(
        "pence instead of pounds from a day on",
        _scaled(100.0, range(ROW, SESSIONS)),
        "refused",
        NAME,
    ),
    Damage("all names ×100 on a day", _scaled(100.0, range(ROW, ROW + 1), MANY), "refused"),
    Damage("one name stands still for a quarter", _frozen(range(ROW, ROW + 63)), "warned", NAME),
    Damage("one name carried forward to the end", _frozen(TAIL), "refused", NAME),
    Damage(
        "all names stand still at the end", _frozen(range(SESSIONS - 6, SESSIONS), MANY), "refused"
    ),
    Damage("all names stand still for a week", _frozen(range(ROW, ROW + 5), MANY), "warned"),
    Damage(
        "a hole of sixty sessions in a name",
        _blank(range(ROW, ROW + 60), (NAME,)),
        "warned",
        "hole",
    ),
    Damage(
        "every second price of a name is lost",
        _blank(range(0, SESSIONS, 2), (NAME,)),
        "warned",
        "sparse",
    ),
    Damage("three months missing", _without_rows(range(ROW, ROW + 63)), "warned"),
    Damage("one name alone has a price on a day", _blank(range(ROW, ROW + 1), MANY[1:]), "warned"),
    Damage(
        "a third of the names have a price on a day",
        _blank(range(ROW, ROW + 1), MANY[9:]),
        "warned",
    ),
    Damage("one name on a holiday", _extra_row("2024-12-28", 1), "warned"),
    Damage("all names on a Saturday", _extra_row("2024-12-28", 30), "warned"),
    Damage("a session in 2099", _extra_row("2099-01-01", 30), "refused", "2099"),
    Damage("a session in 1970", _extra_row("1970-01-01", 30), "any"),
    Damage("nearly all names end on one day", _blank(range(600, SESSIONS), MANY[1:]), "refused"),
    Damage(
        "two thirds of the names end on one day", _blank(range(600, SESSIONS), MANY[8:]), "refused"
    ),
    Damage(
        "most names lack the last session", _blank(range(SESSIONS - 1, SESSIONS), MANY[5:]), "any"
    ),
    Damage(
        "no name has the last session", _blank(range(SESSIONS - 1, SESSIONS), SYMBOLS), "refused"
    ),
    Damage(
        "a name twice, once in lower case",
        _column_more(NAME.lower(), lambda _, c: c[1]),
        "refused",
        NAME.lower(),
    ),
    Damage("a name that is another's copy", _column_more("AKP.US", lambda _, c: c[1]), "any"),
    Damage("a name without any price", _column_more("ZZZ", lambda _a, _c: ""), "warned", "ZZZ"),
    Damage("an index written as a column", _index_column, "refused"),
    Damage("one stock's file", _one_stock, "refused"),
    Damage("tuples for names", _named(lambda s: f"('Close'; '{s}')"), "refused"),
    Damage("returns instead of prices", _as_returns, "refused"),
    Damage("monthly, then daily", _month_ends(400), "refused"),
    Damage("every row twice", _rows_twice, "refused"),
    Damage("a second close of a name and day", _long(_second_close), "refused"),
    Damage("a row without a name", _long(_without_name), "refused"),
    Damage("an adjusted close beside an unadjusted one", _long(_unadjusted_beside), "same"),
    Damage("an unadjusted close alone", _long(_adjusted_lost), "refused", NAME),
    Damage("DD/MM/YYYY", _dates(_spelled("%d/%m/%Y")), "refused"),
    Damage("MM/DD/YYYY", _dates(_spelled("%m/%d/%Y")), "refused"),
    Damage("DD.MM.YYYY", _dates(_spelled("%d.%m.%Y")), "any"),
    Damage("two digits of the year", _dates(_spelled("%y-%m-%d")), "refused"),
    Damage("YYYYMMDD", _dates(_spelled("%Y%m%d")), "same"),
    Damage("midnight after the date", _dates(lambda d: f"{d} 00:00:00"), "same"),
    Damage("midnight and a zone", _dates(lambda d: f"{d} 00:00:00-05:00"), "same"),
    Damage("serial numbers of a spreadsheet", _dates(_serial), "refused"),
    Damage("seconds since 1970", _dates(_epoch), "refused"),
    Damage("a date that does not exist", _date(ROW, "2024-02-30"), "refused"),
    Damage("a date twice", _date(ROW, "2024-03-05"), "any"),
    Damage("day and month exchanged in one row", _date(ROW, "2025-05-01"), "refused"),
    Damage("a date left out", _date(ROW, ""), "refused"),
    Damage("the year wrong in one row", _date(ROW, "2014-11-28"), "any"),
)
