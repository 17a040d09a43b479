"""Connections to a study file, and SQLite's failures in words.

Waiting for a lock is done here in short steps, not by SQLite's own busy handler, because that one
holds the interpreter in C code and a Ctrl-C would go unheard until the time-out.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from mech_exo.errors import ExitCode, ExoError
from mech_exo.system.user_file import check_regular

T = TypeVar("T")

SQLITE_MAGIC = b"SQLite format 3\0"
READER_PATIENCE_S = 60.0
STEP_MS = 250  # the longest time for which a waiting connection does not hear a signal
DISK_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_FSYNC")


def holds_nothing(path: Path) -> bool:
    """Whether there is no file, or an empty one, which a run fills as if there were none."""
    try:
        return not path.exists() or (path.is_file() and path.stat().st_size == 0)
    except OSError:
        return False  # check_study_file says why


def check_study_file(path: Path) -> None:
    """Raise an ExoError unless `path` is a readable SQLite database."""
    try:
        if path.is_dir():
            raise ExoError(f"{path} is a directory, not a study file.", hint=_WHICH)
        check_regular(path, "a study file")  # a pipe would be waited for
        if not path.exists():
            raise ExoError(
                f"There is no study file {path}.",
                hint="`exo optuna-init` or `exo optuna-run` makes one.",
            )
        with path.open("rb") as file:
            head = file.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise ExoError(f"Cannot read the study file {path}: {error.strerror}.") from error
    if not head:
        raise ExoError(
            f"The study file {path} is empty.", hint="Remove it, or name another --study-file."
        )
    if head != SQLITE_MAGIC:
        raise ExoError(f"{path} is not an SQLite database.", hint=_WHICH)


_WHICH = "Name the file of a study with --study-file (default studies/factor_opt.db)."


def connect(path: Path, *, mode: str, patience_s: float) -> sqlite3.Connection:
    """A connection in autocommit mode; `mode` is SQLite's: ro, rw, rwc, or immutable."""
    query = "immutable=1" if mode == "immutable" else f"mode={mode}"
    return sqlite3.connect(
        f"file:{quote(os.fspath(path.absolute()))}?{query}",
        uri=True,
        isolation_level=None,
        timeout=min(patience_s, STEP_MS / 1000),
    )


def patiently(action: Callable[[], T], patience_s: float) -> T:
    """The result of `action`, repeated for `patience_s` seconds while the database is locked."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return action()
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() >= deadline:
                raise
            time.sleep(0.005)  # the connection's own time-out has waited already


@contextmanager
def transaction(connection: sqlite3.Connection, patience_s: float) -> Iterator[None]:
    """A write transaction: all of it is stored or nothing."""
    try:
        patiently(lambda: connection.execute("BEGIN IMMEDIATE"), patience_s)
        yield
        patiently(lambda: connection.execute("COMMIT"), patience_s)
    except BaseException:  # a Ctrl-C too must not leave it open
        _end(connection)
        raise


@contextmanager
def snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything read within is of one moment."""
    try:
        connection.execute("BEGIN")
        yield
    finally:
        _end(connection)


@contextmanager
def in_words(path: Path, patience_s: float) -> Iterator[None]:
    """Turn what SQLite says about the file into an ExoError; programming errors pass through."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        explanation = _explain(path, error, patience_s)
        if explanation is None:
            raise
        raise explanation from error


def read(path: Path, query: Callable[[sqlite3.Connection], T]) -> T:
    """What `query` returns from one consistent state of a study file, without leaving a trace."""
    check_study_file(path)
    with in_words(path, READER_PATIENCE_S):
        return read_without_trace(path, query)


def read_without_trace(path: Path, query: Callable[[sqlite3.Connection], T]) -> T:
    """As `read`, of any SQLite database; its errors as they come.

    A database in WAL mode cannot be opened read-only without SQLite making `-shm` and `-wal`
    beside it. So a file at rest is read as immutable, and once more in the ordinary way should a
    writer have come in between.
    """
    before = _at_rest(path)
    if before is not None:
        try:
            result = _query(path, "immutable", query)
        except sqlite3.DatabaseError:
            if _at_rest(path) == before:
                raise
        else:
            if _at_rest(path) == before:
                return result
    return _query(path, "ro", query)


def _query(path: Path, mode: str, query: Callable[[sqlite3.Connection], T]) -> T:
    with closing(connect(path, mode=mode, patience_s=READER_PATIENCE_S)) as connection:

        def attempt() -> T:
            with snapshot(connection):
                return query(connection)

        return patiently(attempt, READER_PATIENCE_S)


def _end(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _at_rest(path: Path) -> tuple[int, int, int] | None:
    """The identity of a database file that no writer has open, else None."""
    for suffix in ("-wal", "-journal"):
        try:
            if Path(f"{path}{suffix}").stat().st_size > 0:
                return None
        except FileNotFoundError:
            continue
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _is_busy(error: sqlite3.Error) -> bool:
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", None) or ""


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite, or Python's reader of its texts, means that the file is damaged."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return True
    return isinstance(error, sqlite3.DatabaseError) and any(w in str(error) for w in _DAMAGE)


_DAMAGE = ("unsupported file format", "malformed", "decode to UTF-8")  # under a general code


def _explain(path: Path, error: sqlite3.DatabaseError, patience_s: float) -> ExoError | None:
    name = _name(error)
    if _is_busy(error):
        return ExoError(
            f"The study file {path} has been locked by another program for {patience_s:g} s.",
            hint="Nothing is lost: end that program and run the same command again.",
            exit_code=ExitCode.LOCKED,
        )
    if name in DISK_FULL:
        return ExoError(
            f"The study file {path} cannot grow: {error} ({name}).",
            hint="Every trial finished before is stored: free some space and run the same "
            "command again, it goes on from there.",
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return ExoError(
            f"The study file {path} cannot be opened for this: {error} ({name}).",
            hint="Check the permissions of the file and of its folder, which SQLite writes to.",
        )
    if is_damage(error):
        return ExoError(
            f"The study file {path} is damaged: {error}.",
            hint='Restore a copy; `sqlite3 FILE ".recover"` saves what can be read.',
        )
    if name.startswith("SQLITE_CONSTRAINT"):
        return ExoError(
            f"The study file {path} has been damaged or edited: {error}.",
            hint="Restore a copy of the file.",
        )
    if name.startswith("SQLITE_IOERR"):
        return ExoError(f"Reading or writing the study file {path} failed: {error} ({name}).")
    return None
