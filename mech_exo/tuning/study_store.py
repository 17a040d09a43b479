"""The one writer of a study's trials.

Every finished trial is inserted, whole and in one transaction, into Optuna's own tables. There is
no row of an unfinished trial that a crash could leave behind.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExoError
from mech_exo.objective.evaluation import Direction
from mech_exo.system.database_watch import DatabaseWatch
from mech_exo.system.sqlite import patiently, transaction
from mech_exo.tuning.encoding import rows_of
from mech_exo.tuning.fingerprint import fingerprint_of
from mech_exo.tuning.inserts import (
    insert_trials,
    keep_records,
    put_directions,
    put_epochs,
    put_space,
    put_user_attributes,
    supersede,
)
from mech_exo.tuning.records import find_study, load_study
from mech_exo.tuning.recovery import LostError, is_spoilt, recovered
from mech_exo.tuning.refusals import already_there, check_own, other_objectives
from mech_exo.tuning.selected_study import SelectedStudy
from mech_exo.tuning.study_access import in_words
from mech_exo.tuning.study_file import open_copy, open_for_writing
from mech_exo.tuning.study_record import Epoch, StudyRecord, TrialRecord

LONGEST_NAME = 512  # of Optuna's column


class StudyStore:
    """A study file opened for writing, bound to one of its studies.

    Use `open`, then `create_study` or `select`. Take the study's lock first (`study_lock`):
    SQLite keeps the file whole with two writers, but only one may decide the next trial.
    Not to be used from two threads, nor across a fork.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        patience_s: float,
        watch: DatabaseWatch | None,
    ) -> None:
        self.path = path
        self._connection = connection
        self._watch = watch  # None: a copy in memory
        self._patience_s = patience_s
        self._selection: SelectedStudy | None = None

    @classmethod
    def open(cls, path: Path, settings: StorageSettings, *, create: bool) -> Self:
        """Open a study file; with `create`, make it and its folder if it is not there.

        Raises
        ------
        ExoError
            The file is missing, no database, not Optuna's, of another schema, not writable,
            or locked for longer than `settings.busy_timeout_s`.
        """
        connection = open_for_writing(path, settings, create=create)
        watch = DatabaseWatch(path, connection, "study file")
        return cls(path, connection, settings.busy_timeout_s, watch)

    @classmethod
    def rehearse(cls, path: Path, settings: StorageSettings) -> Self:
        """As `open` with `create`, on a copy in memory: nothing that is done here is kept."""
        return cls(path, open_copy(path), settings.busy_timeout_s, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, folding the `-wal` file into it even if a reader has it open."""
        with suppress(sqlite3.OperationalError):  # a full disk: the -wal file stays, and counts
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    def names(self) -> list[str]:
        """Names of the studies in the file, sorted."""
        query = "SELECT study_name FROM studies ORDER BY study_name"
        with in_words(self.path, self._patience_s):
            rows = patiently(lambda: self._connection.execute(query).fetchall(), self._patience_s)
        return [str(name) for (name,) in rows]

    def create_study(
        self,
        name: str,
        directions: Sequence[Direction] = ("maximize",),
        *,
        objective_names: Sequence[str] = (),
        constraint_names: Sequence[str] = (),
        attributes: Mapping[str, Any] | None = None,
    ) -> StudyRecord:
        """Make a study and select it.

        Raises
        ------
        ExoError
            A study of that name is there, or the name is empty or longer than 512 characters.
        """
        if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
            raise ExoError(f"A study needs a name of 1 to {LONGEST_NAME} printable characters.")
        with self._writing():
            if find_study(self._connection, name) is not None:
                raise already_there(self.path, load_study(self._connection, self.path, name))
            insert = "INSERT INTO studies (study_name) VALUES (?)"
            study_id = self._connection.execute(insert, (name,)).lastrowid
            assert study_id is not None
            put_directions(self._connection, study_id, directions, objective_names)
            put_epochs(self._connection, study_id, ())
            names = {"objective_names": objective_names, "constraint_names": constraint_names}
            put_user_attributes(self._connection, study_id, {**names, **(attributes or {})})
        return self.select(name)

    def select(self, name: str) -> StudyRecord:
        """Turn to a study of the file and return it with its trials.

        Raises
        ------
        ExoError
            There is no study of that name, or the file is not at its path any more.
        """
        with in_words(self.path, self._patience_s):
            if self._watch is not None:
                self._watch.check()
            self._selection, study = patiently(
                lambda: SelectedStudy.read(self._connection, self.path, name), self._patience_s
            )
        return study

    def load(self) -> StudyRecord:
        """The selected study as it now stands in the file."""
        return self.select(self._selected.study.name)

    def declare(
        self,
        directions: Sequence[Direction],
        *,
        objective_names: Sequence[str] = (),
        constraint_names: Sequence[str] = (),
    ) -> StudyRecord:
        """Set the objectives and constraints of the selected study.

        Raises
        ------
        ExoError
            The study has trials, and they have other objectives.
        """
        own = self._own()
        if tuple(directions) != own.study.directions and own.trials:
            raise other_objectives(own.study, directions, objective_names)
        with self._writing_to(own) as connection:
            put_directions(connection, own.id, directions, objective_names)
            names = {"objective_names": objective_names, "constraint_names": constraint_names}
            put_user_attributes(connection, own.id, names)
        return self.load()

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        """Set attributes of the selected study; others stay.

        Raises
        ------
        ValueError
            A key is one of the store's own.
        """
        own = self._own()
        if reserved := sorted(set(attributes) & {"objective_names", "constraint_names"}):
            raise ValueError(f"use declare() for {reserved}")
        with self._writing_to(own) as connection:
            put_user_attributes(connection, own.id, attributes)

    def begin_epoch(self, components: Mapping[str, str]) -> Epoch:
        """Begin an epoch of trials made under `components`; "best" means best of it from now on.

        Earlier trials become ones that cannot be a best to Optuna's readers (`inserts.supersede`);
        `TrialRecord.values` keeps the true ones.
        """
        study = self.load()
        own = self._own()
        epoch = Epoch(
            number=len(study.epochs),
            fingerprint=fingerprint_of(components),
            components=dict(components),
            first_trial=len(own.trials),
            created=datetime.now(UTC),
        )
        with self._writing_to(own) as connection:
            keep_records(connection, own.id, study.trials)
            supersede(connection, own.id, study.directions, study.trials)
            put_epochs(connection, own.id, (*study.epochs, epoch))
        self.load()
        return epoch

    def append(self, trials: Sequence[TrialRecord]) -> tuple[TrialRecord, ...]:
        """Store finished trials of the current epoch in one transaction.

        Parameters
        ----------
        trials
            In number order, the first with the next number of the study.

        Returns
        -------
        tuple of TrialRecord
            The trials as they will be read back (`TrialRecord.canonical`).

        Raises
        ------
        ExoError
            The disk is full, the file is locked for too long, or another program added trials or
            deleted the study. Nothing of this call is stored then. The file was removed, moved or
            spoilt: then a copy beside it holds the study and the trials of this call.
        ValueError
            The trials are not the next ones, not finished, or not of the current epoch.
        """
        own = self._own()
        study = own.study
        stored = tuple(trial.canonical() for trial in trials)
        rows = [rows_of(trial, study.directions) for trial in stored]
        if study.epoch is None:
            raise ValueError("begin_epoch() comes before the first trial")
        if any(trial.epoch != study.epoch.number for trial in stored):
            raise ValueError(f"the current epoch is {study.epoch.number}")
        new_spaces = {row.space for row in rows if row.space[0] not in own.spaces}

        def insert(connection: sqlite3.Connection) -> None:
            for key, text in sorted(new_spaces):
                put_space(connection, own.id, key, text)
            insert_trials(connection, own.id, rows)

        try:
            if self._watch is not None:
                with in_words(self.path, self._patience_s):
                    self._watch.check(insert)
            with self._writing_to(own) as connection:
                count = len(own.trials)
                if [t.number for t in stored] != list(range(count, count + len(stored))):
                    raise ValueError(f"the next trial of the study is number {count}")
                insert(connection)
        except ExoError as error:
            if isinstance(error, LostError) or is_spoilt(error.__cause__):
                whole = replace(study, trials=(*own.trials, *stored))
                raise recovered(self.path, whole, error) from error
            raise
        own.trials.extend(stored)
        own.spaces.update(key for key, _ in new_spaces)
        return stored

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with in_words(self.path, self._patience_s), transaction(self._connection, self._patience_s):
            yield

    @contextmanager
    def _writing_to(self, own: SelectedStudy) -> Iterator[sqlite3.Connection]:
        """A transaction that ends without a trace if the study is not as it was read."""
        with self._writing():
            own.check_unchanged(self._connection, self.path)
            yield self._connection

    @property
    def _selected(self) -> SelectedStudy:
        if self._selection is None:
            raise ValueError("no study is selected")
        return self._selection

    def _own(self) -> SelectedStudy:
        """The selected study, if this version of exo may write to it."""
        check_own(self.path, self._selected.study)
        return self._selected
