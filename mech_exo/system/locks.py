"""An exclusive lock that ends with its process.

The lock is a `flock` on a small file. The kernel gives it up when the process ends in whatever
way, so a file left behind by `kill -9` means nothing. Child processes do not keep it: the
descriptor is closed on exec, and after a fork.
"""

import fcntl
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mech_exo.errors import ExitCode, ExoError
from mech_exo.system.strict_json import parse_json
from mech_exo.system.user_file import check_regular, read_bytes

KIND = "a lock file"

POLL_S = 0.2


def check_free(path: Path, busy: str, hint: str) -> None:
    """Raise what `exclusive_lock` would raise; nothing is made, and nothing held."""
    check_regular(path, KIND)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ExoError(f"{path}: cannot be read ({error.strerror}).") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # given up at once
    except BlockingIOError:
        raise _locked(path, busy, hint) from None
    finally:
        os.close(descriptor)


@contextmanager
def exclusive_lock(
    path: Path,
    busy: str,
    hint: str,
    *,
    wait: bool = False,
    on_wait: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Hold the lock file `path`.

    Parameters
    ----------
    busy
        What the holder does, in words ("The account is being written").
    hint
        What to do about it.
    wait
        Wait for the holder to end instead of refusing.
    on_wait
        Told once, in words, whom we wait for.

    Raises
    ------
    ExoError
        Another process holds the lock (exit code 5), or the lock file cannot be made.
    """
    check_regular(path, KIND)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _take(path)
        told = False
        while descriptor is None:
            locked = _locked(path, busy, hint)
            if not wait:
                raise locked
            if on_wait is not None and not told:
                on_wait(f"{locked.message} Waiting for it to end.")
            told = True
            time.sleep(POLL_S)
            descriptor = _take(path)
    except OSError as error:
        raise ExoError(
            f"Cannot make the lock file {path}: {error.strerror}.",
            hint=f"A run needs to write in the folder {path.parent}.",
        ) from error
    held = _Held(path, descriptor)
    os.register_at_fork(after_in_child=held.drop)
    try:
        yield
    finally:
        held.release()


def _locked(path: Path, busy: str, hint: str) -> ExoError:
    return ExoError(f"{busy} by {_holder(path)}.", hint=hint, exit_code=ExitCode.LOCKED)


class _Held:
    """A lock that this process holds, or held before it was forked."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock up; the file goes first, while nobody else can hold it."""
        if self._descriptor >= 0:
            self._path.unlink(missing_ok=True)
            self.drop()

    def drop(self) -> None:
        """Close this process's descriptor; in a forked child that leaves the parent's lock."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _take(path: Path) -> int | None:
    """The descriptor of the locked file, None if another process holds it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(path, descriptor):
                _write_holder(descriptor)
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder removed the file between our open and our lock


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _write_holder(descriptor: int) -> None:
    holder = {
        "pid": os.getpid(),
        "started": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "host": socket.gethostname(),
        "command": shlex.join(sys.argv),
    }
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(holder).encode(), 0)


def _holder(path: Path) -> str:
    """The holder in words, as far as it has written them."""
    try:
        holder = parse_json(read_bytes(path))
        return (
            f"process {holder['pid']} on {holder['host']} since {holder['started']} "
            f"({holder['command']})"
        )
    except (ExoError, ValueError, LookupError, TypeError):  # being written, or by another hand
        return "another process"
