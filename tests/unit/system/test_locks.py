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
from mech_exo.system.locks import exclusive_lock

WORDS = ("It is held", "Wait.")
HOLDER = """
import sys, time
from pathlib import Path
from mech_exo.system.locks import exclusive_lock
with exclusive_lock(Path(sys.argv[1]), "It is held", "Wait."):
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
def holder(path: Path, inside: str = "") -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Another process that holds the lock, and the first line that it prints."""
    code = HOLDER.format(inside=inside.strip())
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_second_run_is_refused_with_pid_and_start_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "a b.lock"
    lock = exclusive_lock(path, *WORDS)
    with holder(path) as (process, _), pytest.raises(ExoError) as caught, lock:
        pytest.fail("two runs hold the lock")
    assert caught.value.exit_code == ExitCode.LOCKED
    holder_of = json.loads(path.read_text())
    assert holder_of["pid"] == process.pid
    assert f"process {process.pid} on " in caught.value.message
    assert holder_of["started"] in caught.value.message
    assert caught.value.message.startswith("It is held by process ")
    assert caught.value.hint == "Wait."


def test_the_same_process_cannot_take_it_twice(tmp_path: Path) -> None:
    first, second = (exclusive_lock(tmp_path / "f.lock", *WORDS) for _ in range(2))
    with first, pytest.raises(ExoError), second:
        pytest.fail("taken twice")


def test_a_lock_left_by_kill_9_means_nothing(tmp_path: Path) -> None:
    path = tmp_path / "f.lock"
    with holder(path) as (process, _):
        process.kill()
        process.wait()
    assert path.exists()
    with exclusive_lock(path, *WORDS):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert not path.exists()


def test_a_forked_child_does_not_keep_the_lock_of_a_killed_parent(tmp_path: Path) -> None:
    path = tmp_path / "f.lock"
    with holder(path, FORK_A_SLEEPER) as (process, child):
        try:
            process.kill()
            process.wait()
            with exclusive_lock(path, *WORDS):
                os.kill(int(child), 0)  # the orphan lives
        finally:
            os.kill(int(child), signal.SIGKILL)


def _try(path: Path, answers: "multiprocessing.SimpleQueue[str]") -> None:
    try:
        with exclusive_lock(path, *WORDS):
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
    with exclusive_lock(tmp_path / "f.lock", *WORDS):
        for _ in range(2):
            child = context.Process(target=_try, args=(tmp_path / "f.lock", answers))
            child.start()
            child.join()
            assert answers.get() == "LOCKED"


def test_wait_says_for_whom_and_takes_over(tmp_path: Path) -> None:
    path = tmp_path / "f.lock"
    said: list[str] = []
    with holder(path) as (process, _):

        def told(words: str) -> None:
            said.append(words)
            threading.Timer(0.3, process.kill).start()

        with exclusive_lock(path, *WORDS, wait=True, on_wait=told):
            pass
        assert len(said) == 1
        assert f"process {process.pid}" in said[0]


def test_the_folder_is_made(tmp_path: Path) -> None:
    with exclusive_lock(tmp_path / "folder" / "f.lock", *WORDS):
        assert (tmp_path / "folder").is_dir()


def test_a_folder_that_is_a_file_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    lock = exclusive_lock(tmp_path / "folder" / "f.lock", *WORDS)
    with pytest.raises(ExoError, match="Cannot make the lock file"), lock:
        pytest.fail("locked in a file")
