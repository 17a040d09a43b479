"""Connections to SQLite databases, and what kind of failure an error of theirs is.

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

T = TypeVar("T")

READER_PATIENCE_S = 60.0
STEP_MS = 250  # the longest time for which a waiting connection does not hear a signal
DISK_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_FSYNC")


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
            if not is_busy(error) or time.monotonic() >= deadline:
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


def read_without_trace(path: Path, query: Callable[[sqlite3.Connection], T]) -> T:
    """What `query` returns from one consistent state of a database, of which nothing is changed.

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


def failure_code(error: BaseException | None) -> str:
    """SQLite's name of a failure ("SQLITE_FULL"); "" if it is none of SQLite's."""
    return getattr(error, "sqlite_errorname", None) or ""


def is_busy(error: BaseException | None) -> bool:
    """Whether another connection holds a lock."""
    return failure_code(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def is_damage(error: BaseException | None) -> bool:
    """Whether SQLite, or Python's reader of its texts, means that the file is damaged."""
    if failure_code(error).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return True
    return isinstance(error, sqlite3.DatabaseError) and any(w in str(error) for w in _DAMAGE)


_DAMAGE = ("unsupported file format", "malformed", "decode to UTF-8")  # under a general code
