"""Removing a study from its file: every row that is its own, and no look at the holdout.

What is its own: Optuna's rows (whatever table refers to a study or a trial), exo's record of each
trial, its verdicts, and the calibrations of an objective file that no other study of the file has.
Finished searches of verdicts are kept by a hash from which no study is known again: they go with
the last study, unless a factor file was judged here too. Looks stay: what was seen was seen.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.system.sqlite import connect, is_busy, patiently, transaction
from mech_exo.system.strict_json import parse_json
from mech_exo.tuning.database_schema import check_tables
from mech_exo.tuning.encoding import STUDY_KEY
from mech_exo.tuning.own_tables import PATIENCE_S, columns
from mech_exo.tuning.records import find_study
from mech_exo.tuning.study_access import in_words, read_study_file
from mech_exo.tuning.study_lock import check_study_free, study_lock

VACUUM_PATIENCE_S = 5.0
_OBJECTIVE = "objective file"
_BUSY = "Delete it when that run has ended."


@dataclass(frozen=True)
class Removal:
    """How many rows of each kind belong to a study; the looks of the file stay.

    Attributes
    ----------
    searches
        Finished searches of verdicts and calibrations.
    looks
        At the holdout, of the whole file.
    """

    study: str
    trials: int
    epochs: int
    verdicts: int
    calibrations: int
    searches: int
    looks: int


def removal_of(study_file: Path, name: str) -> Removal:
    """What `delete_study` would remove; nothing is changed.

    Raises
    ------
    ExoError
        There is no such study, it is plain Optuna's, or a run holds it (exit code 5).
    """

    def query(connection: sqlite3.Connection) -> Removal:
        check_tables(connection, study_file)
        return _Doomed(connection, study_file, name).count()

    found = read_study_file(study_file, query)
    check_study_free(study_file, name, _BUSY)
    return found


def delete_study(study_file: Path, name: str) -> Removal:
    """Remove a study in one transaction; what was removed.

    Raises
    ------
    ExoError
        As `removal_of`, or the file cannot be written. Nothing is removed then.
    """
    read_study_file(study_file, lambda connection: check_tables(connection, study_file))
    with (
        study_lock(study_file, name, hint=_BUSY),
        in_words(study_file, PATIENCE_S),
        closing(connect(study_file, mode="rw", patience_s=PATIENCE_S)) as connection,
        transaction(connection, PATIENCE_S),
    ):
        doomed = _Doomed(connection, study_file, name)
        found = doomed.count()
        doomed.remove()
    return found


def give_space_back(study_file: Path) -> str:
    """Make a file as small as what it holds; why it stays as it is, or "" if it worked."""
    try:
        with closing(connect(study_file, mode="rw", patience_s=VACUUM_PATIENCE_S)) as connection:
            patiently(lambda: connection.execute("VACUUM"), VACUUM_PATIENCE_S)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        return "another program is using it" if is_busy(error) else str(error)
    return ""


def keep_only(connection: sqlite3.Connection, path: Path, name: str) -> None:
    """Remove all studies of a file but one, those of plain Optuna too."""
    rows = connection.execute("SELECT study_name FROM studies").fetchall()
    for (other,) in rows:
        if other != name:
            _Doomed(connection, path, other, any_kind=True).remove()


class _Doomed:
    """A study of a file, within a transaction of the caller."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, name: str, *, any_kind: bool = False
    ) -> None:
        self._connection, self._name = connection, name
        found = find_study(connection, name)
        if found is None:
            names = [n for (n,) in connection.execute("SELECT study_name FROM studies ORDER BY 1")]
            raise ExoError(
                f"There is no study '{name}' in {path}.",
                hint=f"It has: {', '.join(names)}." if names else "It has no study.",
            )
        self._id = found
        if not any_kind and not self._one("study_system_attributes", "key = ?", STUDY_KEY):
            raise ExoError(
                f"Study '{name}' in {path} was made by plain Optuna, not by exo.",
                hint="exo never writes to it; `optuna delete-study` removes it.",
            )

    def count(self) -> Removal:
        """How many rows are its own."""
        return Removal(
            self._name,
            trials=self._one("trials", "1"),
            epochs=len(self._epochs()),
            verdicts=self._one("exo_verdicts", "1"),
            calibrations=len(self._calibrations()),
            searches=self._rows("exo_replicates") if self._last() else 0,
            looks=self._rows("exo_looks"),
        )

    def remove(self) -> None:
        """Remove them."""
        calibrations, last = self._calibrations(), self._last()
        for table in self._tables_with("trial_id", "trials"):
            trials = "SELECT trial_id FROM trials WHERE study_id = ?"
            self._delete(f"{table} WHERE trial_id IN ({trials})")
        for table in self._tables_with("study_id", "studies"):
            self._delete(f"{table} WHERE study_id = ?")
        self._delete("studies WHERE study_id = ?")
        for number in calibrations:
            self._connection.execute(
                "DELETE FROM exo_calibrations WHERE calibration = ?", (number,)
            )
        if last and columns(self._connection, "exo_replicates"):
            self._connection.execute("DELETE FROM exo_replicates")

    def _delete(self, what: str) -> None:
        self._connection.execute(f"DELETE FROM {what}", (self._id,))  # noqa: S608 - names of tables

    def _tables_with(self, column: str, but: str) -> list[str]:
        """Tables that refer to a row, those that a later Optuna has added too."""
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name != ?"
        names = [str(name) for (name,) in self._connection.execute(query, (but,))]
        return [name for name in names if column in columns(self._connection, name)]

    def _one(self, table: str, condition: str, *values: object) -> int:
        if not columns(self._connection, table):
            return 0
        query = f"SELECT COUNT(*) FROM {table} WHERE study_id = ? AND {condition}"  # noqa: S608
        return int(self._connection.execute(query, (self._id, *values)).fetchone()[0])

    def _rows(self, table: str) -> int:
        if not columns(self._connection, table):
            return 0
        return int(self._connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0])  # noqa: S608

    def _last(self) -> bool:
        """Whether nothing else of the file was ever judged or searched."""
        (others,) = self._connection.execute(
            "SELECT COUNT(*) FROM studies WHERE study_id != ?", (self._id,)
        ).fetchone()
        files = 0
        if columns(self._connection, "exo_verdicts"):
            (files,) = self._connection.execute(
                "SELECT COUNT(*) FROM exo_verdicts WHERE study_id IS NULL"
            ).fetchone()
        return not others and not files

    def _epochs(self, study_id: int | None = None) -> list[Any]:
        row = self._connection.execute(
            "SELECT value_json FROM study_system_attributes WHERE study_id = ? AND key = ?",
            (self._id if study_id is None else study_id, STUDY_KEY),
        ).fetchone()
        try:
            return list(parse_json(row[0])["epochs"]) if row else []
        except (ValueError, LookupError, TypeError):  # damaged: it may be removed all the same
            return []

    def _calibrations(self) -> list[int]:
        """Those of an objective file that this study has, and no other of the file."""
        if not columns(self._connection, "exo_calibrations"):
            return []
        ids = [i for (i,) in self._connection.execute("SELECT study_id FROM studies")]
        own = set(self._objectives(self._id))
        own -= {sha for i in ids if i != self._id for sha in self._objectives(i)}
        rows = self._connection.execute("SELECT calibration, conditions FROM exo_calibrations")
        return [number for number, text in rows if _objective_of(text) in own]

    def _objectives(self, study_id: int) -> Iterator[str]:
        for epoch in self._epochs(study_id):
            components = epoch.get("components") if isinstance(epoch, dict) else None
            if isinstance(components, dict) and _OBJECTIVE in components:
                yield str(components[_OBJECTIVE])


def _objective_of(conditions: str) -> str | None:
    try:
        return str(parse_json(conditions)["objective"])
    except (ValueError, LookupError, TypeError):
        return None
