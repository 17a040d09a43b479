"""What `exo calibrate` found, kept in a study file by the conditions that it is of."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.system.strict_json import parse_json
from mech_exo.tuning.own_tables import reading, writing

_STATEMENTS = (
    """CREATE TABLE IF NOT EXISTS exo_calibrations (
        calibration INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        conditions TEXT NOT NULL,
        block TEXT NOT NULL,
        made TEXT NOT NULL)""",
)
_LATEST = "SELECT block FROM exo_calibrations WHERE key = ? ORDER BY calibration DESC LIMIT 1"


def keep_calibration(
    study_file: Path, key: str, conditions: Mapping[str, Any], block: Mapping[str, Any]
) -> None:
    """Add a calibration, unless the last one of the same conditions says the same."""
    text = json.dumps(block, sort_keys=True)
    with writing(study_file, _STATEMENTS) as connection:
        if _latest(connection, key) == text:
            return
        connection.execute(
            "INSERT INTO exo_calibrations (key, conditions, block, made) VALUES (?, ?, ?, ?)",
            (
                key,
                json.dumps(conditions, sort_keys=True),
                text,
                datetime.now(UTC).isoformat(timespec="seconds"),
            ),
        )


def latest_calibration(study_file: Path, key: Callable[[], str]) -> dict[str, Any] | None:
    """The block of the latest calibration under a key; None if there is none.

    Parameters
    ----------
    key
        Gives the key; only asked for where any calibration is kept, since it costs a hash of all
        data.

    Raises
    ------
    ExoError
        It is no study file, or the table has been damaged.
    """
    nothing: str | None = None
    if not reading(study_file, "exo_calibrations", _any, False):
        return None
    wanted = key()
    text = reading(study_file, "exo_calibrations", lambda c: _latest(c, wanted), nothing)
    if text is None:
        return None
    try:
        block = parse_json(text)
    except (ValueError, TypeError) as error:
        raise damaged_calibration() from error
    if not isinstance(block, dict):
        raise damaged_calibration()
    return block


def damaged_calibration() -> ExoError:
    """What is kept is no calibration."""
    return ExoError(
        "The kept calibrations (table exo_calibrations) have been damaged or edited.",
        hint="Restore a copy of the study file, or calibrate again: `exo calibrate`.",
    )


def _any(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM exo_calibrations LIMIT 1").fetchone() is not None


def _latest(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute(_LATEST, (key,)).fetchone()
    return None if row is None else str(row[0])
