"""Files that are written whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path

from mech_exo.errors import ExoError


def write_whole(path: Path, content: bytes, *, overwrite: bool) -> None:
    """Write a file by way of a temporary one beside it, synced before it gets its name.

    Raises
    ------
    FileExistsError
        If `path` exists and `overwrite` is false, even if it appeared only just now.
    ExoError
        If the folder cannot be made or the file not be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _unwritable(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), 0o666 & ~_umask())
            os.fsync(file.fileno())
        if overwrite:
            temporary.replace(path)
        else:
            path.hardlink_to(temporary)  # fails if `path` exists, in one step
        _sync_folder(path.parent)
    except FileExistsError:
        raise
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise an ExoError now if `write_whole(path, …)` would fail later.

    The folder of `path` is made if it is missing.
    """
    if path.is_dir():
        raise ExoError(f"{path}: is a folder, a file is wanted.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> ExoError:
    return ExoError(
        f"{path}: cannot be written ({error.strerror}).",
        hint="Choose another place, or make room or the folder writable.",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems cannot sync a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
