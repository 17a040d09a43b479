"""Reading studies by plain SQL, read-only.

A reader never creates a file, takes no lock that a writer would wait for, and needs neither
Optuna nor SQLAlchemy. Studies of plain Optuna are read as well.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.objective.evaluation import Direction
from mech_exo.system.strict_json import parse_json
from mech_exo.tuning.database_schema import check_tables, has_records
from mech_exo.tuning.encoding import (
    NAMES,
    SPACE_KEY,
    STUDY_KEY,
    epoch_from_json,
    trial_from_record,
)
from mech_exo.tuning.foreign_trials import foreign_trials
from mech_exo.tuning.refusals import damaged
from mech_exo.tuning.study_access import holds_nothing, read_study_file
from mech_exo.tuning.study_record import (
    FINISHED,
    NO_EPOCH,
    Epoch,
    StudyRecord,
    StudySummary,
    TrialRecord,
)

OLD_RECORD_KEY = "exo:record"  # of version 1, where the record was an attribute

__all__ = [
    "FINISHED",
    "NO_EPOCH",
    "Epoch",
    "StudyRecord",
    "StudySummary",
    "TrialRecord",
    "current_epoch",
    "find_study",
    "list_studies",
    "load_study",
    "read_study",
    "study_names",
]


def read_study(study_file: Path, name: str) -> StudyRecord:
    """The study of that name with all its trials, as of one moment.

    Raises
    ------
    ExoError
        The file is missing or no study file, or it has no study of that name.
    """

    def query(connection: sqlite3.Connection) -> StudyRecord:
        check_tables(connection, study_file)
        return load_study(connection, study_file, name)

    return read_study_file(study_file, query)


def current_epoch(study_file: Path, name: str) -> Epoch | None:
    """The epoch that a run would go on with; None without a study of exo's of that name.

    Raises
    ------
    ExoError
        It is no study file, or the study is damaged.
    """

    def query(connection: sqlite3.Connection) -> Epoch | None:
        check_tables(connection, study_file)
        study_id = find_study(connection, name)
        if study_id is None:
            return None
        try:
            own = _attributes(connection, "study_system_attributes", study_id).get(STUDY_KEY)
            epochs = [] if own is None else own["epochs"]
            return epoch_from_json(epochs[-1]) if epochs else None
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
            raise damaged(study_file, name, f"{type(error).__name__}: {error}") from error

    return None if holds_nothing(study_file) else read_study_file(study_file, query)


def list_studies(study_file: Path) -> list[StudySummary]:
    """A line for each study of the file, by name; of a damaged one, what is wrong.

    Raises
    ------
    ExoError
        The file is missing or no study file.
    """

    def summary(connection: sqlite3.Connection, name: str) -> StudySummary:
        try:
            return _summary(load_study(connection, study_file, name))
        except ExoError as error:
            return StudySummary(name, damage=error.message)

    def query(connection: sqlite3.Connection) -> list[StudySummary]:
        check_tables(connection, study_file)
        return [summary(connection, name) for name in _names(connection)]

    return read_study_file(study_file, query)


def study_names(study_file: Path) -> list[str]:
    """Names of the studies of the file, in order; [] if there is no file.

    Raises
    ------
    ExoError
        It is no study file.
    """

    def query(connection: sqlite3.Connection) -> list[str]:
        check_tables(connection, study_file)
        return _names(connection)

    return [] if holds_nothing(study_file) else read_study_file(study_file, query)


def find_study(connection: sqlite3.Connection, name: str) -> int | None:
    """Optuna's id of a study; None if there is none of that name."""
    row = connection.execute(
        "SELECT study_id FROM studies WHERE study_name = ?", (name,)
    ).fetchone()
    return None if row is None else int(row[0])


def load_study(
    connection: sqlite3.Connection, path: Path, name: str, *, first: int = 0
) -> StudyRecord:
    """`read_study` over a connection, with the trials from number `first` on.

    The caller holds the transaction.
    """
    try:
        return _load(connection, path, name, first)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        what = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
        raise damaged(path, name, what) from error


def _load(connection: sqlite3.Connection, path: Path, name: str, first: int) -> StudyRecord:
    study_id = find_study(connection, name)
    if study_id is None:
        there = _names(connection)
        raise ExoError(
            f"There is no study '{name}' in {path}.",
            hint=f"It has: {', '.join(there)}." if there else "It has no study yet.",
        )
    directions = _directions(connection, study_id)
    system = _attributes(connection, "study_system_attributes", study_id)
    attributes = _attributes(connection, "study_user_attributes", study_id)
    own: Mapping[str, Any] | None = system.get(STUDY_KEY)
    names = {key: tuple(attributes.pop(key, ())) for key in NAMES if own is not None}
    spaces = {k.removeprefix(SPACE_KEY): v for k, v in system.items() if k.startswith(SPACE_KEY)}
    trials = _trials(connection, study_id, first, own, spaces)
    _check_values(trials, len(directions))
    return StudyRecord(
        name=name,
        directions=directions,
        kind="plain" if own is None else "exo",
        version=None if own is None else own["version"],
        epochs=() if own is None else tuple(epoch_from_json(e) for e in own["epochs"]),
        trials=trials,
        attributes=attributes,
        **names,
    )


def _directions(connection: sqlite3.Connection, study_id: int) -> tuple[Direction, ...]:
    query = "SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective"
    rows = connection.execute(query, (study_id,)).fetchall()
    known: dict[str, Direction] = {"MINIMIZE": "minimize", "MAXIMIZE": "maximize"}
    if not rows:
        raise ValueError("it has no row in study_directions")
    if wrong := [direction for (direction,) in rows if direction not in known]:
        raise ValueError(f"{wrong[0]!r} in study_directions is neither MINIMIZE nor MAXIMIZE")
    return tuple(known[direction] for (direction,) in rows)


def _check_numbers(numbers: Sequence[Any], first: int) -> None:
    """Raise a ValueError unless trials are numbered without gaps, as exo writes them."""
    for expected, number in enumerate(numbers, first):
        if not isinstance(number, int):
            raise ValueError(f"{number!r} is no number of a trial")  # noqa: TRY004 (of a file)
        if number != expected:
            raise ValueError(
                f"trial {expected} is missing"
                if number > expected
                else f"trial {number} is there twice"
            )


def _check_values(trials: Sequence[TrialRecord], objectives: int) -> None:
    """Raise a ValueError unless each complete trial has a value for each objective."""
    for trial in trials:
        if trial.state == "COMPLETE" and len(trial.values) != objectives:
            raise ValueError(
                f"trial {trial.number} has {len(trial.values)} values, the study {objectives}"
            )


def _trials(
    connection: sqlite3.Connection,
    study_id: int,
    first: int,
    own: Mapping[str, Any] | None,
    spaces: Mapping[str, Mapping[str, str]],
) -> tuple[TrialRecord, ...]:
    """Trials by number: of exo's record where they have one, else of Optuna's rows."""
    which = {"study": study_id, "first": first}
    if own is None:
        return _by_number(foreign_trials(connection, _CHOSEN, which))
    records = record_source(connection, own["version"])
    rows = connection.execute(
        "SELECT t.number, t.state, t.datetime_start, t.datetime_complete, r.record "  # noqa: S608
        f"FROM trials t LEFT JOIN ({records}) r ON r.trial_id = t.trial_id "
        f"WHERE {_WHICH} ORDER BY t.number, t.trial_id",
        which,
    ).fetchall()
    trials = [trial_from_record(row, spaces) for row in rows if row[4] is not None]
    others: list[TrialRecord] = []
    if len(trials) < len(rows):
        without = f"{_CHOSEN} AND t.trial_id NOT IN (SELECT trial_id FROM ({records}))"  # noqa: S608
        others = foreign_trials(connection, without, which, len(own["epochs"]))
    if all(trial.epoch != NO_EPOCH for trial in others):
        _check_numbers([row[0] for row in rows], first)
    return _by_number([*trials, *others])


def _by_number(trials: Iterable[TrialRecord]) -> tuple[TrialRecord, ...]:
    return tuple(sorted(trials, key=lambda t: t.number))


def record_source(connection: sqlite3.Connection, version: int) -> str:
    """The query for (trial_id, record) of exo's records in a file, of a study's version."""
    if version == 1:
        table = "SELECT trial_id, value_json AS record FROM trial_system_attributes"
        return f"{table} WHERE key = '{OLD_RECORD_KEY}'"
    if has_records(connection):
        return "SELECT trial_id, record FROM exo_records"
    return "SELECT NULL AS trial_id, NULL AS record WHERE 0"  # Optuna copied the study


# an edited number may be none at all, and is to be seen
_WHICH = "t.study_id = :study AND (:first = 0 OR t.number >= :first)"
_CHOSEN = f"SELECT t.trial_id FROM trials t WHERE {_WHICH}"  # noqa: S608


def _names(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT study_name FROM studies ORDER BY study_name").fetchall()
    return [str(name) for (name,) in rows]


def _attributes(connection: sqlite3.Connection, table: str, study_id: int) -> dict[str, Any]:
    rows = connection.execute(
        f"SELECT key, value_json FROM {table} WHERE study_id = ?",  # noqa: S608  # not input
        (study_id,),
    )
    return {key: parse_json(text) for key, text in rows}


def _summary(study: StudyRecord) -> StudySummary:
    started = [t.started for t in study.trials if t.started is not None]
    completed = [t.completed for t in study.trials if t.completed is not None]
    return StudySummary(
        name=study.name,
        kind=study.kind,
        directions=study.directions,
        states=dict(Counter(t.state for t in study.trials)),
        epochs=len(study.epochs),
        best=study.best(),
        first_started=min(started, default=None),
        last_completed=max(completed, default=None),
    )
