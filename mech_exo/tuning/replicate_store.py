"""Finished replicates of the verdict's searches, in a study file."""

import sqlite3
from pathlib import Path

from mech_exo.tuning.keepsakes import reading, writing

_TABLE = """CREATE TABLE IF NOT EXISTS exo_replicates (
    experiment TEXT NOT NULL,
    part TEXT NOT NULL,
    replicate INTEGER NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (experiment, part, replicate)) WITHOUT ROWID"""


class ReplicateStore:
    """Finished replicates of one experiment, by part and number.

    Parameters
    ----------
    study_file
        The database; None keeps nothing.
    experiment
        SHA-256 over everything that a replicate depends on.
    """

    def __init__(self, study_file: Path | None, experiment: str) -> None:
        self._file, self._experiment = study_file, experiment

    def finished(self) -> dict[tuple[str, int], str]:
        """(part, replicate) -> payload."""
        if self._file is None:
            return {}
        nothing: dict[tuple[str, int], str] = {}
        return reading(self._file, "exo_replicates", self._finished, nothing)

    def _finished(self, connection: sqlite3.Connection) -> dict[tuple[str, int], str]:
        rows = connection.execute(
            "SELECT part, replicate, payload FROM exo_replicates WHERE experiment = ?",
            (self._experiment,),
        )
        return {(part, replicate): payload for part, replicate, payload in rows}

    def keep(self, part: str, replicate: int, payload: str) -> None:
        """Store one replicate."""
        if self._file is None:
            return
        with writing(self._file, (_TABLE,)) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO exo_replicates VALUES (?, ?, ?, ?)",
                (self._experiment, part, replicate, payload),
            )
