"""Trying what is not our own in a process apart, which it may end without ending this one."""

import contextlib
import os
import signal
import time
import warnings
from collections.abc import Callable
from typing import NoReturn

from mech_exo.errors import ExoError
from mech_exo.system.processes import die_with_parent

RETURNED, FORKED = b"r", b"f"
WAIT_FOR_FORKS = 2.0  # seconds in which a process that was forked meanwhile comes back here
NEXT_LOOK = 0.01


class ProcessEndedError(ExoError):
    """What was tried did not come back."""


def probe(action: Callable[[], object], what: str) -> None:
    """Run `action` once in a forked process, to see whether it comes back.

    Nothing else is judged: what `action` raises, returns and prints is the caller's to find when
    it does the same itself. Where processes cannot be forked nothing is tried.

    Parameters
    ----------
    what
        Whose code it is, for messages ("own.py: the objective file").

    Raises
    ------
    ProcessEndedError
        If the process ended while `action` ran, or came back as two.
    ExoError
        If no process can be started.
    """
    if not hasattr(os, "fork"):
        return
    reading, writing = os.pipe()
    try:
        with warnings.catch_warnings():  # threads of a BLAS library, which prepares for it itself
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
    except OSError as error:  # memory or processes are short
        os.close(reading)
        os.close(writing)
        raise ExoError(
            f"{what} cannot be tried in a process of its own ({error.strerror}).",
            hint="End other programs, or raise the limits on memory and processes.",
        ) from error
    if pid == 0:
        _child(action, writing)
    try:
        status = _ended(pid, writing)
        os.set_blocking(reading, False)  # a process that was left behind may hold it open
        with contextlib.suppress(BlockingIOError):
            said = os.read(reading, 64)
            if said == RETURNED:
                return
            if FORKED in said:
                raise ProcessEndedError(
                    f"{what} forked the process while it was tried.",
                    hint="Remove os.fork() from it.",
                )
    finally:
        os.close(reading)
    if -status in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # sent to stop us as well
        raise KeyboardInterrupt
    how = f"signal {-status}" if status < 0 else f"exit status {status}"
    raise ProcessEndedError(
        f"{what} ended the process ({how}) while it was tried.",
        hint="Remove what ends it, such as os._exit or os.kill.",
    )


def _ended(pid: int, writing: int) -> int:
    """The child's exit code; it is killed if the wait is interrupted."""
    try:
        os.close(writing)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except BaseException:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        raise


def _child(action: Callable[[], object], writing: int) -> NoReturn:
    own = os.getpid()
    try:
        die_with_parent()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _mute(keep=writing)
        with contextlib.suppress(BaseException):  # raised again where the caller does the same
            action()
        if os.getpid() != own:
            os.write(writing, FORKED)
        else:
            _await_forks()
            os.write(writing, RETURNED)
    finally:
        os._exit(0)


def _mute(keep: int) -> None:
    """Read nothing and print nothing: it is seen when the same is done in earnest."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in {0, 1, 2} - {keep}:
        os.dup2(nothing, descriptor)


def _await_forks() -> None:
    """Give a process that was forked meanwhile the time to show that it comes back."""
    last = time.monotonic() + WAIT_FOR_FORKS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < last:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(NEXT_LOOK)
