"""What the verdict keeps in a study's database: looks at the holdout, finished replicates.

Both tables stand beside Optuna's own, which they never touch. A study file without studies is made
where there is none, so that a factor file can be judged without a study.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from mech_exo.tuning.custody import Custody
from mech_exo.tuning.database import connect, in_words, transaction
from mech_exo.tuning.study_file import ensure_file

PATIENCE_S = 60.0

_TABLES = (
    """CREATE TABLE IF NOT EXISTS exo_looks (
        look INTEGER PRIMARY KEY,
        content TEXT NOT NULL,
        source TEXT NOT NULL,
        first_date TEXT NOT NULL,
        last_date TEXT NOT NULL,
        looked TEXT NOT NULL,
        origin TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS exo_replicates (
        experiment TEXT NOT NULL,
        part TEXT NOT NULL,
        replicate INTEGER NOT NULL,
        payload TEXT NOT NULL,
        PRIMARY KEY (experiment, part, replicate)) WITHOUT ROWID""",
)


@dataclass(frozen=True)
class Look:
    """Somebody saw how a portfolio did on the holdout.

    Attributes
    ----------
    content
        SHA-256 over factors and hyperparameters.
    source
        What the data is, in words; other data is another holdout.
    first_date, last_date
        The holdout's dates, YYYY-MM-DD.
    looked
        UTC, ISO 8601.
    origin
        Which command looked, and at what.
    """

    content: str
    source: str
    first_date: str
    last_date: str
    origin: str
    looked: str = ""

    def overlaps(self, other: "Look") -> bool:
        """Whether both are of the same data and share a date."""
        return (
            _kind(self.source) == _kind(other.source)
            and self.first_date <= other.last_date
            and other.first_date <= self.last_date
        )


def _kind(source: str) -> str:
    """What the data is, without its dates and number of names: data that grow stay the same."""
    return re.sub(r"\d+", "", source)


def record_look(study_file: Path, look: Look) -> tuple[Look, ...]:
    """Enter a look unless it is there, and return those it counts with, oldest first.

    A look is a new triple of factors, hyperparameters and overlapping dates: the same content on
    overlapping dates of the same data is entered once.
    """
    with _writing(study_file) as connection, transaction(connection, PATIENCE_S):
        past = [other for other in _looks(connection) if other.overlaps(look)]
        if not any(other.content == look.content for other in past):
            entered = look.looked or datetime.now(UTC).isoformat(timespec="seconds")
            look = replace(look, looked=entered)
            connection.execute(
                "INSERT INTO exo_looks (content, source, first_date, last_date, origin, looked) "
                "VALUES (:content, :source, :first_date, :last_date, :origin, :looked)",
                asdict(look),
            )
            past.append(look)
    return tuple(past)


def _looks(connection: sqlite3.Connection) -> list[Look]:
    rows = connection.execute(
        "SELECT content, source, first_date, last_date, origin, looked FROM exo_looks ORDER BY look"
    )
    return [Look(*row) for row in rows]


class ReplicateStore:
    """Finished replicates of one experiment, by part and number.

    The database stays open from the first call to `close`, so that a file that is removed in
    between is noticed and can still be copied.

    Parameters
    ----------
    study_file
        The database; None keeps nothing.
    experiment
        SHA-256 over everything that a replicate depends on.
    """

    def __init__(self, study_file: Path | None, experiment: str) -> None:
        self._file, self._experiment = study_file, experiment
        self._open = ExitStack()
        self._connection: sqlite3.Connection | None = None
        self._custody: Custody | None = None

    def close(self) -> None:
        """Let go of the file."""
        self._connection = self._custody = None
        self._open.close()

    def check(self) -> None:
        """Raise an ExoError, after a copy has been made, if the file is not at its path."""
        if self._custody is not None:
            self._custody.check()

    def finished(self) -> dict[tuple[str, int], str]:
        """(part, replicate) -> payload."""
        if self._file is None:
            return {}
        with in_words(self._file, PATIENCE_S):
            rows = (
                self._opened(self._file)
                .execute(
                    "SELECT part, replicate, payload FROM exo_replicates WHERE experiment = ?",
                    (self._experiment,),
                )
                .fetchall()
            )
        return {(part, replicate): payload for part, replicate, payload in rows}

    def keep(self, part: str, replicate: int, payload: str) -> None:
        """Store one replicate.

        Raises
        ------
        ExoError
            The file was removed, moved or replaced: a copy beside it holds this one too.
        """
        if self._file is None:
            return
        row = (self._experiment, part, replicate, payload)

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO exo_replicates VALUES (?, ?, ?, ?)", row)

        with in_words(self._file, PATIENCE_S):
            connection = self._opened(self._file)
            if self._custody is not None:
                self._custody.check(insert)
            with transaction(connection, PATIENCE_S):
                insert(connection)

    def _opened(self, study_file: Path) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._open.enter_context(_writing(study_file))
            self._custody = Custody(study_file, self._connection, "study file")
        return self._connection


@contextmanager
def _writing(study_file: Path) -> Iterator[sqlite3.Connection]:
    ensure_file(study_file)
    with (
        in_words(study_file, PATIENCE_S),
        closing(connect(study_file, mode="rw", patience_s=PATIENCE_S)) as connection,
    ):
        for table in _TABLES:
            connection.execute(table)
        yield connection
