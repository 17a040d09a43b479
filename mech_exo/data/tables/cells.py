"""A table from a file, with the line and column of whatever is wrong in it."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray
from mech_exo.data.tables.columns import Coded, Codes, Column, Figures
from mech_exo.data.tables.day_texts import remedy_for, time_of
from mech_exo.errors import ExoError

MISSING = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "-")
"""What an empty cell may hold in a column of numbers."""

EARLIEST, LATEST = np.datetime64("1900-01-01", "s"), np.datetime64("2200-01-01", "s")
_COMMAS = re.compile(r"[+-]?\d+(,\d+)+|[+-]?\d{1,3}([.,]\d{3})*[.,]\d+")


@dataclass(frozen=True)
class Table:
    """Columns of a file; `rows` are its line numbers (CSV) or row numbers from 1.

    `unit` is what a message calls a row: a line of a text file, a row of anything else. Of a folder
    of files `files` are those, and `file` [R] is the position of each row's.
    """

    path: Path
    cells: dict[str, Column]
    rows: IntArray
    unit: str = "line"
    files: tuple[Path, ...] = ()
    file: IntArray | None = None

    @property
    def columns(self) -> list[str]:
        """Names as they stand in the file, without surrounding blanks."""
        return list(self.cells)

    def find(self, *names: str) -> str | None:
        """The first of `names` that is a column, whatever its case; None if there is none."""
        lower = {c.lower(): c for c in reversed(self.columns)}
        return next((lower[n] for n in names if n in lower), None)

    def require(self, what: str, *names: str) -> str:
        """Like `find`, but a missing column is an ExoError that suggests the nearest."""
        found = self.find(*names)
        if found is None:
            hint = nearest(names[0], self.columns) or f"Columns: {', '.join(self.columns[:12])}."
            raise ExoError(f"{self.path}: has no column {names[0]!r} ({what}).", hint=hint)
        return found

    def only(self, columns: Iterable[str]) -> "Table":
        """The table with these columns, in this order."""
        return replace(self, cells={name: self.cells[name] for name in columns})

    def rows_where(self, keep: BoolArray) -> "Table":
        """The table with the rows that are kept, which go by the numbers that they had."""
        cells: dict[str, Column] = {
            name: cells[keep]
            if isinstance(cells, np.ndarray | Coded | Figures)
            else [cell for cell, kept in zip(cells, keep.tolist(), strict=True) if kept]
            for name, cells in self.cells.items()
        }
        file = None if self.file is None else self.file[keep]
        return replace(self, cells=cells, rows=self.rows[keep], file=file)

    def where(self, position: int) -> str:
        """`file, line n` of a row, for a message."""
        path = self.path if self.file is None else self.files[int(self.file[position])]
        return f"{path}, {self.unit} {int(self.rows[position])}"

    def dates(self, column: str, *, up: bool = False) -> DateArray:
        """[R] datetime64[D]; what is no date is an error.

        A time of day is cut off, or with `up` makes it the next day.
        """
        times, codes = self._times(column)
        days = times.astype("datetime64[D]")
        if up:
            days += (times > days).astype("timedelta64[D]")
        return days if codes is None else days[codes]

    def times(self, column: str) -> DateArray:
        """[R] datetime64[s], with the time of day where the file has one."""
        times, codes = self._times(column)
        return times if codes is None else times[codes]

    def _times(self, column: str) -> tuple[DateArray, Codes | None]:
        """Times, checked; with codes they are those of the column's texts, not of its rows."""
        cells = self.cells[column]
        if isinstance(cells, np.ndarray) and cells.dtype.kind == "M":
            times, codes = cells.astype("datetime64[s]"), None
        else:
            coded = _coded(cells).used
            times = np.array([time_of(text) for text in coded.texts], dtype="datetime64[s]")
            codes = coded.codes
        outside = np.isnat(times) | (times < EARLIEST) | (times >= LATEST)
        if outside.any():
            at = int(np.argmax(outside if codes is None else outside[codes]))
            raise ExoError(
                f"{self.where(at)}: {column} is {str(cells[at])!r}, not a date between "
                f"{EARLIEST.astype('datetime64[Y]')} and {LATEST.astype('datetime64[Y]')}.",
                hint=remedy_for(cell_text(cells[at])),
            )
        return times, codes

    def empty(self, column: str) -> BoolArray:
        """[R] which cells of a column hold nothing."""
        cells = self.cells[column]
        if isinstance(cells, np.ndarray) and cells.dtype.kind in "Mf":
            return np.asarray(np.isnat(cells) if cells.dtype.kind == "M" else np.isnan(cells))
        coded = _coded(cells)
        return np.array([text == "" for text in coded.texts], dtype=np.bool_)[coded.codes]

    def texts(self, column: str) -> NDArray[np.str_]:
        """[R] strings without surrounding blanks; an empty one is an error."""
        return self.coded(column).whole()

    def coded(self, column: str) -> Coded:
        """The strings of `texts`, each once, and which of them each row has."""
        coded = _coded(self.cells[column]).used
        if coded.texts[:1] == ("",):
            at = int(np.argmin(coded.codes))
            raise ExoError(f"{self.where(at)}: {column} is empty.")
        return coded

    def numbers(
        self, column: str, *, hint: str = "Leave the cell empty if the value is unknown."
    ) -> FloatArray:
        """[R] float64, NaN where the cell is empty; anything but a finite number is an error."""
        numbers, bad = _numbers(self.cells[column])
        if bad.any():
            at = int(np.argmax(bad))
            cell = str(self.cells[column][at])
            if _COMMAS.fullmatch(cell):
                hint = "Write a decimal point, and nothing between thousands: 1234.56."
            raise ExoError(
                f"{self.where(at)}: {column} is {cell!r}, not a finite number.", hint=hint
            )
        return numbers

    def is_numeric(self, column: str) -> bool:
        """Whether every cell of a column is a finite number or empty."""
        return not _numbers(self.cells[column])[1].any()


def cell_text(cell: Any) -> str:
    """A cell as text without surrounding blanks; "" if it is empty."""
    if cell is None or (isinstance(cell, float | np.datetime64) and cell != cell):  # NaN and NaT
        return ""
    whole = isinstance(cell, float) and cell.is_integer()  # codes and YYYYMMDD beside empty cells
    return str(int(cell) if whole else cell).strip()


def _coded(cells: Column) -> Coded:
    """The texts of a column; a NUL at the end of a text, which NumPy does not see, is none."""
    if isinstance(cells, Coded | Figures):
        return cells.coded if isinstance(cells, Figures) else cells
    return Coded.of(cell_text(cell).rstrip("\0") for cell in cells)


def _numbers(cells: Column) -> tuple[FloatArray, BoolArray]:
    """[R] values, NaN where empty, and which cells are no finite number."""
    if isinstance(cells, Figures):
        return cells.values, np.isinf(cells.values)
    if isinstance(cells, Coded):
        found = np.array([number_of(text) for text in cells.texts])[cells.codes]
        return found, np.isinf(found)
    if isinstance(cells, np.ndarray) and cells.dtype.kind in "fiu":
        values = cells.astype(np.float64, copy=False)
        return values, np.isinf(values)
    try:
        if isinstance(cells, list) and _ascii_without_underscores("".join(cells)):
            values = np.array([float(cell) if cell else np.nan for cell in cells])
            return values, np.isinf(values)
    except ValueError:
        pass  # some cell is no plain number: find out which
    values = np.array([number_of(cell) for cell in cells])
    return values, np.isinf(values)


def number_of(cell: Any) -> float:
    """Value of one cell: NaN if empty, infinite if it is no finite number."""
    text = cell_text(cell)
    if text in MISSING:
        return np.nan
    try:
        plain = _ascii_without_underscores(text) and not isinstance(cell, bool | np.bool_)
        return float(text) if plain else np.inf
    except ValueError:
        return np.inf


def _ascii_without_underscores(text: str) -> bool:
    """Whether float() reads a text as everybody does: it takes 1_000, and digits of all scripts."""
    return text.isascii() and "_" not in text


def nearest(name: str, known: Iterable[str]) -> str:
    """`Did you mean 'x'?`, or nothing if no known name is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else ""
