"""A study file written anew from a study in memory, where the file itself cannot be read."""

import sqlite3
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.system.database_watch import free_copy, put_back
from mech_exo.system.sqlite import failure_code
from mech_exo.tuning.encoding import rows_of
from mech_exo.tuning.inserts import (
    insert_trials,
    put_directions,
    put_epochs,
    put_space,
    put_user_attributes,
    supersede,
)
from mech_exo.tuning.study_access import read_study_file
from mech_exo.tuning.study_file import make_tables
from mech_exo.tuning.study_record import StudyRecord

UNSPOILT = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "SQLITE_BUSY", "SQLITE_LOCKED")


class LostError(ExoError):
    """The trials that a run has stored are not in its file any more."""


def is_spoilt(error: BaseException | None) -> bool:
    """Whether what SQLite said means more than a full disk or a lock."""
    return isinstance(error, sqlite3.DatabaseError) and not failure_code(error).startswith(UNSPOILT)


def recovered(path: Path, study: StudyRecord, trouble: ExoError) -> ExoError:
    """`trouble`, after the study has been written to a new file beside `path`."""
    if study.kind == "plain":  # exo has not written it, and cannot in all its forms
        return trouble
    saved = free_copy(path.absolute(), lambda copy: _write(copy, path, study))
    count = len(study.trials)
    hint = f"All {count} trials of study '{study.name}' are in {saved}: {put_back(path)}."
    return ExoError(trouble.message, hint=hint, exit_code=trouble.exit_code)


def confirm_stored(path: Path, study: StudyRecord) -> None:
    """Raise an ExoError, after the study has been written anew, unless it is in its file still.

    For a study whose run is over, before more is written on the strength of it.
    """
    query = (
        "SELECT COUNT(*) FROM trials t JOIN studies s ON s.study_id = t.study_id "
        "WHERE s.study_name = ?"
    )

    def count(connection: sqlite3.Connection) -> int:
        return int(connection.execute(query, (study.name,)).fetchone()[0])

    try:
        stored = read_study_file(path, count)
    except ExoError as error:
        raise recovered(path, study, error) from error
    except sqlite3.DatabaseError as error:
        trouble = ExoError(f"{path} is no study file any more: {error}.")
        raise recovered(path, study, trouble) from error
    if stored < len(study.trials):
        words = f"{stored} of the {len(study.trials)} trials of study '{study.name}'"
        raise recovered(path, study, ExoError(f"{path} holds {words} that this run had stored."))


def _write(copy: sqlite3.Connection, path: Path, study: StudyRecord) -> None:
    make_tables(copy, path)
    copy.execute("BEGIN")
    insert = "INSERT INTO studies (study_name) VALUES (?)"
    study_id = copy.execute(insert, (study.name,)).lastrowid
    assert study_id is not None
    put_directions(copy, study_id, study.directions, study.objective_names)
    put_epochs(copy, study_id, study.epochs)
    names = {"objective_names": study.objective_names, "constraint_names": study.constraint_names}
    put_user_attributes(copy, study_id, {**names, **study.attributes})
    rows = [rows_of(trial, study.directions) for trial in study.trials]
    for key, text in dict.fromkeys(row.space for row in rows):
        put_space(copy, study_id, key, text)
    first = study.epoch.first_trial if study.epoch else 0
    insert_trials(copy, study_id, rows[:first])
    supersede(copy, study_id, study.directions, study.trials[:first])  # as the epoch found them
    insert_trials(copy, study_id, rows[first:])
    copy.execute("COMMIT")
