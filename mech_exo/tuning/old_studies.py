"""Studies in the form of an older exo, turned into the form of this one.

Version 1 kept exo's record of a trial in the system attribute `exo:record`, the objective of every
trial once more in the attribute `objective`, NaN as a bare word in JSON, and hid infeasible trials
of several objectives behind ±∞ as those of one.
"""

import math
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.system.sqlite import patiently, transaction
from mech_exo.system.strict_json import parse_json
from mech_exo.tuning.encoding import (
    CONSTRAINTS_KEY,
    STUDY_KEY,
    constraints_json,
    number_json,
    stored_json,
)
from mech_exo.tuning.inserts import keep_records, put_epochs, put_values, supersede
from mech_exo.tuning.records import OLD_RECORD_KEY, load_study
from mech_exo.tuning.study_record import StudyRecord, TrialRecord


def migrate(connection: sqlite3.Connection, path: Path, patience_s: float) -> None:
    """Bring all studies of version 1 to this version, in one transaction.

    A study that is damaged stays as it is: whoever selects it is told.
    """
    if not patiently(lambda: _old(connection), patience_s):
        return
    with transaction(connection, patience_s):
        for study_id, name in _old(connection):
            try:
                study = load_study(connection, path, name)
            except ExoError:
                continue
            ids = _recorded(connection, study_id)
            trials = [t for t in study.trials if t.number in ids]
            keep_records(connection, study_id, trials)
            _correct_trials(connection, ids, study, trials)
            if len(study.directions) > 1:
                _show_true_values(connection, study_id, ids, study, trials)
            _correct_attributes(connection, study_id)
            put_epochs(connection, study_id, study.epochs)


def _old(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """Id and name of each study of version 1."""
    query = (
        "SELECT study_id, study_name, value_json FROM study_system_attributes "
        "JOIN studies USING (study_id) WHERE key = ? ORDER BY study_id"
    )
    rows = connection.execute(query, (STUDY_KEY,)).fetchall()
    return [(study_id, name) for study_id, name, text in rows if _version(text) == 1]


def _version(text: str) -> int | None:
    try:
        version: int | None = parse_json(text)["version"]
    except (ValueError, LookupError, TypeError):  # damaged: who selects it is told
        return None
    return version


def _recorded(connection: sqlite3.Connection, study_id: int) -> dict[int, int]:
    """Number → id of the trials that have a record of version 1."""
    query = (
        "SELECT number, trial_id FROM trial_system_attributes JOIN trials USING (trial_id) "
        "WHERE key = ? AND study_id = ?"
    )
    return dict(connection.execute(query, (OLD_RECORD_KEY, study_id)).fetchall())


def _correct_trials(
    connection: sqlite3.Connection,
    ids: Mapping[int, int],
    study: StudyRecord,
    trials: Sequence[TrialRecord],
) -> None:
    """Attributes of trials as this version writes them: valid JSON, and nothing twice."""
    hidden = _hidden(study)
    connection.executemany(
        "DELETE FROM trial_system_attributes WHERE trial_id = ? AND key = ?",
        [(ids[t.number], OLD_RECORD_KEY) for t in trials],
    )
    connection.executemany(
        "DELETE FROM trial_user_attributes WHERE trial_id = ? AND key = 'objective'",
        [(ids[t.number],) for t in trials if t.number not in hidden],
    )
    connection.executemany(
        "UPDATE trial_user_attributes SET value_json = ? WHERE trial_id = ? AND key = ?",
        [
            (number_json(value), ids[t.number], name)
            for t in trials
            for name, value in t.metrics.items()
            if not math.isfinite(value)
        ],
    )
    connection.executemany(
        "UPDATE trial_system_attributes SET value_json = ? WHERE trial_id = ? AND key = ?",
        [
            (constraints_json(t.constraints), ids[t.number], CONSTRAINTS_KEY)
            for t in trials
            if t.constraints is not None and not all(map(math.isfinite, t.constraints))
        ],
    )


def _hidden(study: StudyRecord) -> set[int]:
    """Numbers of the trials whose value Optuna's readers do not see."""
    if len(study.directions) > 1:
        return set()
    shown = {t.number for t in study.current if t.feasible}
    return {t.number for t in study.trials if t.state == "COMPLETE"} - shown


def _show_true_values(
    connection: sqlite3.Connection,
    study_id: int,
    ids: Mapping[int, int],
    study: StudyRecord,
    trials: Sequence[TrialRecord],
) -> None:
    """Of several objectives Optuna's readers see the true values, and go by the constraints."""
    complete = [t for t in trials if t.state == "COMPLETE"]
    put_values(connection, [(ids[t.number], t.values) for t in complete])
    current = {t.number for t in study.current}
    earlier = [t for t in complete if t.number not in current]
    supersede(connection, study_id, study.directions, earlier)


def _correct_attributes(connection: sqlite3.Connection, study_id: int) -> None:
    """Attributes of the study as valid JSON."""
    for table in ("study_user_attributes", "study_system_attributes"):
        query = f"SELECT key, value_json FROM {table} WHERE study_id = ?"  # noqa: S608
        update = f"UPDATE {table} SET value_json = ? WHERE study_id = ? AND key = ?"  # noqa: S608
        for key, text in connection.execute(query, (study_id,)).fetchall():
            if "NaN" in text or "Infinity" in text:
                connection.execute(update, (stored_json(parse_json(text)), study_id, key))
