import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkContext, ForkServerContext
from pathlib import Path

import pytest

from mech_exo.errors import ExitCode, ExoError
from mech_exo.system.locks import lock_path, study_lock

HOLDER = """
import sys, time
from pathlib import Path
from mech_exo.system.locks import study_lock
with study_lock(Path(sys.argv[1]), "s"):
    {inside}
    print("held", flush=True)
    time.sleep(600)
"""
FORK_A_SLEEPER = """
    import os
    if os.fork() == 0:
        print(os.getpid(), flush=True)  # the child itself: its fork is complete
    time.sleep(600)
"""


@contextmanager
def holder(study_file: Path, inside: str = "") -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Another process that holds the lock, and the first line that it prints."""
    code = HOLDER.format(inside=inside.strip())
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(study_file)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_second_run_is_refused_with_pid_and_start_of_the_first(tmp_path: Path) -> None:
    study_file = tmp_path / "a b.db"
    lock = study_lock(study_file, "s")
    with holder(study_file) as (process, _), pytest.raises(ExoError) as caught, lock:
        pytest.fail("two runs hold the lock")
    assert caught.value.exit_code == ExitCode.LOCKED
    holder_of = json.loads(lock_path(study_file, "s").read_text())
    assert holder_of["pid"] == process.pid
    assert f"process {process.pid} on " in caught.value.message
    assert holder_of["started"] in caught.value.message
    assert "--wait" in caught.value.hint


def test_the_same_process_cannot_take_it_twice(tmp_path: Path) -> None:
    with study_lock(tmp_path / "f.db", "s"):
        with pytest.raises(ExoError), study_lock(tmp_path / "f.db", "s"):
            pytest.fail("taken twice")
        with study_lock(tmp_path / "f.db", "another study"):
            pass


def test_a_lock_left_by_kill_9_means_nothing(tmp_path: Path) -> None:
    study_file = tmp_path / "f.db"
    with holder(study_file) as (process, _):
        process.kill()
        process.wait()
    assert lock_path(study_file, "s").exists()
    with study_lock(study_file, "s"):
        assert json.loads(lock_path(study_file, "s").read_text())["pid"] == os.getpid()
    assert not lock_path(study_file, "s").exists()


def test_a_forked_child_does_not_keep_the_lock_of_a_killed_parent(tmp_path: Path) -> None:
    study_file = tmp_path / "f.db"
    with holder(study_file, FORK_A_SLEEPER) as (process, child):
        try:
            process.kill()
            process.wait()
            with study_lock(study_file, "s"):
                os.kill(int(child), 0)  # the orphan lives
        finally:
            os.kill(int(child), signal.SIGKILL)


def _try(study_file: Path, answers: "multiprocessing.SimpleQueue[str]") -> None:
    try:
        with study_lock(study_file, "s"):
            answers.put("taken")
    except ExoError as error:
        answers.put(error.exit_code.name)


@pytest.mark.parametrize(
    "context", [multiprocessing.get_context("fork"), multiprocessing.get_context("forkserver")]
)
def test_a_child_that_ends_does_not_give_up_the_lock_of_its_parent(
    tmp_path: Path, context: ForkContext | ForkServerContext
) -> None:
    answers = context.SimpleQueue()
    with study_lock(tmp_path / "f.db", "s"):
        for _ in range(2):
            child = context.Process(target=_try, args=(tmp_path / "f.db", answers))
            child.start()
            child.join()
            assert answers.get() == "LOCKED"


def test_wait_says_for_whom_and_takes_over(tmp_path: Path) -> None:
    study_file = tmp_path / "f.db"
    said: list[str] = []
    with holder(study_file) as (process, _):

        def told(words: str) -> None:
            said.append(words)
            threading.Timer(0.3, process.kill).start()

        with study_lock(study_file, "s", wait=True, on_wait=told):
            pass
        assert len(said) == 1
        assert f"process {process.pid}" in said[0]


def test_the_folder_is_made(tmp_path: Path) -> None:
    with study_lock(tmp_path / "studies" / "f.db", "s"):
        assert (tmp_path / "studies").is_dir()


def test_a_folder_that_is_a_file_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "studies").write_text("")
    lock = study_lock(tmp_path / "studies" / "f.db", "s")
    with pytest.raises(ExoError, match="Cannot make the lock file"), lock:
        pytest.fail("locked in a file")
