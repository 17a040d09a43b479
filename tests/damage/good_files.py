"""A good project of one's own data, with which every damage begins: thirty stocks and reports."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

SESSIONS, NAMES, QUARTERS = 780, 30, 14
LATE, GONE = 5, {27: 600, 28: 450, 29: 300}
LAST = np.datetime64("2025-12-30")
SYMBOLS = tuple(f"{a}{b}{c}" for a, b, c in zip("ABCDEF" * 5, "KLMNO" * 6, "PQR" * 10, strict=True))


@dataclass(frozen=True)
class Grid:
    """A table as text: a header and rows of cells."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self, separator: str = ",", end: str = "\n") -> str:
        lines = (self.header, *self.rows)
        return "".join(separator.join(cells) + end for cells in lines)

    def column(self, name: str) -> int:
        return self.header.index(name)

    def with_cell(self, row: int, column: str, cell: str) -> "Grid":
        return self.mapped(column, lambda at, old: cell if at == row % len(self.rows) else old)

    def mapped(self, column: str, change: Callable[[int, str], str]) -> "Grid":
        """Every cell of a column changed, by its row and what it was."""
        k = self.column(column)
        rows = (
            (*cells[:k], change(at, cells[k]), *cells[k + 1 :])
            for at, cells in enumerate(self.rows)
        )
        return replace(self, rows=tuple(rows))

    def with_rows(self, rows: Iterable[tuple[str, ...]]) -> "Grid":
        return replace(self, rows=tuple(rows))

    def without(self, column: str) -> "Grid":
        k = self.column(column)
        rows = tuple((*cells[:k], *cells[k + 1 :]) for cells in self.rows)
        return Grid((*self.header[:k], *self.header[k + 1 :]), rows)

    def renamed(self, column: str, name: str) -> "Grid":
        return replace(self, header=tuple(name if c == column else c for c in self.header))


@dataclass(frozen=True)
class Files:
    """The files of a project, and what its settings say about them.

    `raw` has files that are no table any more: name -> bytes, in place of the table's text.
    """

    prices: Grid
    reports: Grid
    sentiment: Grid
    raw: dict[str, bytes] = field(default_factory=dict)
    data: dict[str, object] = field(default_factory=dict)
    prices_file: str = "prices.csv"

    def write(self, folder: Path) -> dict[str, object]:
        """Write the files; the settings of `data` that load them."""
        tables = {
            self.prices_file: self.prices,
            "reports.csv": self.reports,
            "sentiment.csv": self.sentiment,
        }
        for name, grid in tables.items():
            (folder / name).write_bytes(self.raw.get(name, grid.text().encode()))
        return {
            "source": "files",
            "prices": str(folder / self.prices_file),
            "factors": [
                {"file": str(folder / "reports.csv")},
                {"file": str(folder / "sentiment.csv"), "factor": "news_sentiment"},
            ],
            **self.data,
        }


def good_files() -> Files:
    """Wide closes, a long table of reports, a wide one of sentiment; nothing wrong with them."""
    rng = np.random.default_rng(20)
    days = np.busday_offset(LAST, np.arange(1 - SESSIONS, 1))
    return Files(_prices(rng, days), _reports(rng, days), _sentiment(rng, days))


def long_prices(prices: Grid) -> Grid:
    """The same closes, a row for each name and day."""
    rows = (
        (cells[0], symbol, cell)
        for cells in prices.rows
        for symbol, cell in zip(prices.header[1:], cells[1:], strict=True)
        if cell
    )
    return Grid(("date", "symbol", "close"), tuple(rows))


def _prices(rng: np.random.Generator, days: np.ndarray) -> Grid:
    market = 0.006 * rng.standard_t(5, (SESSIONS, 1))
    own = rng.uniform(0.008, 0.02, NAMES) * rng.standard_t(5, (SESSIONS, NAMES)) / 1.3
    close = rng.uniform(15, 150, NAMES) * np.exp(np.cumsum(market + own, axis=0))
    close[: SESSIONS // 3, LATE] = np.nan
    for name, row in GONE.items():
        close[row:, name] = np.nan
    close[rng.random(close.shape) < 0.001] = np.nan
    close[-1] = np.where(np.isin(np.arange(NAMES), list(GONE)), np.nan, close[-2] * 1.001)
    rows = (
        (str(day), *("" if np.isnan(value) else f"{value:.4f}" for value in row))
        for day, row in zip(days, close, strict=True)
    )
    return Grid(("date", *SYMBOLS), tuple(rows))


def _reports(rng: np.random.Generator, days: np.ndarray) -> Grid:
    ends = np.datetime64("2022-09-01", "M") + 3 * np.arange(QUARTERS).astype("timedelta64[M]")
    quarters = (ends + 1).astype("datetime64[D]") - 1
    rows = []
    for symbol in SYMBOLS:
        level = rng.normal(0.12, 0.05)
        for end in quarters:
            published = end + int(rng.integers(25, 70))
            for restated in range(1 + (rng.random() < 0.05)):
                value = level + rng.normal(0, 0.02)
                day = published + 90 * restated
                if day <= days[-1]:
                    rows.append((symbol, str(end), str(day), f"{value:.5f}", f"{value * 2:.5f}"))
    return Grid(
        ("symbol", "period_end", "available_date", "return_on_equity", "revenue_growth"),
        tuple(rows),
    )


def _sentiment(rng: np.random.Generator, days: np.ndarray) -> Grid:
    values = rng.normal(size=(SESSIONS // 5, NAMES))
    rows = (
        (str(day), *(f"{value:.4f}" for value in row))
        for day, row in zip(days[::5], values, strict=True)
    )
    return Grid(("date", *SYMBOLS), tuple(rows))
