"""The ledger's file: one writer at a time, each commit synced to disk."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExitCode, ExoError
from mech_exo.system.database_watch import DatabaseWatch
from mech_exo.system.sqlite import DISK_FULL, failure_code, is_damage, read_without_trace
from mech_exo.system.user_file import check_regular, is_folder

T = TypeVar("T")


class Ledger:
    """One ledger file.

    Parameters
    ----------
    storage
        Journal mode and how long to wait for another process.

    Raises
    ------
    ExoError
        If the path is a folder's.
    """

    def __init__(self, path: Path, storage: StorageSettings) -> None:
        _check_no_folder(path)
        self.path = path
        self._watch: DatabaseWatch | None = None
        self._engine = _engine(path, storage)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A write transaction that nobody else can interleave with: all is stored or nothing.

        Raises
        ------
        ExoError
            If the file is locked for too long, full, damaged, or no ledger; if it was removed,
            moved or replaced since the first transaction, after a copy has been made.
        """
        with _in_words(self.path, "Nothing was booked."):
            self.check()
            with self._engine.begin() as connection:
                self._hold(connection)
                yield connection
            self.check()

    def check(self) -> None:
        """Raise an ExoError, after a copy has been made, if the file is not at its path."""
        if self._watch is not None:
            self._watch.check()

    def _hold(self, connection: Connection) -> None:
        if self._watch is None:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            self._watch = DatabaseWatch(self.path, raw, "ledger")


def read_ledger(path: Path, query: Callable[[Connection], T]) -> T:
    """What `query` returns from one state of the file, which nobody needs a right to write.

    Raises
    ------
    ExoError
        If the file cannot be read, is damaged, or no SQLite database.
    """

    def through(raw: sqlite3.Connection) -> T:
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
        try:
            with engine.connect() as connection:
                return query(connection)
        except DatabaseError as error:
            raise error.orig or error from error

    _check_no_folder(path)
    with _in_words(path, "Check the file, and the rights on its folder."):
        return read_without_trace(path, through)


def _check_no_folder(path: Path) -> None:
    if is_folder(path):
        raise ExoError(f"{path}: is a folder, expected the file of a ledger.")
    check_regular(path, "the file of a ledger")


def _engine(path: Path, storage: StorageSettings) -> Engine:
    url = URL.create("sqlite", database=str(path))
    engine = create_engine(url, connect_args={"timeout": storage.busy_timeout_s})

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself
        connection.execute(f"PRAGMA journal_mode={storage.journal_mode}")
        connection.execute("PRAGMA synchronous=FULL")

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


@contextmanager
def _in_words(path: Path, hint: str) -> Iterator[None]:
    """Turn what SQLite says about the file into an ExoError; programming errors pass through."""
    try:
        yield
    except OSError as error:  # of looking at the file; SQLite's own are below
        raise ExoError(f"{path}: cannot be read ({error.strerror}).", hint=hint) from error
    except (DatabaseError, sqlite3.DatabaseError) as error:
        said = error.orig if isinstance(error, DatabaseError) else error
        explanation = _explain(path, said, hint)
        if explanation is None:
            raise
        raise explanation from error


def _explain(path: Path, error: BaseException | None, hint: str) -> ExoError | None:
    """SQLite's failure in words; None: a mistake of the program."""
    failure = failure_code(error)
    if failure.startswith("SQLITE_BUSY"):
        return ExoError(
            f"{path}: another process is writing to the ledger.",
            hint="Try again when it has ended; nothing was booked.",
            exit_code=ExitCode.LOCKED,
        )
    if is_damage(error):
        what = "not an SQLite database" if failure.startswith("SQLITE_NOTADB") else "damaged"
        return ExoError(f"{path}: is {what}.", hint=hint)
    words = {
        **dict.fromkeys(DISK_FULL, "the disk is full"),
        "SQLITE_IOERR": "the disk cannot be read or written",
        "SQLITE_READONLY": "may not be written",
        "SQLITE_CANTOPEN": "cannot be opened",
        "SQLITE_PERM": "may not be opened",
    }
    found = next((text for code, text in words.items() if failure.startswith(code)), None)
    if found is None:
        return None
    return ExoError(f"{path}: {found}.", hint=hint)
