"""Thirty damages more, thought up before the rules were read; and what no check can see."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tests.damage.good_files import SESSIONS, SYMBOLS, Files, Grid, long_prices
from tests.damage.kinds import Change, Damage, prices_text, raw_prices, with_prices

NAME, OTHER, ROW = "CMR", "DOP", 520


def _exchanged(files: Files) -> Files:
    """Two names' closes exchanged from a session on."""
    grid = files.prices
    a, b = grid.column(NAME), grid.column(OTHER)
    first = grid.mapped(NAME, lambda at, old: grid.rows[at][b] if at >= ROW else old)
    return with_prices(
        files, first.mapped(OTHER, lambda at, old: grid.rows[at][a] if at >= ROW else old)
    )


def _another_company(files: Files) -> Files:
    """A symbol used again: another company's history before a hole of a quarter."""

    def cell(at: int, old: str) -> str:
        if at >= ROW:
            return old
        return "" if at >= ROW - 63 else f"{float(old or 50) * 0.013:.5f}"

    return with_prices(files, files.prices.mapped(NAME, cell))


def _interpolated(files: Files) -> Files:
    """Forty closes on a straight line."""
    k = files.prices.column(NAME)
    first, last = (float(files.prices.rows[at][k]) for at in (ROW, ROW + 41))
    line = np.linspace(first, last, 42)

    def cell(at: int, old: str) -> str:
        return f"{line[at - ROW]:.6f}" if ROW <= at <= ROW + 41 else old

    return with_prices(files, files.prices.mapped(NAME, cell))


def _row_of_the_day_before(files: Files) -> Files:
    rows = list(files.prices.rows)
    rows[ROW] = (rows[ROW][0], *rows[ROW - 1][1:])
    return with_prices(files, files.prices.with_rows(rows))


def _shifted(days: int) -> Change:
    """Every date moved."""
    return lambda files: with_prices(
        files, files.prices.mapped("date", lambda _, d: str(np.datetime64(d) + days))
    )


def _mondays_on_sunday(files: Files) -> Files:
    def moved(_: int, day: str) -> str:
        date = np.datetime64(day)
        monday = (date.astype(int) + 3) % 7 == 0
        return str(date - 1) if monday else day

    return with_prices(files, files.prices.mapped("date", moved))


def _half_in_another_form(files: Files) -> Files:
    return with_prices(
        files,
        files.prices.mapped("date", lambda at, d: d.replace("-", "") if at % 2 else d),
    )


def _zones_of_summer(files: Files) -> Files:
    def stamped(_: int, day: str) -> str:
        return f"{day} 00:00:00-0{4 if '04' <= day[5:7] <= '10' else 5}:00"

    return with_prices(files, files.prices.mapped("date", stamped))


def _case_changes(grid: Grid) -> Grid:
    return grid.mapped(
        "symbol", lambda at, s: s.lower() if s == NAME and grid.rows[at][0] > "2024-10-01" else s
    )


def _renamed_to(name: str) -> Change:
    """The name in all files."""

    def change(files: Files) -> Files:
        return replace(
            files,
            prices=files.prices.renamed(NAME, name),
            sentiment=files.sentiment.renamed(NAME, name),
            reports=files.reports.mapped("symbol", lambda _, s: name if s == NAME else s),
        )

    return change


def _empty_columns(files: Files) -> Files:
    lines = prices_text(files).splitlines()
    return raw_prices(files, "".join(f"{line},,,\n" for line in lines).encode())


def _with_line(text: str) -> Change:
    return lambda files: raw_prices(files, (text + prices_text(files)).encode())


def _constant(files: Files) -> Files:
    grid = files.prices
    rows = ((c[0], *("100" if cell else "" for cell in c[1:])) for c in grid.rows)
    return with_prices(files, grid.with_rows(rows))


def _cents(files: Files) -> Files:
    grid = files.prices
    rows = (
        (c[0], *(f"{float(cell) * 100:.2f}" if cell else "" for cell in c[1:])) for c in grid.rows
    )
    return with_prices(files, grid.with_rows(rows))


def _volumes(files: Files) -> Files:
    """Somebody's volumes in the place of closes."""
    rng = np.random.default_rng(3)
    grid = files.prices
    rows = (
        (c[0], *(str(int(v)) if cell else "" for cell, v in zip(c[1:], draw, strict=True)))
        for c, draw in zip(grid.rows, rng.lognormal(12, 1, (SESSIONS, 30)), strict=True)
    )
    return with_prices(files, grid.with_rows(rows))


def _yields(files: Files) -> Files:
    """A close in percent of the one before, from 100."""
    grid = files.prices
    rows = [grid.rows[0]]
    for before, row in zip(grid.rows, grid.rows[1:], strict=False):
        cells = (
            f"{100 * float(b) / float(a):.6f}" if a and b else ""
            for a, b in zip(before[1:], row[1:], strict=True)
        )
        rows.append((row[0], *cells))
    return with_prices(files, grid.with_rows(rows[1:]))


def _reports(change: Callable[[Grid], Grid]) -> Change:
    return lambda files: replace(files, reports=change(files.reports))


def _year_later(grid: Grid) -> Grid:
    return grid.mapped(
        "available_date",
        lambda at, d: str(np.datetime64(d) + 365) if at in (30, 31) else d,
    )


def _thousandfold(grid: Grid) -> Grid:
    k = grid.column("symbol")
    return grid.mapped(
        "return_on_equity",
        lambda at, old: f"{float(old) * 1000:.3f}" if grid.rows[at][k] < "D" else old,
    )


def _of_one_quarter(grid: Grid) -> Grid:
    return grid.with_rows(c for c in grid.rows if c[1] == "2024-03-31")


def _same_every_quarter(grid: Grid) -> Grid:
    """Each name's first value, repeated for ever."""
    first: dict[str, str] = {}
    for cells in grid.rows:
        first.setdefault(cells[0], cells[3])
    return grid.mapped("return_on_equity", lambda at, _: first[grid.rows[at][0]])


def _as_floats(grid: Grid) -> Grid:
    return grid.mapped("period_end", lambda _, d: d.replace("-", "") + ".0")


def _outlier(files: Files) -> Files:
    return replace(files, sentiment=files.sentiment.with_cell(90, NAME, "1e12"))


def _minus_999(files: Files) -> Files:
    grid = files.sentiment
    for name in SYMBOLS[:8]:
        grid = grid.mapped(name, lambda at, old: "-999" if at > 100 else old)
    return replace(files, sentiment=grid)


UNFORESEEN = (
    Damage("two names exchanged from a day on", _exchanged, "warned"),
    Damage("a symbol that another company had before", _another_company, "warned"),
    Damage("forty closes on a straight line", _interpolated, "warned"),
    Damage("a session that repeats the one before", _row_of_the_day_before, "warned"),
    Damage("every date a day late", _shifted(1), "warned"),
    Damage("every date two days early", _shifted(-2), "unseen"),
    Damage("Mondays stamped on Sunday", _mondays_on_sunday, "warned"),
    Damage("two forms of dates in one column", _half_in_another_form, "same"),
    Damage("zones of summer and winter", _zones_of_summer, "same"),
    Damage(
        "a name in lower case from a day on",
        lambda f: with_prices(f, _case_changes(long_prices(f.prices))),
        "refused",
    ),
    Damage("a stock called NA", _renamed_to("NA"), "same"),
    Damage("a stock called nan", _renamed_to("nan"), "same"),
    Damage("a stock called TRUE", _renamed_to("TRUE"), "same"),
    Damage("a stock called 007", _renamed_to("007"), "same"),
    Damage("a stock called Date", _renamed_to("Date"), "any"),
    Damage("a stock called Close", _renamed_to("Close"), "any"),
    Damage("empty columns at the end", _empty_columns, "refused"),
    Damage("a line that tells a spreadsheet the separator", _with_line("sep=,\n"), "any"),
    Damage("two lines of header", _with_line("," * 30 + "\n"), "refused"),
    Damage("all prices the same", _constant, "refused"),
    Damage("cents instead of dollars", _cents, "same"),
    Damage("volumes instead of prices", _volumes, "refused"),
    Damage("gross returns in percent instead of prices", _yields, "any"),
    Damage("two reports a year late", _reports(_year_later), "any"),
    Damage("some names in thousandths", _reports(_thousandfold), "unseen"),
    Damage("reports of one quarter alone", _reports(_of_one_quarter), "any"),
    Damage("the first value of each name repeated", _reports(_same_every_quarter), "any"),
    Damage("period ends as numbers", _reports(_as_floats), "refused"),
    Damage("an outlier of 1e12", _outlier, "any"),
    Damage("−999 for unknown sentiment", _minus_999, "any"),
)
