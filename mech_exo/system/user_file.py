"""The one door to files that a user names: a regular file, and no larger than makes sense."""

import os
import stat
from pathlib import Path
from typing import BinaryIO, Protocol

from mech_exo.errors import ExoError

SMALL = 5_000_000
"""Bytes that a file which somebody writes by hand has at most."""

CHECK_PATH = "Check the path; one in a settings file is relative to that file."
"""What to do about a data file that is not there."""

_KINDS = {
    stat.S_IFDIR: "is a directory",
    stat.S_IFIFO: "is a pipe",
    stat.S_IFSOCK: "is a socket",
    stat.S_IFCHR: "is a device",
    stat.S_IFBLK: "is a device",
}


UNKNOWN_ROOM = 2_000_000_000
"""Bytes of `room` where the system does not say how much memory it has."""

AT_ONCE = 1 << 24  # bytes that are read at once where a file does not know its size


class Readable(Protocol):
    """An open file, or what reads like one."""

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes, fewer at the end, none behind it."""


def read_bytes(
    path: Path,
    *,
    limit: int | None = SMALL,
    hint: str = "",
    what: str = "",
    first: int | None = None,
) -> bytes:
    """The content of a file.

    Parameters
    ----------
    limit
        Bytes that it has at most; None: as many as the memory allows (`room`).
    hint
        What to do about one that cannot be read.
    what
        What the file is, for messages ("the objective file").
    first
        Read so many bytes only, however large the file is.

    Raises
    ------
    ExoError
        For a file that cannot be read, is none (a pipe would be waited for, for ever), or is too
        large.
    """
    most = room() if limit is None else limit
    try:
        with open_regular(path, hint=hint, what=what) as file:
            if first is not None:
                return file.read(first)
            size = os.fstat(file.fileno()).st_size
            content = read_in_parts(file, most, max(AT_ONCE, min(size, most) + 1))
    except OSError as error:
        raise ExoError(f"{_label(path, what)} ({error.strerror}).", hint=hint) from error
    if len(content) > most:
        raise too_large(path, most)
    return content


def read_in_parts(file: Readable, most: int, at_once: int = AT_ONCE) -> bytes:
    """What can be read of a file, up to its end or to more than `most` bytes.

    No more is asked for at once than `at_once`: whoever reads sets that memory aside first, whether
    it is needed or not, and some never give it back after an error.
    """
    parts: list[bytes] = []
    size = 0
    while size <= most and (part := file.read(at_once)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)  # of one part: that part, not a copy


def open_regular(path: Path, *, hint: str = "", what: str = "") -> BinaryIO:
    """A file, open for reading.

    Raises
    ------
    ExoError
        As `read_bytes`, but for its size.
    """
    label = _label(path, what)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            file = os.fdopen(descriptor, "rb")
        except OSError:  # a folder
            os.close(descriptor)
            raise
    except OSError as error:
        raise ExoError(f"{label} ({error.strerror}).", hint=hint) from error
    except ValueError as error:  # a NUL, or half of a surrogate pair, in the name
        raise ExoError(f"{str(path)!r}: cannot be the name of a file ({error}).") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        file.close()
        kind = _KINDS.get(stat.S_IFMT(mode), "is no file")
        raise ExoError(f"{label} ({kind}).", hint=hint or "Name a regular file.")
    return file


def _label(path: Path, what: str) -> str:
    return f"{path}: {what} cannot be read" if what else f"{path}: cannot be read"


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where it cannot be looked at: opening it says why."""
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return 0


def check_regular(path: Path, what: str, *, hint: str = "") -> None:
    """Raise an ExoError for something other than a regular file that `path` leads to.

    What is not there, or may not be looked at, passes: opening it says more.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "is no file")
        raise ExoError(f"{path}: {kind}, expected {what}.", hint=hint)


def is_folder(path: Path) -> bool:
    """Whether a path leads to a folder; a name that can be none leads nowhere."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """Whether a path leads to a regular file; a name that can be none leads nowhere."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_there(path: Path, below: Path | None = None) -> bool:
    """Whether something has a path's name, be it broken: a dangling link, a loop, a folder.

    Who merely asks whether a file exists passes such a thing over in silence, and goes on without
    it; who opens it is told what is wrong.

    Parameters
    ----------
    below
        Folder in which the path lies; a broken link on the way from it is such a thing too.
    """
    inner = [] if below is None else [p for p in path.parents if below in p.parents]
    for folder in reversed(inner):
        if folder.is_symlink() and not is_folder(folder):
            return True
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:  # may not be looked at: only where its folder is there
        return path.parent != below and path.parent.is_dir()
    return True


def room() -> int:
    """Bytes of a data file that this machine can hold: a quarter of its memory.

    A parsed table takes several times its text.
    """
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4
    except (ValueError, OSError):  # a system that does not tell
        return UNKNOWN_ROOM


def too_large(path: Path, limit: int) -> ExoError:
    """A file holds more than is read."""
    return ExoError(
        f"{path}: is larger than {limit / 1e6:,.0f} MB, the most that is read of it.",
        hint="Is it the file that was meant?",
    )
