"""Reading a study file: whether it is one, and what goes wrong with it in words."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from mech_exo.errors import ExitCode, ExoError
from mech_exo.system.sqlite import (
    DISK_FULL,
    READER_PATIENCE_S,
    failure_code,
    is_busy,
    is_damage,
    read_without_trace,
)
from mech_exo.system.user_file import check_regular

T = TypeVar("T")

SQLITE_MAGIC = b"SQLite format 3\0"


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
        head = _head(path)
    except OSError as error:
        raise ExoError(f"Cannot read the study file {path}: {error.strerror}.") from error
    if not head:
        raise ExoError(
            f"The study file {path} is empty.", hint="Remove it, or name another --study-file."
        )
    if head != SQLITE_MAGIC:
        raise ExoError(f"{path} is not an SQLite database.", hint=_WHICH)


def is_database(path: Path) -> bool:
    """Whether a file begins as SQLite's do; one that cannot be read does not."""
    try:
        return _head(path) == SQLITE_MAGIC
    except OSError:
        return False


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(SQLITE_MAGIC))


_WHICH = "Name the file of a study with --study-file (default studies/factor_opt.db)."


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


def read_study_file(path: Path, query: Callable[[sqlite3.Connection], T]) -> T:
    """What `query` returns from one consistent state of a study file, without leaving a trace."""
    check_study_file(path)
    with in_words(path, READER_PATIENCE_S):
        return read_without_trace(path, query)


def _explain(path: Path, error: sqlite3.DatabaseError, patience_s: float) -> ExoError | None:
    code = failure_code(error)
    if is_busy(error):
        return ExoError(
            f"The study file {path} has been locked by another program for {patience_s:g} s.",
            hint="Nothing is lost: end that program and run the same command again.",
            exit_code=ExitCode.LOCKED,
        )
    if code in DISK_FULL:
        return ExoError(
            f"The study file {path} cannot grow: {error} ({code}).",
            hint="Every trial finished before is stored: free some space and run the same "
            "command again, it goes on from there.",
        )
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return ExoError(
            f"The study file {path} cannot be opened for this: {error} ({code}).",
            hint="Check the permissions of the file and of its folder, which SQLite writes to.",
        )
    if is_damage(error):
        return ExoError(
            f"The study file {path} is damaged: {error}.",
            hint='Restore a copy; `sqlite3 FILE ".recover"` saves what can be read.',
        )
    if code.startswith("SQLITE_CONSTRAINT"):
        return ExoError(
            f"The study file {path} has been damaged or edited: {error}.",
            hint="Restore a copy of the file.",
        )
    if code.startswith("SQLITE_IOERR"):
        return ExoError(f"Reading or writing the study file {path} failed: {error} ({code}).")
    return None
