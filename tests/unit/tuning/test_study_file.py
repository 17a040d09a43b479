import multiprocessing
import os
import sqlite3
from pathlib import Path

import optuna
import pytest

from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExoError
from mech_exo.tuning.database_schema import OPTUNA_SCHEMA
from mech_exo.tuning.records import list_studies
from mech_exo.tuning.study_file import create_file, open_for_writing
from tests.unit.tuning.stored_studies import complete, execute, new_store

optuna.logging.set_verbosity(optuna.logging.WARNING)
SETTINGS = StorageSettings()


def schema(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'trials' "
        "AND name NOT LIKE 'exo_%' ORDER BY name"
    ).fetchall()
    connection.close()
    return rows


def test_a_new_file_has_the_tables_of_optuna(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a" / "b" / "ours.db", tmp_path / "theirs.db"
    create_file(ours)
    storage = optuna.storages.RDBStorage(f"sqlite:///{theirs}")
    assert schema(ours) == schema(theirs)
    assert storage.get_head_version() == OPTUNA_SCHEMA
    assert [p.name for p in ours.parent.iterdir()] == ["ours.db"]


def test_relative_paths_and_an_empty_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.db").touch()
    for path in (Path("empty.db"), Path("studies/f 100%?#.db")):
        open_for_writing(path, SETTINGS, create=True).close()
        assert list_studies(path) == []


def test_without_create_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(ExoError, match="There is no study file"):
        open_for_writing(tmp_path / "a" / "f.db", SETTINGS, create=False)
    assert list(tmp_path.iterdir()) == []


def _make(path: Path) -> None:
    open_for_writing(path, SETTINGS, create=True).close()
    with new_store(path, f"study {os.getpid()}") as store:
        store.append([complete(0, 1.0)])


def test_processes_that_make_the_same_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_make, args=(path,)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [p.exitcode for p in processes] == [0, 0, 0, 0]
    assert [s.trials for s in list_studies(path)] == [1, 1, 1, 1]
    assert [p.name for p in tmp_path.iterdir()] == ["f.db"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.write_text("x" * 100), "is not an SQLite database"),
        (lambda path: execute(path, "CREATE TABLE t (x)"), "not one of Optuna or exo"),
    ],
)
def test_what_is_there_and_no_study_file_stays_as_it_is(
    tmp_path: Path, make: object, said: str
) -> None:
    path = tmp_path / "f.db"
    make(path)  # type: ignore[operator]
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(ExoError, match=said):
        open_for_writing(path, SETTINGS, create=True)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "studies").write_text("")
    with pytest.raises(ExoError, match=r"Cannot make the study file|Cannot read the study file"):
        open_for_writing(tmp_path / "studies" / "f.db", SETTINGS, create=True)


@pytest.mark.parametrize(
    ("version", "said", "hint"),
    [
        ("v9.0.0.a", "of a newer Optuna", "another --study-file"),
        ("v3.0.0.d", "of an older Optuna", "optuna storage upgrade --storage sqlite:///"),
        ("v10.0.0.a", "of a newer Optuna", "another --study-file"),
    ],
)
def test_another_schema_is_said(tmp_path: Path, version: str, said: str, hint: str) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    execute(path, f"UPDATE alembic_version SET version_num = '{version}'")
    before = path.read_bytes()
    with pytest.raises(ExoError, match=said) as caught:
        open_for_writing(path, SETTINGS, create=True)
    assert hint in caught.value.hint
    assert path.read_bytes() == before
    assert len(list_studies(path)) == 1  # the tables that exo reads are there


def test_a_schema_without_our_tables_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    execute(path, "ALTER TABLE trial_params DROP COLUMN distribution_json")
    with pytest.raises(ExoError, match="trial_params has no distribution_json"):
        list_studies(path)
    execute(path, "DROP TABLE trial_params")
    with pytest.raises(ExoError, match="no table trial_params") as caught:
        list_studies(path)
    assert "upgrade" not in caught.value.hint
    execute(path, "UPDATE alembic_version SET version_num = 'v3.0.0.d'")
    with pytest.raises(ExoError, match=r"has the schema v3\.0\.0\.d"):
        list_studies(path)


def test_a_file_of_plain_optuna_gets_the_value_column(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    study = optuna.create_study(study_name="p", storage=f"sqlite:///{path}")
    for value in (1.0, float("inf"), float("-inf")):
        study.add_trial(optuna.trial.create_trial(value=value))
    study.ask()
    connection = open_for_writing(path, SETTINGS, create=False)
    values = connection.execute("SELECT value FROM trials").fetchall()
    assert values == [(1.0,), (float("inf"),), (float("-inf"),), (None,)]
    study.tell(3, 0.5)
    study.add_trial(optuna.trial.create_trial(value=float("inf")))
    assert connection.execute("SELECT value FROM trials WHERE number >= 3").fetchall() == [
        (0.5,),
        (float("inf"),),
    ]
    connection.execute("DELETE FROM trial_values WHERE trial_id = 1")
    assert connection.execute("SELECT value FROM trials LIMIT 1").fetchone() == (None,)
    connection.close()


def test_leaving_wal_mode_needs_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    other = sqlite3.connect(path)
    other.execute("SELECT COUNT(*) FROM trials").fetchone()
    quick = StorageSettings(journal_mode="delete", busy_timeout_s=0.2)
    with pytest.raises(ExoError, match=r"locked by another program|open in another program"):
        open_for_writing(path, quick, create=False)
    other.close()
    connection = open_for_writing(path, quick, create=False)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    connection.close()


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_the_log_of_a_moved_study_is_not_mixed_into_a_new_one(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "f.db"
    log = tmp_path / f"f.db{suffix}"
    log.write_bytes(b"the last trials of what was moved away")
    with pytest.raises(ExoError, match="was moved away without it") as caught:
        open_for_writing(path, SETTINGS, create=True)
    assert f"MOVED{suffix}" in caught.value.hint
    assert [p.name for p in tmp_path.iterdir()] == [log.name]
    log.write_bytes(b"")
    open_for_writing(path, SETTINGS, create=True).close()
