"""exo's own tables in a study file: looks at the holdout, verdicts, finished replicates.

They stand beside Optuna's, which they never touch. A study file without studies is made where
there is none, so that a factor file can be judged without a study.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from mech_exo.system.sqlite import connect, transaction
from mech_exo.tuning.study_access import holds_nothing, in_words, read_study_file
from mech_exo.tuning.study_file import ensure_file

T = TypeVar("T")

PATIENCE_S = 60.0


@contextmanager
def opened(study_file: Path, statements: Sequence[str]) -> Iterator[sqlite3.Connection]:
    """A writer of a study file, after `statements` that make what is not there yet."""
    ensure_file(study_file)
    with (
        in_words(study_file, PATIENCE_S),
        closing(connect(study_file, mode="rw", patience_s=PATIENCE_S)) as connection,
    ):
        for statement in statements:
            connection.execute(statement)
        yield connection


@contextmanager
def writing(study_file: Path, statements: Sequence[str]) -> Iterator[sqlite3.Connection]:
    """A write transaction on a study file, after `statements` that make what is not there yet."""
    with opened(study_file, ()) as connection, transaction(connection, PATIENCE_S):
        for statement in statements:
            connection.execute(statement)
        yield connection


def reading(
    study_file: Path, table: str, query: Callable[[sqlite3.Connection], T], otherwise: T
) -> T:
    """What `query` finds, without a trace; `otherwise` without the file or the table."""

    def known(connection: sqlite3.Connection) -> T:
        return query(connection) if columns(connection, table) else otherwise

    return otherwise if holds_nothing(study_file) else read_study_file(study_file, known)


def columns(connection: sqlite3.Connection, table: str) -> set[str]:
    """Names of a table's columns; empty if there is no such table."""
    rows = connection.execute(f"PRAGMA table_info({table})")
    return {str(row[1]) for row in rows}
