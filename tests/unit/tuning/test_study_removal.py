"""Removing a study: all that is its own, and no look."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExitCode, ExoError
from mech_exo.tuning import study_removal
from mech_exo.tuning.kept_calibrations import keep_calibration
from mech_exo.tuning.kept_verdicts import keep_verdict, kept_verdicts
from mech_exo.tuning.looks import all_looks
from mech_exo.tuning.records import read_study, study_names
from mech_exo.tuning.replicate_store import ReplicateStore
from mech_exo.tuning.study_lock import study_lock
from mech_exo.tuning.study_removal import delete_study, give_space_back, removal_of
from mech_exo.tuning.study_store import StudyStore
from tests.unit.tuning.stored_studies import complete, execute, new_store
from tests.unit.tuning.test_looks import entered, sketch
from tests.unit.verdict.test_standing import kept


def study(path: Path, name: str, objective: str, trials: int = 3) -> None:
    with new_store(path, name) as store:
        store.begin_epoch({"data": "d", "objective file": objective})
        store.append([complete(i, float(i), epoch=1) for i in range(trials)])


def rows(path: Path) -> dict[str, int]:
    """Table -> number of its rows, of those that have any."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        counts = {t: connection.execute(f"SELECT COUNT(*) FROM {t}").fetchone()[0] for t in tables}
    return {table: count for table, count in counts.items() if count}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two studies each with its objective file; verdicts, calibrations, searches, a look."""
    path = tmp_path / "f.db"
    study(path, "one", "file 1")
    study(path, "two", "file 2")
    for name in ("one", "two"):
        keep_verdict(path, kept("FAIL", 1, content=name, study=name, epoch=1, trial=2))
    for number, sha in enumerate(("file 1", "file 2")):
        keep_calibration(path, f"key {number}", {"objective": sha}, {"level": number})
    with closing(ReplicateStore(path, "experiment")) as store:
        store.keep("window", 0, "{}")
    entered(path, sketch())
    return path


def test_all_that_is_its_own_and_nothing_else(path: Path) -> None:
    other = repr(read_study(path, "two"))
    found = removal_of(path, "one")
    assert (found.trials, found.epochs, found.verdicts, found.calibrations) == (3, 2, 1, 1)
    assert (found.searches, found.looks) == (0, 1)  # searches may be the other's
    assert study_names(path) == ["one", "two"]
    assert delete_study(path, "one") == found
    assert study_names(path) == ["two"]
    assert repr(read_study(path, "two")) == other
    assert [v.study for v in kept_verdicts(path)] == ["two"]
    assert rows(path)["exo_records"] == rows(path)["trials"] == 3
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        left = connection.execute("SELECT conditions FROM exo_calibrations").fetchall()
    assert [json.loads(text)["objective"] for (text,) in left] == ["file 2"]


def test_after_the_last_only_looks_are_left(path: Path) -> None:
    empty = path.with_name("empty.db")
    new_store(empty).close()
    delete_study(empty, "s")
    delete_study(path, "one")
    assert delete_study(path, "two").searches == 1
    assert rows(path) == rows(empty) | {"exo_looks": 1, "exo_returns": 1}
    assert len(all_looks(path)) == 1
    study(path, "one", "file 1")  # the name is free again
    assert kept_verdicts(path, study="one") == ()


def test_searches_stay_where_a_factor_file_was_judged(path: Path) -> None:
    keep_verdict(path, kept("PASS", 1, content="of a file"))
    delete_study(path, "one")
    assert delete_study(path, "two").searches == 0
    assert rows(path)["exo_replicates"] == rows(path)["exo_verdicts"] == 1


def test_a_calibration_that_another_study_shares_stays(path: Path) -> None:
    study(path, "three", "file 1")
    assert delete_study(path, "one").calibrations == 0
    assert delete_study(path, "three").calibrations == 1


def test_a_run_that_holds_it_is_not_disturbed(path: Path) -> None:
    with study_lock(path, "one"):
        for refused in (removal_of, delete_study):
            with pytest.raises(ExoError, match="Delete it when that run has ended") as caught:
                refused(path, "one")
            assert caught.value.exit_code == ExitCode.LOCKED
    assert study_names(path) == ["one", "two"]


def test_a_run_of_another_study_goes_on(path: Path) -> None:
    with StudyStore.open(path, StorageSettings(), create=False) as store:
        store.select("two")
        delete_study(path, "one")
        give_space_back(path)
        store.append([complete(3, 9.0, epoch=1)])
    assert len(read_study(path, "two").trials) == 4


def test_it_is_all_or_nothing(path: Path) -> None:
    execute(
        path,
        "CREATE TRIGGER never BEFORE DELETE ON studies BEGIN SELECT RAISE(ABORT, 'no'); END",
    )
    before = rows(path)
    with pytest.raises(ExoError, match="no"):
        delete_study(path, "one")
    assert rows(path) == before
    assert [p.suffix for p in path.parent.glob("*.lock")] == []


def test_the_file_becomes_smaller(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with StudyStore.open(path, StorageSettings(), create=False) as store:
        store.select("one")
        store.append([complete(i, 1.0, epoch=1) for i in range(3, 300)])
    before = path.stat().st_size
    delete_study(path, "one")
    assert give_space_back(path) == ""
    assert path.stat().st_size < before / 2
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(study_removal, "VACUUM_PATIENCE_S", 0.1)
        assert give_space_back(path) == "another program is using it"


def test_what_is_not_ours_or_not_there(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ExoError, match=r"no study 'three'.*It has: one, two"):
        delete_study(path, "three")
    execute(path, "DELETE FROM study_system_attributes WHERE key = 'exo:study'")
    with pytest.raises(ExoError, match="plain Optuna"):
        delete_study(path, "one")
    with pytest.raises(ExoError, match="no study file"):
        delete_study(tmp_path / "none.db", "one")
    assert not list(tmp_path.glob("none*"))


def test_a_damaged_study_can_be_removed(path: Path) -> None:
    execute(path, "UPDATE exo_records SET record = 'x' WHERE trial_id <= 3")
    execute(
        path,
        "UPDATE study_system_attributes SET value_json = '{\"epochs\": 3}' WHERE key = 'exo:study' "
        "AND study_id = 1",
    )
    assert delete_study(path, "one").trials == 3
