"""A file that ends its process ends a fork, not the run."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mech_exo.errors import ExoError
from mech_exo.system.probe import ProcessEndedError, probe
from tests.cli.conftest import environment


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def forked() -> None:
    os.fork()


def left() -> None:
    if os.fork():
        os._exit(0)


ENDED = {
    "exit 0": (lambda: os._exit(0), r"ended the process \(exit status 0\)"),
    "exit 3": (lambda: os._exit(3), r"ended the process \(exit status 3\)"),
    "killed": (killed, r"ended the process \(signal 9\)"),
    "forked": (forked, "forked the process"),
    "left": (left, "(forked|ended) the process"),
}


@pytest.mark.parametrize("case", ENDED)
def test_an_end_of_the_process_is_an_error(case: str) -> None:
    action, told = ENDED[case]
    with pytest.raises(ExoError, match=f"obj.py {told}"):
        probe(action, "obj.py")


def test_no_memory_for_a_process_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    open_before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr(os, "fork", full)
    with pytest.raises(ExoError, match=r"obj\.py cannot be tried .*memory") as caught:
        probe(killed, "obj.py")
    assert not isinstance(caught.value, ProcessEndedError)
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


def raising() -> None:
    raise ValueError("left to the caller")


def helped() -> None:
    assert subprocess.run([sys.executable, "-c", ""], check=True).returncode == 0


@pytest.mark.parametrize("action", [raising, sys.exit, helped, lambda: os.write(1, b"unseen")])
def test_whatever_comes_back_is_left_to_the_caller(
    action: Callable[[], object], capfd: pytest.CaptureFixture[str]
) -> None:
    probe(action, "obj.py")
    assert capfd.readouterr() == ("", "")


def test_an_interrupt_ends_the_child_too(tmp_path: Path) -> None:
    """The child ignores the signal; its parent kills it."""
    told = tmp_path / "pid"
    program = (
        "import os, pathlib, signal, time\n"
        "from mech_exo.system.probe import ProcessEndedError, probe\n"
        "def loop():\n"
        "    signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"    pathlib.Path({str(told)!r}).write_text(f'{{os.getpid()}}.')\n"
        "    while True: time.sleep(0.01)\n"
        "try: probe(loop, 'obj.py')\n"
        "except KeyboardInterrupt: raise SystemExit(130)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], env=environment()) as process:
        while not (told.exists() and told.read_text().endswith(".")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    child = Path("/proc") / told.read_text().rstrip(".")
    for _ in range(1000):  # interrupted just after the fork, it is the system that ends the child
        if not child.exists():
            return
        time.sleep(0.01)
    raise AssertionError(child)
