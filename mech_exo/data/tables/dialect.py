"""What separates the cells of a text file, and how many of its lines are the header."""

import csv
import io
from dataclasses import dataclass
from itertools import islice

SEPARATORS = (",", ";", "\t", "|")
FIELDS = {
    *("open", "high", "low", "close", "adj close", "volume", "dividends", "stock splits"),
    *("capital gains", "repaired?", "vwap"),
}
"""Names in the header of a frame that has a column for each field and symbol."""


@dataclass(frozen=True)
class Dialect:
    """How a text file is to be taken apart.

    Attributes
    ----------
    separator
        Between two cells.
    header
        Names of the columns, without surrounding blanks. Of a header of two levels they are pairs
        as Parquet has them: `('Close', 'AAPL')`.
    lines
        How many rows of the file the header takes up; 1 as a rule.
    """

    separator: str
    header: tuple[str, ...]
    lines: int = 1


def dialect_of(start: str) -> Dialect:
    """The dialect of a text, from its first lines.

    The separator is the one that makes the most columns of the first line; of two, the comma.

    Raises
    ------
    csv.Error
        For a first line that is no CSV, whatever separates its cells.
    """
    separator = max(SEPARATORS, key=lambda s: (_columns(start, s), -SEPARATORS.index(s)))
    rows = _rows(start, separator, 3)
    first = rows[0]
    if len(rows) == 3 and _is_two_levels(rows[0], rows[1]):
        levels = zip(first[1:], rows[1][1:], strict=True)
        named = not any(rows[2][1:])  # a row that names the index only
        date = rows[2][0] if named else first[0]
        header = (date, *(str(pair) for pair in levels))
        return Dialect(separator, header, 3 if named else 2)
    return Dialect(separator, tuple(first))


def _columns(start: str, separator: str) -> int:
    """Cells of the first line; 0 if it is no CSV: other separators stand behind its quotes."""
    try:
        return len(_rows(start, separator, 1)[0])
    except csv.Error:
        return 0


def _rows(start: str, separator: str, count: int) -> list[list[str]]:
    lines = csv.reader(io.StringIO(start, newline=""), strict=True, delimiter=separator)
    try:
        found = [[cell.strip() for cell in row] for row in islice(lines, count)]
    except csv.Error:
        if count == 1:
            raise
        return _rows(start, separator, 1)  # the header stands: the reader says what is wrong below
    return found or [[]]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_two_levels(first: list[str], second: list[str]) -> bool:
    """Whether two rows are a header: the one of fields in every cell, the other of symbols."""
    if len(first) != len(second) or len(first) < 2 or not all((*first[1:], *second[1:])):
        return False
    if any(_is_number(cell) for cell in second[1:]):
        return False
    one, other = ({cell.lower() for cell in row[1:]} for row in (first, second))
    return one <= FIELDS or other <= FIELDS
