"""CSV by pyarrow, for large files: the same table as line by line, or none."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from mech_exo.data.panel import FloatArray
from mech_exo.data.tables.arrow_columns import coded_of, release_unused
from mech_exo.data.tables.byte_streams import opened
from mech_exo.data.tables.cells import MISSING, Table, number_of
from mech_exo.data.tables.columns import Coded, Column, Figures
from mech_exo.data.tables.csv_lines import START
from mech_exo.data.tables.dialect import Dialect, dialect_of
from mech_exo.data.tables.header import check_header
from mech_exo.data.tables.line_blocks import BLOCK, LineBlocks, UnclearError
from mech_exo.errors import ExoError
from mech_exo.system.user_file import room

SAMPLED = 200_000
"""Bytes at the beginning of the file that say which columns hold numbers."""

HEADER_ROWS = 3
"""Rows that a dialect is told from."""

_BOM = b"\xef\xbb\xbf"
_PLAIN = r"^[ \t]*-?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?[ \t]*$"
_DAY = re.compile(r"\d{8}")
_FAILED = re.compile(r"In CSV column #(\d+): ")
TEXT, NUMBER, MIXED = "text", "number", "mixed"


def quick_csv(path: Path) -> Table | None:
    """The table of a CSV file, compressed or not; None where this reader cannot vouch for it.

    None: pyarrow is not installed, or the file has something that parsers take differently, or
    that is wrong. The line-accurate parser then reads it, or says what is wrong.
    """
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        return _QuickFile(path, _dialect(path)).table()
    except MemoryError:
        raise
    except (UnclearError, ExoError, pa.ArrowException, OSError, EOFError, ValueError, csv.Error):
        return None


class SurpriseError(UnclearError):
    """A column of numbers has another cell behind the sample."""

    def __init__(self, column: int) -> None:
        super().__init__()
        self.column = column


@dataclass(frozen=True)
class _QuickFile:
    """One file, which is read once, and once more for each column whose cells were a surprise."""

    path: Path
    dialect: Dialect

    @property
    def delimiter(self) -> str:
        return self.dialect.separator

    def table(self) -> Table:
        header, sample = list(self.dialect.header), self._beginning()
        check_header(self.path, header)
        kinds = [_kind(cells) for cells in sample]
        while True:
            try:
                return self._table(header, kinds)
            except SurpriseError as error:
                if kinds[error.column] != NUMBER:
                    raise
                kinds[error.column] = MIXED  # some cells are no plain numbers

    def _table(self, header: list[str], kinds: list[str]) -> Table:
        read, rows = self._read(header, kinds)
        cells: dict[str, Column] = {}
        for at, name in enumerate(header):
            column, kind = read.column(0), kinds[at]
            read = read.remove_column(0)  # so that its memory is free when it is converted
            if kind == TEXT:
                cells[name] = coded_of(column)
                continue
            values = _mixed(column) if kind == MIXED else _numbers(column)
            cells[name] = Figures(values, partial(self._texts, header, at, len(rows)))
        release_unused()
        return Table(self.path, cells, rows)

    def _texts(self, header: list[str], at: int, rows: int) -> Coded:
        """The texts of one column, which was read as numbers."""
        import pyarrow as pa

        try:
            read, lines = self._read(header, [TEXT] * len(header), [at])
        except (UnclearError, pa.ArrowException, OSError, EOFError, ValueError, csv.Error):
            lines = ()
        if len(lines) != rows:
            raise ExoError(f"{self.path}: was changed while it was read.", hint="Start again.")
        return coded_of(read.column(0))

    def _beginning(self) -> list[list[str]]:
        """The first cells of each column."""
        with opened(self.path) as file:
            _pass_header(file)
            text = file.read(SAMPLED)
        lines = text.decode("utf-8", "replace").split("\n")
        whole = lines if len(text) < SAMPLED else lines[:-1]
        rows = [row for row in csv.reader(whole, delimiter=self.delimiter) if row]
        if not rows or any(len(row) != len(self.dialect.header) for row in rows):
            raise UnclearError
        return [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]

    def _read(
        self, header: list[str], kinds: Sequence[str], wanted: Sequence[int] | None = None
    ) -> tuple[Any, Any]:
        """The columns, and the number of the line of each row."""
        import pyarrow as pa
        import pyarrow.csv as arrow

        names = [str(i) for i in range(len(header))]
        of_kind = {TEXT: pa.dictionary(pa.int32(), pa.string()), NUMBER: pa.float64()}
        types = {n: of_kind.get(kind, pa.string()) for n, kind in zip(names, kinds, strict=True)}
        convert = arrow.ConvertOptions(
            column_types=types,
            null_values=list(MISSING),
            strings_can_be_null=False,
            include_columns=None if wanted is None else [names[i] for i in wanted],
        )
        reading = arrow.ReadOptions(column_names=names, block_size=BLOCK)
        parsing = arrow.ParseOptions(delimiter=self.delimiter)
        with opened(self.path) as file:
            _pass_header(file)
            blocks = LineBlocks(file, self.delimiter.encode(), room())
            try:
                read = arrow.read_csv(pa.PythonFile(blocks, "r"), reading, parsing, convert)
            except pa.ArrowInvalid as error:
                failed = _FAILED.match(str(error))
                raise SurpriseError(int(failed[1])) if failed else UnclearError from error
        return read, self._line_numbers(read.num_rows, blocks.lines)

    def _line_numbers(self, rows: int, lines: int) -> Any:
        if rows == lines:
            return np.arange(2, rows + 2)
        with opened(self.path) as file:
            _pass_header(file)
            blank = [not line.strip(b"\r\n") for line in file]
        return np.flatnonzero(~np.array(blank)) + 2


def _dialect(path: Path) -> Dialect:
    """The dialect that the line-accurate parser would find, of a file with a header of one line."""
    with opened(path) as file:
        start = file.read(START).removeprefix(_BOM)
    if start.count(b"\n") < HEADER_ROWS and len(start) >= START - len(_BOM):
        raise UnclearError  # its first lines are not all there
    found = dialect_of(start.decode("utf-8", "ignore"))
    if found.lines != 1:
        raise UnclearError
    return found


def _pass_header(file: IO[bytes]) -> None:
    line = file.readline(BLOCK)
    if not line.endswith(b"\n") or b"\0" in line or b"\r" in line.removesuffix(b"\r\n"):
        raise UnclearError
    if line.count(b'"') % 2 or not line.strip(b"\xef\xbb\xbf\r\n"):
        raise UnclearError
    line.decode()


def _kind(cells: list[str]) -> str:
    """Whether the first cells of a column look like numbers or like texts."""
    known = [cell for cell in cells if cell not in MISSING]
    if known and all(_DAY.fullmatch(cell) for cell in known):
        return TEXT
    return NUMBER if all(np.isfinite(number_of(cell)) for cell in known) else TEXT


def _numbers(column: Any) -> FloatArray:
    """A column of numbers, NaN where it is empty."""
    values: FloatArray = column.to_numpy()
    if np.isinf(values).any() or np.count_nonzero(np.isnan(values)) != column.null_count:
        raise UnclearError  # "inf", or a spelling of NaN that is no empty cell
    return values


def _mixed(column: Any) -> FloatArray:
    """Numbers from texts of which only some are plain; infinite where one is no number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = pc.match_substring_regex(column, _PLAIN)
    values = np.array(pc.if_else(plain, column, None).cast(pa.float64()).to_numpy())
    other = np.flatnonzero(~plain.to_numpy())
    texts = coded_of(column.filter(pc.invert(plain)).dictionary_encode())
    values[other] = np.array([number_of(text) for text in texts.texts])[texts.codes]
    return values
