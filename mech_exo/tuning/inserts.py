"""The statements that write a study, each within a transaction of the caller."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mech_exo.tuning.encoding import (
    OBJECTIVE_NAMES_KEY,
    RECORD_KEY,
    RECORD_VERSION,
    STUDY_KEY,
    TrialRows,
    epoch_to_json,
    objective_of,
    record_of,
    stand_in,
    typed,
)
from mech_exo.tuning.study import Direction, Epoch, TrialRecord


def put_directions(
    connection: sqlite3.Connection,
    study_id: int,
    directions: Sequence[Direction],
    objective_names: Sequence[str],
) -> None:
    """Set what a study optimises; the dashboard shows the names."""
    connection.execute("DELETE FROM study_directions WHERE study_id = ?", (study_id,))
    connection.executemany(
        "INSERT INTO study_directions (study_id, objective, direction) VALUES (?, ?, ?)",
        [(study_id, i, direction.upper()) for i, direction in enumerate(directions)],
    )
    if objective_names:
        _put_system_attribute(connection, study_id, OBJECTIVE_NAMES_KEY, list(objective_names))


def put_epochs(connection: sqlite3.Connection, study_id: int, epochs: Iterable[Epoch]) -> None:
    """Set the epochs of a study; this is also what marks it as exo's."""
    document = {"version": RECORD_VERSION, "epochs": [epoch_to_json(epoch) for epoch in epochs]}
    _put_system_attribute(connection, study_id, STUDY_KEY, document)


def put_user_attributes(
    connection: sqlite3.Connection, study_id: int, attributes: Mapping[str, Any]
) -> None:
    """Set user attributes of a study; others stay."""
    connection.executemany(
        _UPSERT.format(table="study_user_attributes"),
        [(study_id, key, json.dumps(value)) for key, value in attributes.items()],
    )


def put_space(connection: sqlite3.Connection, study_id: int, key: str, text: str) -> None:
    """Store the ranges of parameters under their key; what is there is the same."""
    connection.execute(
        "INSERT INTO study_system_attributes (study_id, key, value_json) VALUES (?, ?, ?) "
        "ON CONFLICT (study_id, key) DO NOTHING",
        (study_id, key, text),
    )


def insert_trials(
    connection: sqlite3.Connection, study_id: int, trials: Sequence[TrialRows]
) -> None:
    """Insert finished trials in the order given."""
    ids = [connection.execute(_TRIAL, (study_id, *rows.trial)).lastrowid for rows in trials]
    for statement, part in _PARTS:
        connection.executemany(
            statement,
            [
                (trial_id, *row)
                for trial_id, rows in zip(ids, trials, strict=True)
                for row in getattr(rows, part)
            ],
        )


def keep_record(connection: sqlite3.Connection, study_id: int, trial: TrialRecord) -> None:
    """Give a trial of another program a record of exo's, so that its true values stay known."""
    query = "SELECT trial_id FROM trials WHERE study_id = ? AND number = ?"
    (trial_id,) = connection.execute(query, (study_id, trial.number)).fetchone()
    ignore = " ON CONFLICT (trial_id, key) DO NOTHING"
    connection.execute(_SYSTEM_ATTRIBUTE + ignore, (trial_id, RECORD_KEY, record_of(trial)))
    if trial.values:
        connection.execute(_USER_ATTRIBUTE + ignore, (trial_id, "objective", objective_of(trial)))


def hide_values(
    connection: sqlite3.Connection, study_id: int, directions: Sequence[Direction]
) -> None:
    """Replace the stored values of all complete trials by the stand-in."""
    connection.executemany(
        "UPDATE trial_values SET value = ?, value_type = ? WHERE objective = ? AND trial_id IN "
        "(SELECT trial_id FROM trials WHERE study_id = ? AND state = 'COMPLETE')",
        [(*typed(v), i, study_id) for i, v in enumerate(stand_in(directions))],
    )


def _put_system_attribute(
    connection: sqlite3.Connection, study_id: int, key: str, value: Any
) -> None:
    statement = _UPSERT.format(table="study_system_attributes")
    connection.execute(statement, (study_id, key, json.dumps(value)))


_UPSERT = (
    "INSERT INTO {table} (study_id, key, value_json) VALUES (?, ?, ?) "
    "ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json"
)
_TRIAL = (
    "INSERT INTO trials (study_id, number, state, datetime_start, datetime_complete) "
    "VALUES (?, ?, ?, ?, ?)"
)
_USER_ATTRIBUTE = "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (?, ?, ?)"
_SYSTEM_ATTRIBUTE = (
    "INSERT INTO trial_system_attributes (trial_id, key, value_json) VALUES (?, ?, ?)"
)
_PARTS = (  # statement, field of TrialRows
    (
        "INSERT INTO trial_values (trial_id, objective, value, value_type) VALUES (?, ?, ?, ?)",
        "values",
    ),
    (
        "INSERT INTO trial_params (trial_id, param_name, param_value, distribution_json) "
        "VALUES (?, ?, ?, ?)",
        "params",
    ),
    (_USER_ATTRIBUTE, "user_attributes"),
    (_SYSTEM_ATTRIBUTE, "system_attributes"),
    (
        "INSERT INTO trial_intermediate_values "
        "(trial_id, step, intermediate_value, intermediate_value_type) VALUES (?, ?, ?, ?)",
        "intermediate",
    ),
)
