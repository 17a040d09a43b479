"""A study file that goes away under its writer: an error, and a copy with every finished trial."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mech_exo.config import Settings
from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExitCode, ExoError
from mech_exo.tuning.events import Event, TrialFinished
from mech_exo.tuning.looks import Look, record_look
from mech_exo.tuning.records import read_study
from mech_exo.tuning.recovery import confirm_stored
from mech_exo.tuning.replicate_store import ReplicateStore
from mech_exo.tuning.study_record import TrialRecord
from mech_exo.tuning.study_store import StudyStore
from tests.unit.tuning.stored_studies import COMPONENTS, complete, failed, new_store, pruned
from tests.unit.tuning.test_looks import sketch
from tests.unit.tuning.test_runner import components, table
from tests.unit.tuning.tuning_problems import Slow, bowl
from tests.unit.tuning.tuning_runs import Run, carried_out

Deed = Callable[[Path], object]


def replaced(path: Path) -> None:
    other = path.with_name("other.db")
    new_store(other, "another").close()
    other.replace(path)


def linked(path: Path) -> None:
    """Moved to another place, and a link put where it was."""
    path.rename(path.with_name("big.db"))
    path.symlink_to("big.db")


def copied_back(path: Path) -> None:
    """What a backup program does: a copy, renamed over the original."""
    shutil.copy(path, path.with_name("copy.db"))
    path.with_name("copy.db").replace(path)


def removed_with_log(path: Path) -> None:
    for file in path.parent.glob("s.db*"):
        file.unlink()


def moved_into_folder(path: Path) -> None:
    path.with_name("d").mkdir()
    path.rename(path.parent / "d/m.db")


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


DEEDS: dict[str, tuple[Deed, str]] = {
    "removed": (Path.unlink, "was removed"),
    "removed with its log": (removed_with_log, "was removed"),
    "moved": (lambda p: p.rename(p.with_name("m.db")), "was moved to .*m.db"),
    "moved into a folder": (moved_into_folder, "was moved to .*d/m.db"),
    "replaced": (replaced, "was removed and another file put in its place"),
    "replaced by its copy": (copied_back, "was removed and another file put in its place"),
    "replaced by a folder": (made_a_folder, "another file put in its place"),
    "replaced by a link": (linked, "was moved to .*big.db and a symbolic link put in its place"),
    "replaced by a dangling link": (dangling, "was removed and a symbolic link"),
    "its folder removed": (lambda p: shutil.rmtree(p.parent), "was removed"),
    "its folder moved": (lambda p: p.parent.rename(p.parents[1] / "b"), "was moved to .*b/s.db"),
    "its log removed": (lambda p: Path(f"{p}-wal").unlink(), "lost s.db-wal"),
    "its shared memory removed": (lambda p: Path(f"{p}-shm").unlink(), "lost s.db-shm"),
}


def only_copy(path: Path) -> Path:
    """The one copy that was made, beside the path or in the nearest folder that exists."""
    [saved] = sorted(path.parents[1].rglob("*.recovered*"))
    return saved


def whole(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        connection.close()


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("deed", DEEDS)
def test_a_run_ends_with_an_error_and_a_copy_that_goes_on(
    tmp_path: Path, deed: str, jobs: int
) -> None:
    """The copy holds every trial that was told of, and resumed it becomes the undisturbed study."""
    job = Run(
        bowl(evaluator=Slow), components, "s", tmp_path / "a/s.db", Settings(), jobs, n_trials=80
    )
    undisturbed = replace(job, study_file=tmp_path / "w/w.db")
    carried_out(undisturbed)
    told: list[int] = []

    def disturb(event: Event) -> None:
        if isinstance(event, TrialFinished):
            told.append(event.trial.number)
            if len(told) == 7:
                DEEDS[deed][0](job.study_file)

    with pytest.raises(ExoError, match=DEEDS[deed][1]) as caught:
        carried_out(job, disturb)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    saved = only_copy(job.study_file)
    assert str(saved) in caught.value.hint
    assert whole(saved) == "ok"
    count = len(read_study(saved, "s").trials)
    assert len(told) <= count < 80
    carried_out(replace(job, study_file=saved, n_trials=None, target_trials=80))
    assert table(replace(job, study_file=saved)) == table(undisturbed)


@pytest.mark.parametrize("journal_mode", ["wal", "delete"])
def test_a_file_removed_after_the_last_trial_is_noticed_before_the_result(
    tmp_path: Path, journal_mode: str
) -> None:
    storage = StorageSettings(journal_mode=journal_mode)  # type: ignore[arg-type]
    settings = replace(Settings(), storage=storage)
    job = Run(bowl(), components, "s", tmp_path / "a/s.db", settings, n_trials=5)

    def disturb(event: Event) -> None:
        if isinstance(event, TrialFinished) and event.trial.number == 4:
            job.study_file.unlink()

    with pytest.raises(ExoError, match="was removed"):
        carried_out(job, disturb)
    assert len(read_study(only_copy(job.study_file), "s").trials) == 5
    assert not job.study_file.exists()


def test_the_copy_takes_a_free_name_and_other_studies_are_in_it(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    new_store(path, "older").close()
    (tmp_path / "s.recovered.db").write_text("of the last time")
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
        path.unlink()
        with pytest.raises(ExoError, match=r"s\.recovered_2\.db"):
            store.append([complete(1, 2.0)])
    assert (tmp_path / "s.recovered.db").read_text() == "of the last time"
    copy = tmp_path / "s.recovered_2.db"
    assert [t.values for t in read_study(copy, "s").trials] == [(1.0,), (2.0,)]
    assert read_study(copy, "older").trials == ()
    assert [p.name for p in tmp_path.glob(".*")] == []


def test_a_moved_file_holds_what_was_stored_before(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
        path.rename(tmp_path / "m.db")
        with pytest.raises(ExoError, match="was moved to"):
            store.append([complete(1, 2.0)])
    assert len(read_study(tmp_path / "m.db", "s").trials) == 1
    assert len(read_study(tmp_path / "s.recovered.db", "s").trials) == 2
    new_store(path).close()  # the name is free for another study


def test_where_no_folder_is_left_the_copy_goes_to_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gone/s.db"
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
        shutil.rmtree(tmp_path / "gone")
        (tmp_path / ".s.recovered.db").touch()
        blocked = tmp_path / f".s.recovered.db.{os.getpid()}.new"
        blocked.mkdir()  # nothing can be written there
        with pytest.raises(ExoError, match="was removed"):
            store.append([complete(1, 2.0)])
    assert len(read_study(tmp_path / "here/s.recovered.db", "s").trials) == 2


def spoil_pages(path: Path) -> None:
    """`cp other s.db`, or worse: the same inode, other bytes."""
    with path.open("r+b") as file:
        file.write(b"\xa5" * path.stat().st_size)


def overwrite(path: Path) -> None:
    """`cp other.db s.db`."""
    other = path.with_name("other.db")
    new_store(other, "another").close()
    path.write_bytes(other.read_bytes())


@pytest.mark.parametrize("spoil", [spoil_pages, lambda p: os.truncate(p, 0), overwrite])
def test_a_file_overwritten_in_place_is_written_anew_from_memory(
    tmp_path: Path, spoil: Deed
) -> None:
    path = tmp_path / "s.db"
    settings = StorageSettings(journal_mode="delete")
    first = [complete(0, 1.0), failed(1), pruned(2, 0.25), complete(3, 2.5, excess=0.2)]
    with new_store(path, settings=settings) as store:
        store.set_attributes({"warm_start": {"0": [{"x": 0.25}]}})
        store.append(first)
        store.begin_epoch({**COMPONENTS, "data": "d2"})
        store.append([complete(4, 3.0, epoch=1)])
        before = store.load()
        reference = tmp_path / "reference.db"
        shutil.copy(path, reference)
        spoil(path)
        with pytest.raises(ExoError, match=r"All 6 trials of study 's' are in .*recovered"):
            store.append([complete(5, 4.0, epoch=1)])
    saved = tmp_path / "s.recovered.db"
    again = read_study(saved, "s")
    expected = replace(before, trials=(*before.trials, complete(5, 4.0, epoch=1).canonical()))
    assert repr(again) == repr(expected)
    with StudyStore.open(reference, settings, create=False) as store:
        store.select("s")
        store.append([complete(5, 4.0, epoch=1)])
    assert rows(saved) == rows(reference)


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of Optuna's tables and ours, but for the ids that SQLite gives."""
    connection = sqlite3.connect(path)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found = {}
    for (name,) in names:
        columns = [r[1] for r in connection.execute(f"PRAGMA table_info({name})")]
        kept = [c for c in columns if not c.endswith("_attribute_id")]
        query = f"SELECT {', '.join(kept)} FROM {name}"
        found[name] = sorted(connection.execute(query).fetchall(), key=repr)
    connection.close()
    return found


@pytest.mark.parametrize("spoil", [spoil_pages, lambda p: os.truncate(p, 0), overwrite])
def test_a_file_overwritten_under_its_log_loses_nothing(tmp_path: Path, spoil: Deed) -> None:
    """SQLite does not look at the file while all it needs is in its log, which may mend it."""
    job = Run(bowl(), components, "s", tmp_path / "s.db", Settings(), n_trials=12)

    def disturb(event: Event) -> None:
        if isinstance(event, TrialFinished) and event.trial.number == 3:
            spoil(job.study_file)

    left = replace(job, n_trials=None, target_trials=12)
    try:
        carried_out(job, disturb)
    except ExoError:
        left = replace(left, study_file=tmp_path / "s.recovered.db")
    assert whole(left.study_file) == "ok"
    assert carried_out(left).added < 9
    undisturbed = replace(job, study_file=tmp_path / "w.db")
    carried_out(undisturbed)
    assert table(left) == table(undisturbed)


def test_a_file_that_may_not_be_written_any_more_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])
        store._connection.execute("PRAGMA query_only = 1")  # as a file system mounted read-only
        with pytest.raises(ExoError, match="All 2 trials of study 's' are in"):
            store.append([complete(1, 2.0)])
    assert len(read_study(tmp_path / "s.recovered.db", "s").trials) == 2


def test_a_lock_or_a_full_disk_makes_no_copy(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with new_store(path, settings=StorageSettings(busy_timeout_s=0.1)) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ExoError, match="has been locked"):
            store.append([complete(0, 1.0)])
        other.execute("ROLLBACK")
        other.close()
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(ExoError, match="cannot grow"):
            store.append([complete(n, 1.0) for n in range(40)])
    assert list(tmp_path.glob("*recovered*")) == []


def test_a_study_that_is_not_in_its_file_any_more_is_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0), complete(1, 2.0)])
        study = store.load()
    confirm_stored(path, study)
    shutil.copy(path, tmp_path / "copy.db")
    grown = tmp_path / "copy.db"
    with StudyStore.open(grown, StorageSettings(), create=False) as store:
        store.select("s")
        store.append([complete(2, 3.0)])
    confirm_stored(grown, study)  # another run has gone on with it
    deeds: tuple[tuple[Deed, str], ...] = (
        (Path.unlink, "There is no study file"),
        (lambda p: new_store(p, "another").close(), "0 of the 2 trials"),
        (lambda p: p.write_bytes(b"not a database at all"), "is not an SQLite database"),
        (lambda p: os.truncate(p, 0), "is empty"),
        (_without_tables, "no study file any more"),
    )
    for number, (deed, words) in enumerate(deeds):
        deed(path)
        with pytest.raises(ExoError, match=words) as caught:
            confirm_stored(path, study)
        name = "s.recovered.db" if not number else f"s.recovered_{number + 1}.db"
        assert name in caught.value.hint
        assert repr(read_study(tmp_path / name, "s")) == repr(study)


def _without_tables(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()


def test_replicates_and_looks_are_in_the_copy(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    store = ReplicateStore(path, "x")
    store.keep("placebo", 0, "{}")
    look = Look("content", "demo", "2020-01-01", "2020-12-31", "test")
    record_look(path, look, sketch())
    path.unlink()
    with pytest.raises(ExoError, match="was removed") as caught:
        store.keep("placebo", 1, "{}")
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    store.close()
    saved = tmp_path / "s.recovered.db"
    again = ReplicateStore(saved, "x")
    assert sorted(again.finished()) == [("placebo", 0), ("placebo", 1)]
    again.close()
    assert len(record_look(saved, look, sketch())) == 1
    assert not path.exists()


def test_a_check_without_a_cause_changes_nothing(tmp_path: Path) -> None:
    """A checkpoint, a dashboard that opens the file, a link to its folder: all is well."""
    folder = tmp_path / "real"
    folder.mkdir()
    (tmp_path / "link").symlink_to("real")
    path = tmp_path / "link/s.db"
    trials: list[TrialRecord] = [complete(n, 1.0) for n in range(3)]
    with new_store(path) as store:
        for trial in trials:
            store.append([trial])
            store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            other = sqlite3.connect(folder / "s.db")
            other.execute("SELECT COUNT(*) FROM trials").fetchall()
            other.close()
        folder.rename(tmp_path / "elsewhere")
        (tmp_path / "link").unlink()
        (tmp_path / "real").symlink_to("elsewhere")
        (tmp_path / "link").symlink_to("elsewhere")
        store.append([complete(3, 1.0)])  # the path leads to the same file, by other folders
    assert len(read_study(path, "s").trials) == 4
