"""Writing a file whole or not at all."""

import contextlib
import errno
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.system.user_file import check_regular, is_folder

_LONGEST = 200  # bytes of a file's name that the name of its temporary file repeats

# What file systems without hard links answer to link(2).
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}

_GIVEN = re.compile(r"\..*\.[0-9a-f]{12}\.tmp(-journal|-wal|-shm)?", re.DOTALL)


class TakenError(ExoError):
    """The name exists already."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: exists already.", hint="Name another file, or remove this one.")


def write_atomically(path: Path, content: str | bytes, *, overwrite: bool = False) -> Path:
    """Write `content` (text as UTF-8) to `path`; no reader and no crash ever sees a part of it.

    The folder is made if need be. Permissions are those that the umask leaves of 0666. With
    `overwrite`, a symbolic link keeps pointing where it did and its target is replaced; a device,
    a pipe or a socket never is.

    Raises
    ------
    TakenError
        If `path` exists and `overwrite` is False.
    ExoError
        If the folder cannot be written or is full. Nothing is left behind.
    """
    with whole_file(path, overwrite=overwrite) as temporary:
        _write_new(temporary, _bytes(content))
    return path


@contextlib.contextmanager
def whole_file(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A name beside `path` for a file to be made; at the end of the block it is called `path`.

    The rest, and what is raised, as `write_atomically`. The block makes the file and has it synced.
    """
    target = Path(os.path.realpath(path)) if overwrite else path
    temporary = _temporary(target)
    _check_kind(path)
    try:
        _make_folder(target.parent)
        try:
            yield temporary
            if overwrite:
                _check_kind(path)
                temporary.replace(target)
            else:
                _publish(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(target.parent)
    except FileExistsError as error:
        raise TakenError(path) from error
    except OSError as error:
        raise ExoError(
            f"{path}: cannot be written ({error.strerror}).",
            hint="Nothing was written; check the folder, its permissions and the free space.",
        ) from error


def write_to_free_name(path: Path, text: str) -> Path:
    """Write to `path` or the first free name after it (name_2, …); the one written to.

    Safe against another process that takes the same name in between.
    """
    while True:
        try:
            return write_atomically(free_path(path), text)
        except TakenError:
            continue  # by another process, in between


def remove_leftovers(folder: Path, age_s: float = 3600.0, *, shared: bool = False) -> None:
    """Remove what writers that were killed have left in a folder, older than `age_s`.

    A writer that lives needs its temporary file for a moment only.

    Parameters
    ----------
    shared
        The folder is not exo's alone: only what has the very form of a name that exo gives, and
        what SQLite has left beside that.
    """
    for path in folder.glob(".*.tmp*"):
        if not (_GIVEN.fullmatch(path.name) or (not shared and path.suffix == ".tmp")):
            continue
        with contextlib.suppress(FileNotFoundError):  # its writer was alive after all
            if time.time() - path.stat().st_mtime > age_s:
                path.unlink()


def check_target(path: Path, *, overwrite: bool = False, touch: bool = True) -> None:
    """Raise, before the work is done, the ExoError that writing to `path` would end in.

    Makes the folder, and writes and removes an empty file in it; without `touch` the permissions
    are asked only, which a full disk does not show.
    """
    if not overwrite and os.path.lexists(path):
        raise TakenError(path)
    if is_folder(path):
        raise ExoError(f"{path}: is a folder, expected the name of a file.")
    _check_kind(path)
    _check_length(path)
    if not touch:
        _check_permission(path)
        return
    probe = _temporary(path)
    try:
        _make_folder(path.parent)
        try:
            _write_new(probe, b"")
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        raise ExoError(f"{path}: cannot be written ({error.strerror}).") from error


def shortened(name: str, longest: int = _LONGEST) -> str:
    """The beginning of a name, of so many bytes at the most."""
    return name.encode("utf-8", "surrogateescape")[:longest].decode("utf-8", "ignore")


def _temporary(path: Path) -> Path:
    """A name beside `path` that nothing else has."""
    return path.with_name(f".{shortened(path.name)}.{secrets.token_hex(6)}.tmp")


def _check_kind(path: Path) -> None:
    """Refuse to replace what is there and is no file: a device, a pipe, a socket."""
    if not is_folder(path):  # of which the system says itself that it cannot be replaced
        check_regular(path, "a file", hint="It is left as it is: name another file.")


def _check_length(path: Path) -> None:
    """Refuse a name that is longer than the file system takes."""
    try:
        folder = _nearest(path)
        longest, deepest = (os.pathconf(folder, f"PC_{what}_MAX") for what in ("NAME", "PATH"))
    except (OSError, ValueError):  # a system that does not tell: writing does
        return
    too_long = any(len(os.fsencode(part)) > longest for part in path.parts)
    if too_long or len(os.fsencode(path)) >= deepest:
        raise ExoError(
            f"{path}: cannot be written ({os.strerror(errno.ENAMETOOLONG)}).",
            hint="Name another file.",
        )


def _nearest(path: Path) -> Path:
    """The first above `path` that exists."""
    return next(above for above in path.absolute().parents if os.path.lexists(above))


def _check_permission(path: Path) -> None:
    """Raise an ExoError unless the nearest folder that exists above `path` can be written to."""
    folder = _nearest(path)
    if not folder.is_dir():
        reason = os.strerror(errno.ENOTDIR)
    elif os.access(folder, os.W_OK | os.X_OK):
        return
    else:
        readonly = os.statvfs(folder).f_flag & os.ST_RDONLY
        reason = os.strerror(errno.EROFS if readonly else errno.EACCES)
    raise ExoError(f"{path}: cannot be written ({reason}).")


def check_within(path: Path, root: Path) -> None:
    """Raise an ExoError if a path below `root` leads out of it by a symbolic link.

    What lies there is another project's, or everybody's: replacing `path` would replace it. A path
    that is named outside `root` passes, and so does a link to another place below it.
    """
    outer, named = Path(os.path.realpath(root)), Path(os.path.abspath(path))  # noqa: PTH100 - no link is followed
    base = Path(os.path.abspath(root))  # noqa: PTH100
    if not named.is_relative_to(base) or Path(os.path.realpath(path)).is_relative_to(outer):
        return
    steps = [base / part for part in _upward(named.relative_to(base))]
    link = next((step for step in steps if step.is_symlink()), path)
    shown = root / link.relative_to(base) if link.is_relative_to(base) else link
    raise ExoError(
        f"{shown}: is a symbolic link that leads out of the project, to {os.path.realpath(link)}.",
        hint="Replace it by a file or folder of the project's own; nothing was written.",
    )


def _upward(relative: Path) -> list[Path]:
    """`a`, `a/b`, `a/b/c` of `a/b/c`."""
    return [*reversed(relative.parents), relative]


def free_path(path: Path) -> Path:
    """`path`, or where that exists the first of name_2, name_3, … that does not."""
    free, number = path, 1
    while os.path.lexists(free):
        number += 1
        free = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return free


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:  # a file of that name: no answer to "is the target's name taken?"
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None


def _bytes(content: str | bytes) -> bytes:
    return content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _publish(temporary: Path, target: Path) -> None:
    """Give the file its name unless the name is taken; link(2) does both at once."""
    try:
        os.link(temporary, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))  # takes the name
        try:
            temporary.replace(target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where the file system can."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # not every file system syncs a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
