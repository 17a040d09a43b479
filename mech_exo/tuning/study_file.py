"""Making a study file, and opening it for its writer."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExitCode, ExoError
from mech_exo.system.sqlite import READER_PATIENCE_S, connect, patiently, read_without_trace
from mech_exo.system.whole_files import check_target
from mech_exo.tuning.database_schema import check_writable_schema, complete_schema
from mech_exo.tuning.old_studies import migrate
from mech_exo.tuning.study_access import check_study_file, holds_nothing, in_words


def open_for_writing(path: Path, settings: StorageSettings, *, create: bool) -> sqlite3.Connection:
    """A connection for the writer, in the journal mode of the settings.

    Studies of an older exo are turned into the form of this one.

    Raises
    ------
    ExoError
        The file is missing (without `create`), is not Optuna's, or cannot be written.
    """
    patience_s = settings.busy_timeout_s
    if create:
        ensure_file(path)
    check_study_file(path)
    with in_words(path, patience_s):
        connection = connect(path, mode="rw", patience_s=patience_s)
        try:
            patiently(lambda: check_writable_schema(connection, path), patience_s)
            _set_journal(connection, path, settings)
            _complete(connection, path, patience_s)
        except BaseException:
            connection.close()
            raise
    return connection


def open_copy(path: Path) -> sqlite3.Connection:
    """A connection to a copy in memory of what a writer would find, for a rehearsal.

    Nothing is written, beside the file neither.

    Raises
    ------
    ExoError
        As `open_for_writing` with `create`.
    """
    copy = sqlite3.connect(":memory:", isolation_level=None)
    if holds_nothing(path):
        _check_no_orphan(path)
        check_target(path, overwrite=True, touch=False)
        make_tables(copy, path)
    else:
        check_study_file(path)
        check_target(path, overwrite=True, touch=False)
        if not os.access(path, os.W_OK):
            raise ExoError(f"The study file {path} may not be written to.", hint=_WRITABLE)
        with in_words(path, READER_PATIENCE_S):
            read_without_trace(path, lambda connection: connection.backup(copy))
            check_writable_schema(copy, path)
    with in_words(path, 0.0):
        _complete(copy, path, 0.0)
    return copy


def _complete(connection: sqlite3.Connection, path: Path, patience_s: float) -> None:
    """Bring a file of any earlier exo, or of Optuna, to this exo's form."""
    complete_schema(connection, patience_s)
    migrate(connection, path, patience_s)


def ensure_file(path: Path) -> None:
    """Make a study file without studies where there is none."""
    if holds_nothing(path):
        create_file(path)


def create_file(path: Path) -> None:
    """Make a study file without studies, whole or not at all; one that is there stays."""
    _check_no_orphan(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _no_folder(path, error) from error
    try:
        with in_words(path, 0.0), closing(connect(temporary, mode="rwc", patience_s=0.0)) as file:
            make_tables(file, path)
        _publish(temporary, path)
    except OSError as error:
        raise _no_folder(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def make_tables(file: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a study file in an empty database.

    Optuna makes its own in memory, and the result is copied.
    """
    import optuna

    storage = optuna.storages.RDBStorage("sqlite://")
    pooled = storage.engine.raw_connection()
    try:
        source = pooled.driver_connection
        assert isinstance(source, sqlite3.Connection)
        source.backup(file)
    finally:
        pooled.close()
        storage.remove_session()
        storage.engine.dispose()
    _complete(file, path, 0.0)


def _check_no_orphan(path: Path) -> None:
    """Refuse a name beside which the log of a moved study file lies.

    SQLite would take that log for the new file's own and mix the two.
    """
    for suffix in ("-wal", "-journal"):
        log = path.with_name(path.name + suffix)
        if log.exists() and log.stat().st_size > 0 and holds_nothing(path):
            raise ExoError(
                f"{log} holds the last trials of a study file that was moved away without it.",
                hint=f"Move it too (MOVED{suffix} beside MOVED), or delete it to give them up.",
            )


def _publish(temporary: Path, path: Path) -> None:
    """Give the finished file its name, unless another process was quicker."""
    if path.exists() and path.stat().st_size == 0:
        temporary.replace(path)  # an empty file holds nothing
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not path.exists():
            temporary.replace(path)


def _set_journal(connection: sqlite3.Connection, path: Path, settings: StorageSettings) -> None:
    wanted = settings.journal_mode
    (mode,) = patiently(
        lambda: connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone(),
        settings.busy_timeout_s,
    )
    if mode == "wal" and wanted == "delete":
        raise ExoError(
            f"{path} is open in another program, so it cannot leave WAL mode.",
            hint="Close dashboards and other readers of the file and try again.",
            exit_code=ExitCode.LOCKED,
        )
    # a file system without shared memory stays in its mode: slower, and as safe with FULL
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")


def _no_folder(path: Path, error: OSError) -> ExoError:
    return ExoError(
        f"Cannot make the study file {path}: {error.strerror or error}.",
        hint=_WRITABLE,
    )


_WRITABLE = "Name a writable place with --study-file."
