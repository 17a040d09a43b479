"""Finished replicates of the verdict's searches, in a study file."""

import sqlite3
from contextlib import ExitStack
from pathlib import Path

from mech_exo.system.database_watch import DatabaseWatch
from mech_exo.system.sqlite import transaction
from mech_exo.tuning.own_tables import PATIENCE_S, opened, reading
from mech_exo.tuning.study_access import in_words

Kept = dict[tuple[str, int], str]  # (part, replicate) -> payload

_TABLE = """CREATE TABLE IF NOT EXISTS exo_replicates (
    experiment TEXT NOT NULL,
    part TEXT NOT NULL,
    replicate INTEGER NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (experiment, part, replicate)) WITHOUT ROWID"""


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
        self._watch: DatabaseWatch | None = None

    def close(self) -> None:
        """Let go of the file."""
        self._connection = self._watch = None
        self._open.close()

    def check(self) -> None:
        """Raise an ExoError, after a copy has been made, if the file is not at its path."""
        if self._watch is not None:
            self._watch.check()

    def finished(self) -> Kept:
        """(part, replicate) -> payload."""
        if self._file is None:
            return {}
        with in_words(self._file, PATIENCE_S):
            return _finished(self._opened(self._file), self._experiment)

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
            if self._watch is not None:
                self._watch.check(insert)
            with transaction(connection, PATIENCE_S):
                insert(connection)

    def _opened(self, study_file: Path) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._open.enter_context(opened(study_file, (_TABLE,)))
            self._watch = DatabaseWatch(study_file, self._connection, "study file")
        return self._connection


def kept_replicates(study_file: Path, experiment: str) -> Kept:
    """As `ReplicateStore.finished`, without a trace in the file; {} where there is none."""
    nothing: Kept = {}
    return reading(study_file, "exo_replicates", lambda c: _finished(c, experiment), nothing)


def _finished(connection: sqlite3.Connection, experiment: str) -> Kept:
    query = "SELECT part, replicate, payload FROM exo_replicates WHERE experiment = ?"
    rows = connection.execute(query, (experiment,)).fetchall()
    return {(part, replicate): payload for part, replicate, payload in rows}
