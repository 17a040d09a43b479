"""The statements that write a study, each within a transaction of the caller."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.encoding import (
    CONSTRAINTS_KEY,
    OBJECTIVE_NAMES_KEY,
    RECORD_VERSION,
    STUDY_KEY,
    SUPERSEDED,
    TrialRows,
    constraints_json,
    epoch_to_json,
    objective_of,
    record_of,
    space_of,
    stand_in,
    stored_json,
    typed,
)
from mech_exo.tuning.study_record import Epoch, TrialRecord


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
        [(study_id, key, stored_json(value)) for key, value in attributes.items()],
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
    records = [(trial_id, rows.record) for trial_id, rows in zip(ids, trials, strict=True)]
    connection.executemany(_RECORD, records)
    for statement, part in _PARTS:
        connection.executemany(
            statement,
            [
                (trial_id, *row)
                for trial_id, rows in zip(ids, trials, strict=True)
                for row in getattr(rows, part)
            ],
        )


def keep_records(
    connection: sqlite3.Connection, study_id: int, trials: Iterable[TrialRecord]
) -> None:
    """Give finished trials that have none a record of exo's: true values stay known.

    Another program made them, or copied them from another file.
    """
    ids = _trial_ids(connection, study_id)
    query = "SELECT trial_id FROM exo_records JOIN trials USING (trial_id) WHERE study_id = ?"
    kept = {trial_id for (trial_id,) in connection.execute(query, (study_id,))}
    for trial in trials:
        if trial.finished and ids[trial.number] not in kept:
            put_space(connection, study_id, *space_of(trial))
            connection.execute(_RECORD, (ids[trial.number], record_of(trial)))


def supersede(
    connection: sqlite3.Connection,
    study_id: int,
    directions: Sequence[Direction],
    trials: Iterable[TrialRecord],
) -> None:
    """Let Optuna's readers see complete trials as none that could be a best.

    Of a single objective the stored value becomes the stand-in, and the user attribute `objective`
    keeps the true one. With several objectives Optuna goes by the constraints: the values stay,
    and each trial gets one more constraint, which it violates.
    """
    ids = _trial_ids(connection, study_id)
    complete = [(ids[t.number], t) for t in trials if t.state == "COMPLETE"]
    if len(directions) == 1:
        ignore = " ON CONFLICT (trial_id, key) DO NOTHING"
        connection.executemany(
            _USER_ATTRIBUTE + ignore,
            [(trial_id, "objective", objective_of(trial)) for trial_id, trial in complete],
        )
        put_values(connection, [(trial_id, stand_in(directions)) for trial_id, _ in complete])
        return
    violated = [
        (trial_id, CONSTRAINTS_KEY, constraints_json([*(trial.constraints or ()), SUPERSEDED]))
        for trial_id, trial in complete
    ]
    replace = " ON CONFLICT (trial_id, key) DO UPDATE SET value_json = excluded.value_json"
    connection.executemany(_SYSTEM_ATTRIBUTE + replace, violated)


def put_values(
    connection: sqlite3.Connection, values: Iterable[tuple[int, Sequence[float]]]
) -> None:
    """Replace the stored values of trials by id."""
    connection.executemany(
        "UPDATE trial_values SET value = ?, value_type = ? WHERE objective = ? AND trial_id = ?",
        [(*typed(v), i, trial_id) for trial_id, row in values for i, v in enumerate(row)],
    )


def _trial_ids(connection: sqlite3.Connection, study_id: int) -> dict[int, int]:
    """Optuna's id of each trial of a study, by number."""
    query = "SELECT number, trial_id FROM trials WHERE study_id = ?"
    return dict(connection.execute(query, (study_id,)).fetchall())


def _put_system_attribute(
    connection: sqlite3.Connection, study_id: int, key: str, value: Any
) -> None:
    statement = _UPSERT.format(table="study_system_attributes")
    connection.execute(statement, (study_id, key, stored_json(value)))


_UPSERT = (
    "INSERT INTO {table} (study_id, key, value_json) VALUES (?, ?, ?) "
    "ON CONFLICT (study_id, key) DO UPDATE SET value_json = excluded.value_json"
)
_TRIAL = (
    "INSERT INTO trials (study_id, number, state, datetime_start, datetime_complete) "
    "VALUES (?, ?, ?, ?, ?)"
)
_RECORD = "INSERT INTO exo_records (trial_id, record) VALUES (?, ?)"
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
