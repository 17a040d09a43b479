"""A study file as `exo dashboard` shows it: true values, and the best feasible trial.

Of a single objective Optuna's tables hide what must not be a best behind ±∞, because foreign
readers look at nothing but the value. This storage gives Optuna's plots and the dashboard the true
values, with the constraints that tell feasible from infeasible trials, out of exo's own records:
5,000 of them in a fraction of the time in which Optuna puts its rows together.
"""

import math
import sqlite3
import threading
import time
from collections.abc import Container
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.pool import NullPool

from mech_exo.system.sqlite import connect
from mech_exo.tuning.cube import from_json
from mech_exo.tuning.encoding import CONSTRAINTS_KEY, LARGEST, SUPERSEDED
from mech_exo.tuning.records import load_study
from mech_exo.tuning.study_access import read_study_file
from mech_exo.tuning.study_record import NO_EPOCH, StudyRecord, TrialRecord
from mech_exo.tuning.trial_table import constraint_labels

BROKEN = "breaks"
"""Attribute of a trial as shown: the constraints that it does not keep, by name."""

SETTLED_S = 1.0  # a file that was written less long ago may have been again since
PATIENCE_S = 60.0  # for a lock of another program
Stamp = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True)
class ShownStudy:
    """A study of exo's at one moment.

    Attributes
    ----------
    ids
        Optuna's id of each trial, by position.
    best
        The best feasible trial, or the front; empty while there is none.
    """

    study: StudyRecord
    ids: tuple[int, ...]
    best: tuple[TrialRecord, ...]
    frozen: dict[int, FrozenTrial] = field(default_factory=dict)  # made when asked for, by id

    def constraints(self, trial: TrialRecord) -> list[float]:
        """Constraint values as shown: finite, and one more for a trial of an earlier epoch."""
        shown = [c if abs(c) <= LARGEST else LARGEST for c in trial.constraints or ()]
        epoch = self.study.epoch
        return shown if epoch and trial.epoch == epoch.number else [*shown, SUPERSEDED]

    def attributes(self, trial: TrialRecord) -> dict[str, Any]:
        """User attributes as shown: epoch, reason, limits broken, metrics that are defined."""
        named: dict[str, Any] = {"epoch": trial.epoch}
        if trial.reason:
            named["reason"] = trial.reason
        broken = broken_by(self.study, trial)
        if broken:
            named[BROKEN] = ", ".join(broken)
        return named | {k: v for k, v in trial.metrics.items() if not math.isnan(v)}

    def trial(self, position: int) -> FrozenTrial:
        """A trial for Optuna's functions, not to be changed."""
        trial_id = self.ids[position]
        if trial_id not in self.frozen:
            self.frozen[trial_id] = self._freeze(trial_id, self.study.trials[position])
        return self.frozen[trial_id]

    def _freeze(self, trial_id: int, trial: TrialRecord) -> FrozenTrial:
        return FrozenTrial(
            number=trial.number,
            trial_id=trial_id,
            state=TrialState[trial.state],
            value=None,
            values=list(trial.values) or None,
            datetime_start=local_time(trial.started),
            datetime_complete=local_time(trial.completed),
            params=dict(trial.params),
            distributions={name: from_json(text) for name, text in trial.distributions.items()},
            user_attrs=self.attributes(trial),
            system_attrs={CONSTRAINTS_KEY: self.constraints(trial)},
            intermediate_values=dict(trial.intermediate),
        )


class DisplayStorage(RDBStorage):
    """Optuna's storage over a study file, for the dashboard.

    Studies of plain Optuna, and those of exo to which another program has added trials, are
    Optuna's own view of them, but for the values of exo's trials.

    Parameters
    ----------
    writable
        Whether Optuna may write; otherwise SQLite refuses it.
    """

    def __init__(self, path: Path, *, writable: bool) -> None:
        self.path = path.absolute()
        mode = "rw" if writable else "ro"
        super().__init__(
            "sqlite://",
            {"creator": lambda: _connection(self.path, mode), "poolclass": NullPool},
            skip_compatibility_check=True,
            skip_table_creation=True,
        )
        self._lock = threading.Lock()
        self._stamp: Stamp = ()
        self._shown: dict[int, ShownStudy | None] = {}
        self._fresh: set[int] = set()  # studies that are as the file is

    def shown(self, study_id: int) -> ShownStudy | None:
        """A study of exo's as it now stands; None if it is one of plain Optuna, or not there.

        Raises
        ------
        ExoError
            The file cannot be read, or the study is damaged.
        """
        with self._lock:
            stamp = _stamp(self.path)
            if stamp != self._stamp or not stamp:
                self._stamp, self._fresh = stamp, set()
            if study_id not in self._fresh:
                known = self._shown.get(study_id)
                self._shown[study_id] = read_study_file(
                    self.path, lambda c: _load(c, self.path, study_id, known)
                )
                self._fresh.add(study_id)
            return self._shown[study_id]

    def get_best_trial(self, study_id: int) -> FrozenTrial:
        """The best feasible trial; a ValueError while there is none, as Optuna says it."""
        shown = self.shown(study_id)
        if shown is None or len(shown.study.directions) > 1:
            return super().get_best_trial(study_id)
        if not shown.best:
            raise ValueError("No feasible trials are completed yet.")
        return self.get_trial(shown.ids[shown.best[0].number])

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """A trial with its true values."""
        trial = super().get_trial(trial_id)
        for shown in self._shown.values():
            if shown and trial.number < len(shown.ids) and shown.ids[trial.number] == trial_id:
                own = shown.study.trials[trial.number].epoch != NO_EPOCH
                return shown.trial(trial.number) if own else trial
        return trial

    def _get_trials(
        self,
        study_id: int,
        states: Container[TrialState] | None,
        included_trial_ids: set[int],
        trial_id_greater_than: int,
    ) -> list[FrozenTrial]:
        """What RDBStorage and the cache that Optuna puts around it read trials by."""
        shown = self.shown(study_id)
        if shown is None:
            return super()._get_trials(study_id, states, included_trial_ids, trial_id_greater_than)
        others: dict[int, FrozenTrial] = {}
        if any(t.epoch == NO_EPOCH for t in shown.study.trials):
            others = {t._trial_id: t for t in super()._get_trials(study_id, None, set(), -1)}
        trials = []
        for position, trial_id in enumerate(shown.ids):
            if trial_id <= trial_id_greater_than and trial_id not in included_trial_ids:
                continue
            record = shown.study.trials[position]
            foreign = record.epoch == NO_EPOCH and trial_id in others
            trial = others[trial_id] if foreign else shown.trial(position)
            if states is None or trial.state in states:
                trials.append(trial)
        return trials


def broken_by(study: StudyRecord, trial: TrialRecord) -> list[str]:
    """Names of the constraints that a trial does not keep; a NaN keeps none."""
    distances = trial.constraints or ()
    if all(c <= 0.0 for c in distances):
        return []
    names = constraint_labels(study, len(distances))
    return [name for name, c in zip(names, distances, strict=True) if not c <= 0.0]


def local_time(moment: datetime | None) -> datetime | None:
    """A time as Optuna has it: of this machine's zone, without naming it."""
    return None if moment is None else moment.astimezone().replace(tzinfo=None)


def _load(
    connection: sqlite3.Connection, path: Path, study_id: int, known: ShownStudy | None
) -> ShownStudy | None:
    """The study, of which no more is read than has come since `known`."""
    query = "SELECT study_name FROM studies WHERE study_id = ?"
    row = connection.execute(query, (study_id,)).fetchone()
    if row is None:
        return None
    last = len(known.study.trials) - 1 if known else 0
    if known and last > 0:
        study = load_study(connection, path, row[0], first=last)
        old = known.study
        if study.trials and replace(study, trials=old.trials) == old and _same(study, old):
            trials = (*old.trials, *study.trials[1:])
            ids = (*known.ids[:-1], *_ids(connection, study_id, last))
            shown = _show(replace(study, trials=trials), ids, known)
            return replace(shown, frozen=known.frozen)
    study = load_study(connection, path, row[0])
    return None if study.kind == "plain" else _show(study, _ids(connection, study_id, 0), None)


def _same(study: StudyRecord, known: StudyRecord) -> bool:
    """Whether the last trial that is known is still there; unfinished ones may change."""
    return repr(study.trials[0]) == repr(known.trials[-1]) and all(
        t.epoch != NO_EPOCH for t in known.trials
    )


def _show(study: StudyRecord, ids: tuple[int, ...], known: ShownStudy | None) -> ShownStudy:
    if known and len(known.ids) == len(ids):
        return replace(known, study=study)
    best = study.best()
    front = study.front() if len(study.directions) > 1 else (best,) if best else ()
    return ShownStudy(study, ids, front)


def _ids(connection: sqlite3.Connection, study_id: int, first: int) -> tuple[int, ...]:
    query = (
        "SELECT trial_id FROM trials WHERE study_id = ? AND number >= ? ORDER BY number, trial_id"
    )
    return tuple(trial_id for (trial_id,) in connection.execute(query, (study_id, first)))


def _stamp(path: Path) -> Stamp:
    """What changes with every write to the file; () if it was written just now."""
    stamps: list[tuple[int, int, int] | None] = []
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-journal")):
        try:
            status = name.stat()
        except FileNotFoundError:
            stamps.append(None)
            continue
        if abs(time.time() - status.st_mtime) < SETTLED_S:
            return ()
        stamps.append((status.st_ino, status.st_size, status.st_mtime_ns))
    return tuple(stamps)


def _connection(path: Path, mode: str) -> sqlite3.Connection:
    """A connection for SQLAlchemy; of a folder that cannot be written, as of a file at rest."""
    connection = connect(path, mode=mode, patience_s=PATIENCE_S)
    try:
        connection.execute("SELECT 1 FROM sqlite_master")
    except sqlite3.OperationalError:
        connection.close()
        if mode != "ro":
            raise
        connection = connect(path, mode="immutable", patience_s=PATIENCE_S)
    connection.execute(f"PRAGMA busy_timeout = {int(1000 * PATIENCE_S)}")
    connection.isolation_level = "DEFERRED"  # SQLAlchemy commits
    return connection
