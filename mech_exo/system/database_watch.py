"""Whether the path of an open database still leads to it, and a copy if it does not.

SQLite goes on writing to a file that was removed, moved or replaced under it, and says nothing.
Then what was stored is where nobody looks, or nowhere. So a writer compares device and inode of
its paths before it writes and before it says what came of it.
"""

import os
import sqlite3
import stat
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.system.whole_files import free_path

Identity = tuple[int, int, int] | None  # device, inode, kind of file; None: nothing is there
Fill = Callable[[sqlite3.Connection], object]


class DatabaseWatch:
    """The paths that must lead to a database while it is open.

    Parameters
    ----------
    path
        As it was opened.
    connection
        Open, and in its journal mode.
    what
        What the file is, in words ("study file").
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, what: str) -> None:
        self.path = path
        self._connection = connection
        self._what = what
        self._absolute = path.absolute()  # the working directory may go too
        self._real = Path(os.path.realpath(path))
        self._file = _identity(self._absolute.stat())
        self._beside = {p: _at(p) for p in _beside(self._real)}

    def check(self, fill: Fill | None = None) -> None:
        """Raise an ExoError, after a copy has been made, if a path leads elsewhere.

        It costs four calls of `stat`. What was committed is in the copy, and what `fill` adds to
        it: the rows that were to be written now.
        """
        wrong = self._wrong()
        if not wrong:
            return
        words = f"The {self._what} {self.path} {wrong} while it was being written"
        saved = free_copy(self._absolute, lambda copy: _copied(self._connection, copy, fill))
        raise ExoError(f"{words}.", hint=f"All that it held is in {saved}: {put_back(self.path)}.")

    def _wrong(self) -> str:
        """What has become of the file, in words; "" if nothing."""
        if _at(self._real) != self._file or _at(self._absolute, follow=True) != self._file:
            return self._fate()
        for path, before in self._beside.items():
            now = _at(path)
            if before is None:
                self._beside[path] = now  # SQLite makes them in its own time
            elif now != before:
                return f"lost {path.name}, which belongs to it,"
        return ""

    def _fate(self) -> str:
        moved = _moved_to(self._file)
        to = f"moved to {moved}" if moved else "removed"
        there = _at(self._real)
        if there is None:
            return f"was {to}"
        kind = "a symbolic link" if stat.S_ISLNK(there[2]) else "another file"
        return f"was {to} and {kind} put in its place"


def free_copy(path: Path, fill: Fill) -> Path:
    """A database beside `path`, NAME.recovered.db or the first free name after it, whole.

    Where its folder is gone or may not be written: in the nearest folder above it, in the working
    directory, or among the temporary files.

    Raises
    ------
    ExoError
        There is no such place.
    """
    reasons = []
    for folder in _folders(path):
        wanted = folder / f"{path.stem}.recovered.db"
        temporary = wanted.with_name(f".{wanted.name}.{os.getpid()}.new")
        try:
            with closing(sqlite3.connect(temporary, isolation_level=None)) as copy:
                fill(copy)
            return _published(temporary, wanted)
        except (OSError, sqlite3.OperationalError) as error:
            reasons.append(f"{folder}: {error}")
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    raise ExoError(f"{path}: no copy could be made of what it held ({'; '.join(reasons)}).")


def put_back(path: Path) -> str:
    """What to do with a copy."""
    return f"move it to {path} and run the same command again"


def _copied(source: sqlite3.Connection, copy: sqlite3.Connection, fill: Fill | None) -> None:
    source.backup(copy)
    copy.execute("PRAGMA journal_mode = DELETE")  # one file, whose name can be changed
    if fill is not None:
        copy.execute("BEGIN")
        fill(copy)
        copy.execute("COMMIT")


def _published(temporary: Path, wanted: Path) -> Path:
    while True:
        free = free_path(wanted)
        try:
            os.link(temporary, free)
        except FileExistsError:
            continue  # another process was quicker
        except OSError:  # a file system without links
            temporary.replace(free)
        return free


def _folders(path: Path) -> list[Path]:
    above = [folder for folder in path.parents if folder.is_dir()]
    elsewhere = [Path(tempfile.gettempdir())]
    with suppress(OSError):
        elsewhere.insert(0, Path.cwd())
    return [*above[:1], *elsewhere]


def _beside(real: Path) -> tuple[Path, Path]:
    return Path(f"{real}-wal"), Path(f"{real}-shm")


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_dev, status.st_ino, stat.S_IFMT(status.st_mode)


def _at(path: Path, *, follow: bool = False) -> Identity:
    try:
        return _identity(os.stat(path, follow_symlinks=follow))  # noqa: PTH116 - at every write
    except OSError:
        return None


def _moved_to(identity: Identity) -> str:
    """Where an open file is now, as far as the system tells; "" if it is nowhere."""
    with suppress(OSError):
        for link in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                status = link.stat()
                if _identity(status) == identity and status.st_nlink:
                    return os.readlink(link)  # noqa: PTH115 - not a path of ours
    return ""
