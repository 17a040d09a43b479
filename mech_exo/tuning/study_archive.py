"""A copy of a study file, or of one study of it: whole, checked, as small as it can be.

It is made by SQLite's backup of one moment, so that a run may go on writing meanwhile.
"""

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.system.sqlite import DISK_FULL, connect, failure_code
from mech_exo.system.user_file import size_of
from mech_exo.system.whole_files import check_target, remove_leftovers, whole_file
from mech_exo.tuning.database_schema import check_tables
from mech_exo.tuning.records import find_study, list_studies, load_study
from mech_exo.tuning.study_access import check_study_file, is_database, read_study_file
from mech_exo.tuning.study_removal import keep_only

_LOGS = ("-wal", "-journal")
_OF_THE_COPY = {*DISK_FULL, "SQLITE_CANTOPEN"}  # what reading the source cannot end in


@dataclass(frozen=True)
class StudyArchive:
    """What was archived.

    Attributes
    ----------
    trials
        Study -> number of its trials.
    size
        Of the copy, in bytes.
    """

    source: Path
    out: Path
    trials: Mapping[str, int]
    size: int


def archive(
    study_file: Path, out: Path, name: str | None = None, *, overwrite: bool = False
) -> StudyArchive:
    """Copy a study file to `out`, with all its studies or with one; looks at the holdout go along.

    Raises
    ------
    ExoError
        There is no such file or study, `out` is there (without `overwrite`) or cannot be written,
        or the copy is not what was read. Nothing is left behind then.
    """
    check_study_file(study_file)
    _check_out(study_file, out, overwrite=overwrite)
    remove_leftovers(out.parent, shared=True)  # of an archive that was killed
    with whole_file(out, overwrite=overwrite) as temporary:
        try:
            known = read_study_file(
                study_file, lambda c: _copied(c, study_file, name, temporary, out)
            )
            _finish(temporary, study_file, name)
        except sqlite3.DatabaseError as error:
            raise _unwritten(out, error) from error
        finally:
            for log in _LOGS:
                temporary.with_name(f"{temporary.name}{log}").unlink(missing_ok=True)
        trials = _checked(temporary, known, out)
        _sync(temporary)
    return StudyArchive(study_file, out, trials, out.stat().st_size)


def _check_out(study_file: Path, out: Path, *, overwrite: bool) -> None:
    there = os.path.exists(out)  # noqa: PTH110 - a name that is too long is not there
    if there and study_file.samefile(out):
        raise ExoError(f"{out} is the study file itself.", hint="Name another file with --out.")
    if not overwrite and os.path.lexists(out):
        raise ExoError(f"{out}: exists already.", hint="Name another file, or replace it: --force.")
    check_target(out, overwrite=overwrite)
    if there and out.stat().st_size and not is_database(out):
        raise ExoError(
            f"{out}: is there, and is no study file; it is not replaced.",
            hint="Name another file, or remove this one first.",
        )
    for suffix in _LOGS:
        log = out.with_name(out.name + suffix)
        if size_of(log):
            raise ExoError(
                f"{log} belongs to a study file that is in use or was not closed.",
                hint="Name another file with --out; SQLite would mix the two.",
            )


def _copied(
    connection: sqlite3.Connection, path: Path, name: str | None, temporary: Path, out: Path
) -> dict[str, str]:
    """Copy the file as it is at this moment; study -> all that was read of it, as a text."""
    check_tables(connection, path)
    rows = connection.execute("SELECT study_name FROM studies ORDER BY study_name").fetchall()
    names = [str(n) for (n,) in rows] if name is None else [name]
    if name is not None and find_study(connection, name) is None:
        load_study(connection, path, name)  # says which there are
    known = {n: _text(connection, path, n) for n in names}
    try:
        with closing(sqlite3.connect(temporary, isolation_level=None)) as copy:
            connection.backup(copy)
    except sqlite3.DatabaseError as error:
        if failure_code(error) in _OF_THE_COPY:
            raise _unwritten(out, error) from error
        raise
    return known


def _unwritten(out: Path, error: sqlite3.DatabaseError) -> ExoError:
    return ExoError(
        f"{out}: cannot be written ({error}).",
        hint="Nothing was written; check the free space there.",
    )


def _finish(temporary: Path, path: Path, name: str | None) -> None:
    with closing(connect(temporary, mode="rw", patience_s=0.0)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")  # one file by itself
        if name is not None:
            copy.execute("BEGIN")
            keep_only(copy, path, name)
            copy.execute("COMMIT")
        copy.execute("VACUUM")


def _checked(temporary: Path, known: Mapping[str, str], out: Path) -> dict[str, int]:
    """The trials of each study of the copy.

    Raises
    ------
    ExoError
        It is not what was read.
    """

    def query(copy: sqlite3.Connection) -> dict[str, str]:
        if (sound := copy.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            raise _not_the_same(out, str(sound))
        return {name: _text(copy, temporary, name) for name in known}

    found = read_study_file(temporary, query)
    listed = {study.name: study.trials for study in list_studies(temporary)}
    if listed.keys() != known.keys():
        raise _not_the_same(out, f"it has the studies {', '.join(listed) or 'none'}")
    if wrong := [name for name in known if found[name] != known[name]]:
        raise _not_the_same(out, f"study {wrong[0]!r} differs")
    return listed


def _text(connection: sqlite3.Connection, path: Path, name: str) -> str:
    """All of a study; of a damaged one, that it is damaged."""
    try:
        return repr(load_study(connection, path, name))
    except ExoError:
        return "damaged"


def _not_the_same(out: Path, what: str) -> ExoError:
    return ExoError(
        f"{out}: the copy is not what was read: {what}.",
        hint="Nothing was kept. Try once more, and check the disk.",
    )


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
