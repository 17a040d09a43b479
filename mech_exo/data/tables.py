"""Reading a table from a file, with the row and column of whatever is wrong in it."""

import difflib
import gzip
import re
import warnings
import zlib
from collections.abc import Iterable
from csv import reader as csv_reader
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray
from mech_exo.errors import ExoError

if TYPE_CHECKING:
    import pandas as pd

MISSING = ("", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", "-")
"""What an empty cell may hold in a column of numbers."""

EARLIEST, LATEST = np.datetime64("1900-01-01", "D"), np.datetime64("2200-01-01", "D")
_ISO = re.compile(r"\d{4}-?\d{2}-?\d{2}([ T].*)?")


@dataclass(frozen=True)
class Table:
    """Columns of a file; `rows` are its line numbers (CSV) or row numbers from 1 (Parquet)."""

    path: Path
    frame: "pd.DataFrame"
    rows: np.ndarray[Any, np.dtype[np.int64]]

    @property
    def columns(self) -> list[str]:
        """Names as they stand in the file."""
        return [str(c) for c in self.frame.columns]

    def find(self, *names: str) -> str | None:
        """The first of `names` that is a column, whatever its case; None if there is none."""
        lower = {c.strip().lower(): c for c in reversed(self.columns)}
        return next((lower[n] for n in names if n in lower), None)

    def require(self, what: str, *names: str) -> str:
        """Like `find`, but a missing column is an ExoError that suggests the nearest."""
        found = self.find(*names)
        if found is None:
            hint = nearest(names[0], self.columns) or f"Columns: {', '.join(self.columns[:12])}."
            raise ExoError(f"{self.path}: has no column {names[0]!r} ({what}).", hint=hint)
        return found

    def where(self, position: int) -> str:
        """`file, line n` of a row, for a message."""
        word = "row" if is_parquet(self.path) else "line"
        return f"{self.path}, {word} {int(self.rows[position])}"

    def dates(self, column: str) -> DateArray:
        """[R] datetime64[D]; a time of day is cut off; what is no date is an error."""
        return self.times(column).astype("datetime64[D]")

    def times(self, column: str) -> DateArray:
        """[R] datetime64[s], with the time of day where the file has one."""
        import pandas as pd

        values = self.frame[column]
        if isinstance(values.dtype, pd.DatetimeTZDtype):
            raise ExoError(f"{self.path}: {column!r} has a time zone.", hint="Give plain dates.")
        if not pd.api.types.is_datetime64_dtype(values.dtype):
            text = values.astype(str).str.strip()
            iso = text.str.fullmatch(_ISO.pattern).to_numpy(dtype=bool)
            values = pd.to_datetime(text.where(iso), format="ISO8601", errors="coerce", utc=False)
        times: DateArray = values.to_numpy().astype("datetime64[s]")
        bad = np.isnat(times)
        if bad.any():
            at = int(np.argmax(bad))
            raise ExoError(
                f"{self.where(at)}: {column} is {self.frame[column].iloc[at]!r}, not a date.",
                hint="Write dates as YYYY-MM-DD.",
            )
        outside = (times < EARLIEST) | (times >= LATEST)
        if outside.any():
            at = int(np.argmax(outside))
            raise ExoError(
                f"{self.where(at)}: {column} is {times[at].astype('datetime64[D]')}, "
                f"outside {EARLIEST} to {LATEST}."
            )
        return times

    def texts(self, column: str) -> np.ndarray[Any, np.dtype[np.str_]]:
        """[R] strings without surrounding blanks; an empty one is an error."""
        values = self.frame[column].fillna("").astype(str).str.strip()
        texts = values.to_numpy(dtype=str)
        empty = texts == ""
        if empty.any():
            raise ExoError(f"{self.where(int(np.argmax(empty)))}: {column} is empty.")
        return texts

    def numbers(self, column: str) -> FloatArray:
        """[R] float64, NaN where the cell is empty; anything but a finite number is an error."""
        numbers, bad = self._parse(column)
        if bad.any():
            at = int(np.argmax(bad))
            raise ExoError(
                f"{self.where(at)}: {column} is {self.frame[column].iloc[at]!r}, "
                "not a finite number.",
                hint="Leave the cell empty if the value is unknown.",
            )
        return numbers

    def is_numeric(self, column: str) -> bool:
        """Whether every cell of a column is a finite number or empty."""
        return not self._parse(column)[1].any()

    def _parse(self, column: str) -> tuple[FloatArray, np.ndarray[Any, np.dtype[np.bool_]]]:
        import pandas as pd

        values = self.frame[column]
        if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(
            values.dtype
        ):
            return np.full(len(values), np.nan), np.ones(len(values), dtype=bool)
        if pd.api.types.is_numeric_dtype(values.dtype):
            numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
            return numbers, np.isinf(numbers)
        text = values.fillna("").astype(str).str.strip()
        missing = text.isin(MISSING).to_numpy(dtype=bool)
        parsed = pd.to_numeric(text.mask(missing), errors="coerce")
        numbers = parsed.to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers, ~missing & ~np.isfinite(numbers)


def is_parquet(path: Path) -> bool:
    """Whether the name says Parquet."""
    return path.suffix.lower() in (".parquet", ".pq")


def nearest(name: str, known: Iterable[str]) -> str:
    """`Did you mean 'x'?`, or nothing if no known name is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}?" if near else ""


def read_table(path: Path, texts: tuple[str, ...] = ("date", "symbol", "ticker")) -> Table:
    """Read a CSV, CSV.gz or Parquet file.

    Parameters
    ----------
    path
        Its name's ending says the format.
    texts
        Lower-case names of columns kept as they stand (so that the symbol NA stays a symbol); a
        first column without a name counts as one. Other columns become numbers where they can.

    Raises
    ------
    ExoError
        For a file that is missing, unreadable, empty, damaged, of an unknown format, or has the
        same column twice.
    """
    if is_parquet(path):
        frame = _read_parquet(path)
        rows = np.arange(1, len(frame) + 1)
    elif path.name.lower().endswith((".csv", ".csv.gz")):
        frame = _read_csv(path, texts)
        rows = frame.index.to_numpy(dtype=np.int64) + 2  # the header is line 1
    else:
        raise ExoError(
            f"{path}: is of no known format.", hint="Known endings: .csv, .csv.gz, .parquet."
        )
    if not len(frame):
        raise ExoError(f"{path}: has no rows.")
    return Table(path, frame.reset_index(drop=True), rows)


def _read_parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        import pyarrow as pa
    except ImportError as error:
        raise ExoError(
            f"{path}: reading Parquet needs pyarrow.",
            hint="Install it: pip install 'mech-exo[parquet]', or save the table as CSV.",
        ) from error
    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except OSError as error:
        _unreadable(path, error)
    except pa.ArrowException as error:
        raise ExoError(f"{path}: is not a readable Parquet file ({_first(error)}).") from error
    if not isinstance(frame.index, pd.RangeIndex):
        if frame.index.name is None:
            frame.index.name = "date"
        frame = frame.reset_index()
    frame.columns = frame.columns.astype(str).str.strip()
    _check_header(path, [str(c) for c in frame.columns])
    return frame


def _read_csv(path: Path, texts: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd

    try:
        header = _header(path)
        kept = [name for name in header if name.lower() in (*texts, "")]
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            frame = pd.read_csv(
                path,
                header=None,
                skiprows=1,
                names=header,
                index_col=False,
                dtype=dict.fromkeys(kept, str),
                keep_default_na=False,
                na_values={name: MISSING for name in header if name not in kept},
                skip_blank_lines=False,
                float_precision="round_trip",
                low_memory=False,
                encoding="utf-8-sig",
            )
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ExoError(
            f"{path}: is a truncated or damaged gzip file ({_first(error)}).",
            hint="Copy or download it again.",
        ) from error
    except OSError as error:
        _unreadable(path, error)
    except UnicodeDecodeError as error:
        raise ExoError(f"{path}: is not UTF-8 text ({error.reason}).") from error
    except pd.errors.EmptyDataError:
        frame = pd.DataFrame(columns=pd.Index(header))
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise ExoError(f"{path}: is not a regular CSV table ({_first(error)}).") from error
    return _without_blank_lines(frame)


def _without_blank_lines(frame: "pd.DataFrame") -> "pd.DataFrame":
    first = frame.iloc[:, 0]
    suspects = frame[first.isna() | (first.astype(str) == "")]
    blank = (suspects.isna() | (suspects.astype(str) == "")).all(axis=1)
    return frame.drop(index=suspects.index[blank])


def _header(path: Path) -> list[str]:
    opener = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as lines:
        header = [name.strip() for name in next(csv_reader(lines), [])]
    if not header:
        raise ExoError(f"{path}: is empty.")
    if len(header) == 1:
        raise ExoError(
            f"{path}: has a single column, {header[0][:60]!r}.",
            hint="Separate the columns by commas.",
        )
    _check_header(path, header)
    return header


def _check_header(path: Path, header: list[str]) -> None:
    seen: set[str] = set()
    for position, name in enumerate(header, start=1):
        if not name and position > 1:
            raise ExoError(f"{path}: column {position} has no name.")
        if name in seen:
            raise ExoError(f"{path}: has the column {name!r} twice, again as number {position}.")
        seen.add(name)


def _unreadable(path: Path, error: OSError) -> NoReturn:
    raise ExoError(
        f"{path}: cannot be read ({error.strerror or _first(error)}).",
        hint="Check the path in the settings file; it is relative to that file.",
    ) from error


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
