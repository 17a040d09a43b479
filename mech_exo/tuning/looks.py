"""The ledger of looks at the holdout, in a study file.

A look counts with those at the same returns on shared dates. Looks that were entered before the
returns were kept are known by the words for their data; they are given the returns as soon as such
data are at hand again.

With a look stands what it showed (`seen_periods.py`), so that the luck of many looks can be judged
together. Looks of earlier versions have none.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from mech_exo.data.return_sketch import ReturnSketch
from mech_exo.errors import ExoError
from mech_exo.tuning.own_tables import columns, reading, writing
from mech_exo.tuning.seen_periods import SeenPeriods

_TABLES = (
    """CREATE TABLE IF NOT EXISTS exo_looks (
        look INTEGER PRIMARY KEY,
        content TEXT NOT NULL,
        source TEXT NOT NULL,
        first_date TEXT NOT NULL,
        last_date TEXT NOT NULL,
        looked TEXT NOT NULL,
        origin TEXT NOT NULL,
        returns INTEGER,
        periods BLOB)""",
    """CREATE TABLE IF NOT EXISTS exo_returns (
        returns INTEGER PRIMARY KEY,
        sha256 TEXT NOT NULL UNIQUE,
        sketch BLOB NOT NULL)""",
)


@dataclass(frozen=True)
class Look:
    """Somebody saw how a portfolio did on the holdout.

    Attributes
    ----------
    content
        SHA-256 over factors and hyperparameters.
    source
        What the data is, in words.
    first_date, last_date
        The dates seen, YYYY-MM-DD.
    origin
        Which command looked, and at what.
    looked
        UTC, ISO 8601.
    periods
        What it showed; None where that is not known.
    """

    content: str
    source: str
    first_date: str
    last_date: str
    origin: str
    looked: str = ""
    periods: SeenPeriods | None = field(default=None, compare=False, repr=False)

    def shares_dates(self, other: "Look") -> bool:
        """Whether both saw a date between the same two."""
        return self.first_date <= other.last_date and other.first_date <= self.last_date

    def holds(self, other: "Look") -> bool:
        """Whether this one saw all dates that the other did, and what they showed is known."""
        dates = self.first_date <= other.first_date and other.last_date <= self.last_date
        return dates and (self.periods is not None or other.periods is None)

    def same_words(self, other: "Look") -> bool:
        """Whether the words for the data differ in numbers and dates only."""
        return _kind(self.source) == _kind(other.source)


def _kind(source: str) -> str:
    return re.sub(r"\d+", "", source)


def first_looks(looks: Iterable[Look]) -> tuple[Look, ...]:
    """The first look at each portfolio."""
    first: dict[str, Look] = {}
    for entry in looks:
        first.setdefault(entry.content, entry)
    return tuple(first.values())


def distinct(looks: Iterable[Look]) -> int:
    """How many portfolios were seen."""
    return len(first_looks(looks))


def rank(looks: Sequence[Look], content: str) -> int:
    """How many portfolios had been seen when this one was first, itself included."""
    first = next(i for i, entry in enumerate(looks) if entry.content == content)
    return distinct(looks[: first + 1])


def record_look(study_file: Path, look: Look, returns: ReturnSketch) -> tuple[Look, ...]:
    """Enter a look unless it is there, and return those it counts with, oldest first.

    The same content on the same dates of the same returns is entered once; nothing is written then.
    Seen on more dates later, it has a second row, but is still one portfolio (`distinct`).

    Parameters
    ----------
    returns
        Of the data at hand, all dates.
    """

    def seen(connection: sqlite3.Connection) -> "_Ledger":
        return _Ledger(connection, look, returns)

    known = reading(study_file, "exo_looks", seen, None)
    if known is None or not known.complete:
        with writing(study_file, _TABLES) as connection:
            for name, kind in (("returns", "INTEGER"), ("periods", "BLOB")):
                if name not in columns(connection, "exo_looks"):
                    connection.execute(f"ALTER TABLE exo_looks ADD COLUMN {name} {kind}")
            known = _Ledger(connection, look, returns)
            known.enter(connection)
    return tuple(known.counting)


def all_looks(study_file: Path) -> tuple[Look, ...]:
    """All looks that a study file holds, oldest first; () where there is no file.

    Raises
    ------
    ExoError
        It is no study file, or the ledger has been damaged.
    """
    nothing: list[Look] = []

    def query(connection: sqlite3.Connection) -> list[Look]:
        return [look for _, look, _ in _rows(connection)]

    return tuple(reading(study_file, "exo_looks", query, nothing))


def counting_with(study_file: Path, look: Look) -> tuple[Look, ...]:
    """The looks that count with one that the ledger holds, oldest first; without the data.

    As `record_look` gives them, by the returns that are kept with the look.

    Raises
    ------
    ExoError
        As `all_looks`.
    """

    def query(connection: sqlite3.Connection) -> list[Look]:
        number = next((n for _, entry, n in _rows(connection) if entry == look), None)
        kept = None if number is None else _sketches(connection).get(number)
        return _Ledger(connection, look, kept or ReturnSketch.from_bytes(b"")).counting

    nothing: list[Look] = []
    return tuple(reading(study_file, "exo_looks", query, nothing))


class _Ledger:
    """What of the ledger counts with a look.

    Attributes
    ----------
    counting
        Looks at the same returns on shared dates, oldest first.
    complete
        Whether there is nothing to write.
    """

    def __init__(self, connection: sqlite3.Connection, look: Look, returns: ReturnSketch) -> None:
        self._look, self._all = look, returns
        self._own = returns.between(look.first_date, look.last_date)
        self._same: dict[int, bool] = {}  # by row of the returns
        self._sketches = _sketches(connection)
        self.counting: list[Look] = []
        self._nameless: dict[int, Look] = {}  # without returns, which are at hand; by row
        for row, entry, number in _rows(connection):
            if not entry.shares_dates(look) or not self._counts(entry, number):
                continue
            self.counting.append(entry)
            if number not in self._sketches and returns.covers(entry.first_date, entry.last_date):
                self._nameless[row] = entry
        own = (entry for entry in self.counting if entry.content == look.content)
        self._known = any(entry.holds(look) for entry in own)
        self.complete = self._known and not self._nameless

    def _counts(self, entry: Look, number: int | None) -> bool:
        theirs = self._sketches.get(number) if number is not None else None
        if number is None or theirs is None or not len(theirs) or not len(self._own):
            return entry.same_words(self._look)
        if number not in self._same:
            self._same[number] = self._own.same_data(theirs)
        return self._same[number]

    def enter(self, connection: sqlite3.Connection) -> None:
        """Add the look if it is new, and the returns of those that lack theirs."""
        for row, entry in self._nameless.items():
            seen = self._all.between(entry.first_date, entry.last_date)
            connection.execute(
                "UPDATE exo_looks SET returns = ? WHERE look = ?", (_kept(connection, seen), row)
            )
        if self._known:
            return
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entered = replace(self._look, looked=self._look.looked or now)
        connection.execute(
            "INSERT INTO exo_looks "
            "(content, source, first_date, last_date, origin, looked, returns, periods) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entered.content,
                entered.source,
                entered.first_date,
                entered.last_date,
                entered.origin,
                entered.looked,
                _kept(connection, self._own),
                None if entered.periods is None else entered.periods.to_bytes(),
            ),
        )
        self.counting.append(entered)


def _rows(connection: sqlite3.Connection) -> list[tuple[int, Look, int | None]]:
    query = "SELECT look, content, source, first_date, last_date, origin, looked FROM exo_looks"
    there = columns(connection, "exo_looks")
    numbers: dict[int, int | None] = {}
    if "returns" in there:
        numbers = dict(connection.execute("SELECT look, returns FROM exo_looks"))
    shown: dict[int, bytes | None] = {}
    if "periods" in there:
        shown = dict(connection.execute("SELECT look, periods FROM exo_looks"))
    rows = connection.execute(f"{query} ORDER BY look").fetchall()
    try:
        found = [(r[0], replace(Look(*r[1:]), periods=_periods(shown.get(r[0])))) for r in rows]
        for _, entry in found:
            date.fromisoformat(entry.first_date), date.fromisoformat(entry.last_date)
    except (TypeError, ValueError) as error:
        raise _damaged("exo_looks") from error
    return [(row, entry, numbers.get(row)) for row, entry in found]


def _periods(content: bytes | None) -> SeenPeriods | None:
    return None if content is None else SeenPeriods.from_bytes(content)


def _sketches(connection: sqlite3.Connection) -> dict[int, ReturnSketch]:
    if not columns(connection, "exo_returns"):
        return {}
    rows = connection.execute("SELECT returns, sketch FROM exo_returns")
    try:
        return {number: ReturnSketch.from_bytes(content) for number, content in rows}
    except (TypeError, ValueError) as error:
        raise _damaged("exo_returns") from error


def _damaged(table: str) -> ExoError:
    return ExoError(
        f"The ledger of looks at the holdout (table {table}) has been damaged or edited.",
        hint="Restore a copy of the study file.",
    )


def _kept(connection: sqlite3.Connection, sketch: ReturnSketch) -> int:
    """The row of a sketch, which is made if it is not there."""
    content = sketch.to_bytes()
    digest = hashlib.sha256(content).hexdigest()
    connection.execute(
        "INSERT INTO exo_returns (sha256, sketch) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING",
        (digest, content),
    )
    query = "SELECT returns FROM exo_returns WHERE sha256 = ?"
    (number,) = connection.execute(query, (digest,)).fetchone()
    return int(number)
