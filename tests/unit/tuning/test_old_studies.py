"""Study files of the version before: read as they are, migrated when a run opens them."""

import gzip
import hashlib
import math
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest

from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExoError
from mech_exo.tuning.records import list_studies, read_study
from mech_exo.tuning.study_record import TrialRecord
from mech_exo.tuning.study_store import StudyStore
from mech_exo.tuning.trial_table import trial_table
from tests.unit.tuning.stored_studies import complete, execute, new_store

BEFORE = Path(__file__).parents[2] / "recorded" / "before"
STUDIES = ("mixed", "one", "plain", "two")
JSON_COLUMNS = (
    ("trial_user_attributes", "value_json"),
    ("trial_system_attributes", "value_json"),
    ("study_user_attributes", "value_json"),
    ("study_system_attributes", "value_json"),
    ("trial_params", "distribution_json"),
    ("exo_records", "record"),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of version 1: infeasible, failed and pruned trials, NaN, ∞, two epochs, Pareto."""
    (tmp_path / "f.db").write_bytes(gzip.decompress((BEFORE / "kinds.db.gz").read_bytes()))
    return tmp_path / "f.db"


def migrate(path: Path) -> None:
    StudyStore.open(path, StorageSettings(), create=False).close()


def sql(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def optuna_study(path: Path, name: str) -> optuna.Study:
    return optuna.load_study(study_name=name, storage=f"sqlite:///{path}")


@pytest.mark.parametrize("migrated", [False, True])
@pytest.mark.parametrize("name", STUDIES)
def test_the_trials_are_those_of_before(path: Path, name: str, migrated: bool) -> None:
    if migrated:
        migrate(path)
    table = trial_table(read_study(path, name), "csv")
    assert table == (BEFORE / f"kinds_{name}.csv").read_text()


def test_reading_does_not_migrate(path: Path) -> None:
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    assert [s.damage for s in list_studies(path)] == [""] * 4
    assert [s.best.number if s.best else None for s in list_studies(path)] == [0, 7, 0, None]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert [p.name for p in path.parent.iterdir()] == ["f.db"]


def test_every_json_column_is_valid_json_afterwards(path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="malformed JSON"):
        sql(path, "SELECT json_extract(value_json, '$') FROM trial_user_attributes")
    migrate(path)
    for table, column in JSON_COLUMNS:
        assert sql(path, f"SELECT json_extract({column}, '$') FROM {table}"), table
    calmar = "SELECT number, json_extract(value_json, '$') FROM trial_user_attributes "
    calmar += "JOIN trials USING (trial_id) WHERE key = 'calmar' AND study_id = 1 AND number > 5"
    assert sql(path, calmar) == [(6, None), (7, None), (8, math.inf)]


def test_values_and_best_trials_for_optuna_afterwards(path: Path) -> None:
    old_two = optuna_study(path, "two")
    assert [t.values[0] for t in old_two.trials[:6]] == [-math.inf] * 2 + [1.0, -math.inf, 2.0, 1.5]
    assert [t.number for t in old_two.best_trials] == [2, 4]
    migrate(path)
    two = optuna_study(path, "two")
    assert [t.values for t in two.trials[:6]] == [
        [9.0, 0.01],
        [8.0, 0.3],
        [1.0, 0.2],
        [9.0, 0.1],
        [2.0, 0.3],
        [1.5, 0.4],
    ]
    assert [t.number for t in two.best_trials] == [2, 4]
    assert not any("objective" in t.user_attrs for t in two.trials)
    one = optuna_study(path, "one")
    assert one.best_trial.number == 7
    shown = [t.user_attrs.get("objective") for t in one.trials]
    assert shown == [9.0, 8.0, None, None, 2.0, 7.0, 1.5, None, None]
    largest = sys.float_info.max
    assert one.trials[6].system_attrs == {"constraints": [largest, -1.0, -largest]}
    assert sql(path, "SELECT COUNT(*) FROM exo_records")[0][0] == 17


def test_a_migrated_study_goes_on_and_epochs_begin(path: Path) -> None:
    with StudyStore.open(path, StorageSettings(), create=False) as store:
        assert store.select("one").version == 2
        store.append([complete(9, 3.0, epoch=1)])
        store.begin_epoch({"data": "d3"})
        store.append([complete(10, 0.5, epoch=2)])
    best = read_study(path, "one").best()
    assert best is not None
    assert best.number == 10
    assert optuna_study(path, "one").best_trial.number == 10


def test_migrating_twice_changes_nothing(path: Path) -> None:
    migrate(path)
    before = path.read_bytes()
    migrate(path)
    assert path.read_bytes() == before


def test_trials_of_plain_optuna_are_still_those_of_another_program(path: Path) -> None:
    migrate(path)
    assert [t.number for t in read_study(path, "mixed").foreign] == [1, 2]


def test_a_damaged_study_stays_and_the_others_are_migrated(path: Path) -> None:
    execute(
        path,
        "UPDATE trial_system_attributes SET value_json = '{' WHERE key = 'exo:record' "
        "AND trial_id = (SELECT MIN(trial_id) FROM trials WHERE study_id = 1)",
    )
    migrate(path)
    assert read_study(path, "two").version == 2
    with StudyStore.open(path, StorageSettings(), create=False) as store:
        with pytest.raises(ExoError, match=r"The study 'one' in .* has been damaged"):
            store.select("one")
        assert [t.number for t in store.select("two").front()] == [2, 4]


def test_a_study_of_a_newer_version_stays(path: Path) -> None:
    with new_store(path, "newer") as store:
        store.append([complete(0, 1.0)])
    execute(
        path,
        "UPDATE study_system_attributes SET value_json = replace(value_json, "
        """'"version": 2', '"version": 3') WHERE study_id = 5""",
    )
    with StudyStore.open(path, StorageSettings(), create=False) as store:
        store.select("newer")
        with pytest.raises(ExoError, match=r"record 3, this one writes 2"):
            store.append([complete(1, 1.0)])


_KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from mech_exo.config.settings import StorageSettings
from mech_exo.tuning import study_file
from mech_exo.tuning.study_store import StudyStore

connect, statements = study_file.connect, 0

def watched(*arguments, **options):
    connection = connect(*arguments, **options)
    def count(statement):
        global statements
        statements += 1
        if statements == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
    connection.set_trace_callback(count)
    return connection

study_file.connect = watched
StudyStore.open(Path(sys.argv[1]), StorageSettings(), create=False).close()
print(statements)
"""


def killed_at(path: Path, statement: int) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", _KILLED, str(path), str(statement)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )


def moments(path: Path) -> Iterator[int]:
    """Statements of a migration at which it is killed: through all of it."""
    trial = path.with_name("trial.db")
    trial.write_bytes(path.read_bytes())
    done = killed_at(trial, 0)
    assert done.returncode == 0, done.stderr
    total = int(done.stdout)
    assert total > 60
    yield from range(3, total, total // 8)


def test_a_kill_leaves_the_old_or_the_new_form(path: Path) -> None:
    trials = {name: read_study(path, name).trials for name in STUDIES}
    original = path.read_bytes()
    for moment in moments(path):
        for suffix in ("-wal", "-shm"):
            path.with_name(f"f.db{suffix}").unlink(missing_ok=True)
        path.write_bytes(original)
        assert killed_at(path, moment).returncode == -signal.SIGKILL
        versions = {read_study(path, name).version for name in ("one", "two", "mixed")}
        assert len(versions) == 1
        for name in STUDIES:
            assert same(read_study(path, name).trials, trials[name])
        migrate(path)
        assert read_study(path, "one").version == 2
        for name in STUDIES:
            assert same(read_study(path, name).trials, trials[name])


def same(one: tuple[TrialRecord, ...], other: tuple[TrialRecord, ...]) -> bool:
    return repr(one) == repr(other)  # NaN differs from itself
