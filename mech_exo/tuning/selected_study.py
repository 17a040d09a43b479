"""The study that a writer has turned to, as it was last read, and whether it still is so."""

import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from mech_exo.errors import ExoError
from mech_exo.system.sqlite import snapshot
from mech_exo.tuning.database_schema import check_tables
from mech_exo.tuning.records import find_study, load_study
from mech_exo.tuning.recovery import LostError
from mech_exo.tuning.study_record import StudyRecord, TrialRecord


@dataclass
class SelectedStudy:
    """A study of a file that is open for writing.

    Attributes
    ----------
    study
        As last read, without its trials.
    id
        Of its row.
    trials
        Those in the file.
    spaces
        Keys of spaces that are known to be in the file.
    """

    study: StudyRecord
    id: int
    trials: list[TrialRecord]
    spaces: set[str]
    _seen: int  # SQLite's data_version when the above was read

    @classmethod
    def read(
        cls, connection: sqlite3.Connection, path: Path, name: str
    ) -> tuple[Self, StudyRecord]:
        """The study of a name; as selected, and whole.

        Raises
        ------
        ExoError
            There is no study of that name.
        """
        with snapshot(connection):
            study = load_study(connection, path, name)
            study_id = find_study(connection, name)
            (seen,) = connection.execute("PRAGMA data_version").fetchone()
        assert study_id is not None
        return cls(replace(study, trials=()), study_id, list(study.trials), set(), seen), study

    def check_unchanged(self, connection: sqlite3.Connection, path: Path) -> None:
        """Within a transaction: raise unless all but what was written with this stands as read.

        Raises
        ------
        ExoError
            Another program added trials to the study or deleted it, or changed the file.
        """
        (version,) = connection.execute("PRAGMA data_version").fetchone()
        if version == self._seen:
            return  # no other connection has written to the file at all
        name = self.study.name
        try:
            check_tables(connection, path)
        except ExoError as error:  # another file was written over this one
            raise LostError(error.message) from error
        if find_study(connection, name) != self.id:
            raise LostError(f"Study '{name}' was deleted from {path} while this run was at work.")
        query = "SELECT COUNT(*) FROM trials WHERE study_id = ?"
        (count,) = connection.execute(query, (self.id,)).fetchone()
        if count != len(self.trials):
            raise ExoError(
                f"Another program has changed study '{name}' in {path} while this run was "
                f"at work: it has {count} trials instead of {len(self.trials)}.",
                hint="Nothing is lost. Let only one program add trials to a study.",
            )
        self._seen = version
