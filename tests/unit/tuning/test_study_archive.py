"""Copies of study files."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExoError
from mech_exo.report.dashboard_server import application
from mech_exo.tuning import study_archive
from mech_exo.tuning.records import list_studies, read_study, study_names
from mech_exo.tuning.study_archive import archive
from mech_exo.tuning.study_store import StudyStore
from tests.unit.report.dashboard_requests import ask
from tests.unit.tuning.stored_studies import complete, execute, failed, new_store


def two_studies(path: Path) -> Path:
    with new_store(path, "one") as store:
        store.append([complete(0, 1.0), failed(1), complete(2, 2.0, excess=0.1)])
    with new_store(path, "größe 2") as store:
        store.append([complete(i, float(i)) for i in range(30)])
    return path


def alone(path: Path) -> bool:
    """Whether nothing lies beside a file but other study files."""
    return {p.suffix for p in path.parent.iterdir() if p.is_file()} == {".db"}


def test_a_file_with_all_its_studies(tmp_path: Path) -> None:
    source = two_studies(tmp_path / "f.db")
    before = source.read_bytes()
    made = archive(source, tmp_path / "deep" / "a b.db")
    assert made.trials == {"größe 2": 30, "one": 3}
    assert made.size == made.out.stat().st_size
    for name in study_names(source):
        assert repr(read_study(made.out, name)) == repr(read_study(source, name))
    assert source.read_bytes() == before
    assert alone(source)
    assert alone(made.out)


def test_one_study_of_many(tmp_path: Path) -> None:
    source = two_studies(tmp_path / "f.db")
    made = archive(source, tmp_path / "a.db", "one")
    assert study_names(made.out) == ["one"]
    assert repr(read_study(made.out, "one")) == repr(read_study(source, "one"))
    assert made.size < source.stat().st_size
    with closing(sqlite3.connect(made.out)) as copy:
        assert copy.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
    with StudyStore.open(made.out, StorageSettings(), create=False) as store:  # a run goes on
        store.select("one")
        store.append([complete(3, 1.0)])


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_run_goes_on_writing(tmp_path: Path, mode: str) -> None:
    source = tmp_path / "f.db"
    settings = StorageSettings(journal_mode=mode)  # type: ignore[arg-type]
    with new_store(source, "s", settings=settings) as store:
        store.append([complete(0, 1.0), complete(1, 2.0)])
        made = archive(source, tmp_path / "a.db", "s")
        store.append([complete(2, 3.0)])
        assert len(read_study(made.out, "s").trials) == 2
        again = archive(source, tmp_path / "a.db", "s", overwrite=True)
        assert len(read_study(again.out, "s").trials) == 3


def test_the_dashboard_reads_a_copy(tmp_path: Path) -> None:
    made = archive(two_studies(tmp_path / "f.db"), tmp_path / "a.db", "one")
    app = application(made.out)
    (study,) = ask(app, "/api/studies").json["study_summaries"]
    shown = ask(app, f"/api/studies/{study['study_id']}?after=0").json
    assert [trial["number"] for trial in shown["trials"]] == [0, 1, 2]


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    source = two_studies(tmp_path / "f.db")
    out = tmp_path / "a.db"
    out.write_text("date,weight\n")
    with pytest.raises(ExoError, match=r"exists already.*--force"):
        archive(source, out)
    with pytest.raises(ExoError, match="is no study file; it is not replaced"):
        archive(source, out, overwrite=True)
    assert out.read_text() == "date,weight\n"
    pipe = tmp_path / "pipe.db"
    os.mkfifo(pipe)
    with pytest.raises(ExoError, match="is a pipe"):
        archive(source, pipe, overwrite=True)
    assert pipe.is_fifo()
    out.write_text("")
    archive(source, out, overwrite=True)  # an empty file holds nothing
    archive(source, out, overwrite=True)
    assert len(list_studies(out)) == 2
    link = tmp_path / "link.db"
    link.symlink_to(source)
    for itself in (source, link):
        with pytest.raises(ExoError, match="is the study file itself"):
            archive(source, itself, overwrite=True)
    (tmp_path / "b.db-wal").write_bytes(b"the last trials")
    with pytest.raises(ExoError, match="in use or was not closed"):
        archive(source, tmp_path / "b.db")


def test_what_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = two_studies(tmp_path / "f.db")
    out = tmp_path / "out" / "a.db"
    with pytest.raises(ExoError, match=r"There is no study 'three'.*größe 2, one"):
        archive(source, out, "three")

    def full(path: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(study_archive, "_sync", full)
        with pytest.raises(ExoError, match="No space left"):
            archive(source, out)
    with monkeypatch.context() as patched:
        patched.setattr(study_archive, "keep_only", lambda copy, path, name: None)
        with pytest.raises(ExoError, match="the copy is not what was read"):
            archive(source, out, "one")
    assert list(out.parent.iterdir()) == []
    with pytest.raises(ExoError, match="no study file"):
        archive(tmp_path / "none.db", out)


def test_what_a_killed_archive_left_goes_with_the_next(tmp_path: Path) -> None:
    source = two_studies(tmp_path / "f.db")
    killed = f".of another day.db.{'a1' * 6}.tmp"
    left = [tmp_path / f"{killed}{log}" for log in ("", "-journal", "-wal", "-shm")]
    fresh, others = tmp_path / f".a.db.{'b2' * 6}.tmp", [tmp_path / ".b.tmp", tmp_path / ".b.tmp-x"]
    for path in (*left, fresh, *others):
        path.write_bytes(b"half a copy")
    for path in (*left, *others):
        os.utime(path, (0, 0))
    archive(source, tmp_path / "a[1].db")
    assert not [path for path in left if path.exists()]
    assert fresh.exists()  # somebody may be writing it
    assert all(path.exists() for path in others)  # of another program


def test_an_archive_that_is_killed_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    source = two_studies(tmp_path / "f.db")
    out = tmp_path / "out"
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from mech_exo.tuning import study_archive\n"
        "def killed(copy, path, name):\n"
        "    copy.execute('DELETE FROM trials')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "study_archive.keep_only = killed\n"
        "study_archive.archive(Path(sys.argv[1]), Path(sys.argv[2]), 'one')\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-c", code, str(source), str(out / "monday.db")]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    left = list(out.iterdir())
    assert any(path.name.endswith("-journal") for path in left)
    for path in left:
        os.utime(path, (0, 0))
    archive(source, out / "tuesday.db")
    assert [path.name for path in out.iterdir()] == ["tuesday.db"]


def test_a_full_disk_is_that_of_the_copy(tmp_path: Path) -> None:
    source = two_studies(tmp_path / "f.db")
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from mech_exo.errors import ExoError\n"
        "from mech_exo.tuning.study_archive import archive\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try:\n"
        "    archive(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except ExoError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(source), str(tmp_path / "out/a.db")],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        check=True,
    )
    assert done.stdout.startswith(f"{tmp_path / 'out/a.db'}: cannot be written (")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_damaged_study_hides_no_other(tmp_path: Path) -> None:
    source = two_studies(tmp_path / "f.db")
    execute(source, "UPDATE exo_records SET record = 'x' WHERE trial_id = 1")
    made = archive(source, tmp_path / "a.db")
    assert made.trials["größe 2"] == 30
    with pytest.raises(ExoError, match="damaged"):
        read_study(made.out, "one")
