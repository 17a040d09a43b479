"""What is left when a writer ends in the middle: killed, interrupted, out of disk."""

import random
import select
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mech_exo.config.settings import StorageSettings
from mech_exo.errors import ExoError
from mech_exo.tuning.records import read_study
from mech_exo.tuning.study_lock import study_lock
from mech_exo.tuning.study_store import StudyStore
from tests.unit.tuning.stored_studies import complete, new_store

HERE = str(Path(__file__).parent)
WRITER = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.unit.tuning.stored_studies import COMPONENTS, complete, new_store
from mech_exo.config.settings import StorageSettings
from mech_exo.tuning.study_lock import study_lock
from mech_exo.tuning.study_store import StudyStore
path, limit = Path(sys.argv[1]), int(sys.argv[3])
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
with study_lock(path, "s"), StudyStore.open(path, StorageSettings(), create=True) as store:
    study = store.select("s") if "s" in store.names() else store.create_study("s")
    if not study.epochs:
        store.begin_epoch(COMPONENTS)
    number = len(study.trials)
    while True:
        store.append([complete(number, 1.0)])
        number += 1
        print(number, flush=True)
"""


def writer(path: Path, limit: int = 0) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), HERE, str(limit)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def integrity(path: Path) -> str:
    connection = sqlite3.connect(path)
    (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    return str(answer)


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_no_stored_trial(tmp_path: Path) -> None:
    path, rng = tmp_path / "f.db", random.Random(7)
    stored = 0
    for _ in range(8):
        process = writer(path)
        assert process.stdout is not None
        select.select([process.stdout], [], [])  # a readline would take more than its line
        time.sleep(rng.uniform(0.0, 0.1))
        process.kill()
        told, said = process.communicate()
        assert said == ""
        acknowledged = int(told.split()[-1])
        study = read_study(path, "s")
        assert len(study.trials) in (acknowledged, acknowledged + 1)
        assert acknowledged > stored
        stored = len(study.trials)
        assert [t.number for t in study.trials] == list(range(stored))
        assert all(t.state == "COMPLETE" and len(t.params) == 3 for t in study.trials)
        assert integrity(path) == "ok"


def test_a_file_that_cannot_grow_ends_in_words_and_goes_on_later(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    process = writer(path, limit=600_000)
    out, said = process.communicate()
    assert process.returncode == 1
    assert "ExoError: The study file" in said
    assert "cannot grow" in said
    stored = int(out.split()[-1])
    assert len(read_study(path, "s").trials) == stored
    process = writer(path)
    assert process.stdout is not None
    assert int(process.stdout.readline()) == stored + 1
    process.kill()
    process.communicate()
    assert integrity(path) == "ok"


def test_an_interrupt_while_storing_leaves_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f.db"
    with new_store(path) as store:
        store.append([complete(0, 1.0)])

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("mech_exo.tuning.study_store.insert_trials", interrupted)
            with pytest.raises(KeyboardInterrupt):
                store.append([complete(1, 1.0)])
        assert len(store.load().trials) == 1
        store.append([complete(1, 1.0)])
    assert len(read_study(path, "s").trials) == 2


def test_ctrl_c_is_heard_while_waiting_for_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    new_store(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with StudyStore.open(path, StorageSettings(), create=False) as store:
        store.select("s")
        main = threading.main_thread().ident
        assert main is not None
        timer = threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            store.append([complete(0, 1.0)])
        timer.join()
        other.execute("ROLLBACK")
        other.close()
        store.append([complete(0, 1.0)])


def test_a_lock_file_of_an_impossible_name_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "f.db").mkdir()
    lock = study_lock(tmp_path / "f.db" / "x" / ("y" * 300), "s")
    with pytest.raises(ExoError, match="Cannot make the lock file"), lock:
        pytest.fail("locked")
