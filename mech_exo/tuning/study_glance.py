"""Studies at a glance: a few numbers of each, by SQL that reads no trial whole."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.system.strict_json import parse_json
from mech_exo.tuning.data_findings import DATA_FINDINGS, findings_of
from mech_exo.tuning.database_schema import check_tables
from mech_exo.tuning.encoding import RECORD_VERSION, STUDY_KEY, epoch_from_json, parse_time
from mech_exo.tuning.records import find_study, load_study
from mech_exo.tuning.refusals import damaged
from mech_exo.tuning.study_access import read_study_file
from mech_exo.tuning.study_lock import check_study_free
from mech_exo.tuning.study_record import Epoch, StudyRecord

# of the current epoch: what Optuna's readers see of an infeasible trial is the worst value there is
_BEST = """
    SELECT t.number, v.value FROM trials t
    JOIN exo_records r ON r.trial_id = t.trial_id
    JOIN trial_values v ON v.trial_id = t.trial_id
    WHERE t.study_id = :study AND t.number >= :first AND t.state = 'COMPLETE'
        AND v.value_type = 'FINITE'
    ORDER BY v.value {order}, t.number LIMIT 1"""


@dataclass(frozen=True)
class StudyGlance:
    """One study in a few numbers.

    Attributes
    ----------
    trials, current
        Trials of any state; those since the current epoch began.
    best
        Number and value of the best feasible trial of the current epoch; None without one, and in
        a study of several objectives.
    last
        When the last trial ended, UTC.
    findings
        What the data check found in its data, as `exo study show --json` has it.
    running
        Whether a run holds it now.
    damage
        What is wrong with it; all else is then empty.
    """

    file: Path
    name: str
    made_by_exo: bool = True
    trials: int = 0
    current: int = 0
    objectives: int = 1
    epoch: Epoch | None = None
    best: tuple[int, float] | None = None
    last: datetime | None = None
    findings: tuple[Mapping[str, Any], ...] = ()
    running: bool = False
    damage: str = ""


def study_glances(study_file: Path) -> list[StudyGlance]:
    """The studies of a file, by name; of a damaged one, what is wrong.

    Raises
    ------
    ExoError
        The file is missing or no study file.
    """

    def query(connection: sqlite3.Connection) -> list[StudyGlance]:
        check_tables(connection, study_file)
        names = connection.execute("SELECT study_name FROM studies ORDER BY study_name").fetchall()
        return [_glance(connection, study_file, str(name)) for (name,) in names]

    return [
        replace(g, running=_is_run(study_file, g.name)) for g in read_study_file(study_file, query)
    ]


def _glance(connection: sqlite3.Connection, path: Path, name: str) -> StudyGlance:
    try:
        return _read(connection, path, name)
    except ExoError as error:
        return StudyGlance(path, name, damage=error.message)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        return StudyGlance(path, name, damage=damaged(path, name, str(error)).message)


def _read(connection: sqlite3.Connection, path: Path, name: str) -> StudyGlance:
    study_id = find_study(connection, name)
    which = {"study": study_id}
    own = _attribute(connection, "system", study_id, STUDY_KEY)
    if own is None or own["version"] != RECORD_VERSION:
        return _whole(path, load_study(connection, path, name))
    directions = [
        str(direction)
        for (direction,) in connection.execute(
            "SELECT direction FROM study_directions WHERE study_id = :study ORDER BY objective",
            which,
        )
    ]
    epochs = tuple(epoch_from_json(e) for e in own["epochs"])
    epoch = epochs[-1] if epochs else None
    trials, last = connection.execute(
        "SELECT COUNT(*), MAX(datetime_complete) FROM trials WHERE study_id = :study", which
    ).fetchone()
    since = which | {"first": trials if epoch is None else epoch.first_trial}
    (current,) = connection.execute(
        "SELECT COUNT(*) FROM trials t JOIN exo_records r ON r.trial_id = t.trial_id "
        "WHERE t.study_id = :study AND t.number >= :first",
        since,
    ).fetchone()
    order = "ASC" if directions[0] == "MINIMIZE" else "DESC"
    best = connection.execute(_BEST.format(order=order), since).fetchone()
    found = {DATA_FINDINGS: _attribute(connection, "user", study_id, DATA_FINDINGS) or {}}
    return StudyGlance(
        path,
        name,
        trials=trials,
        current=current,
        objectives=len(directions),
        epoch=epoch,
        best=None if best is None or len(directions) > 1 else (int(best[0]), float(best[1])),
        last=parse_time(last),
        findings=tuple(findings_of(StudyRecord(name, (), epochs=epochs, attributes=found))),
    )


def _whole(path: Path, study: StudyRecord) -> StudyGlance:
    """Of a study of Optuna or of an older exo, which is read as a whole."""
    best = study.best()
    return StudyGlance(
        path,
        study.name,
        made_by_exo=study.kind == "exo",
        trials=len(study.trials),
        current=len(study.current),
        objectives=len(study.directions),
        epoch=study.epoch,
        best=None if best is None else (best.number, best.values[0]),
        last=max((t.completed for t in study.trials if t.completed is not None), default=None),
        findings=tuple(findings_of(study)),
    )


def _attribute(connection: sqlite3.Connection, kind: str, study_id: int | None, key: str) -> Any:
    """An attribute of a study, read from its JSON; None where it has none of that name."""
    row = connection.execute(
        f"SELECT value_json FROM study_{kind}_attributes WHERE study_id = ? AND key = ?",  # noqa: S608
        (study_id, key),
    ).fetchone()
    return None if row is None else parse_json(row[0])


def _is_run(study_file: Path, name: str) -> bool:
    try:
        check_study_free(study_file, name)
    except ExoError:
        return True
    return False
