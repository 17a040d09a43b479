"""Files that several machines see, as fsspec names them: folders, buckets, memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

from mech_exo.errors import ExoError

PART = 2**24  # bytes that are read at a time


def read_in_parts(place: str) -> Iterator[bytes]:
    """The bytes of a file.

    Raises
    ------
    ExoError
        If it cannot be read.
    """
    system, path = _found(place)
    try:
        with system.open(path, "rb") as file:
            while part := file.read(PART):
                yield part
    except OSError as error:
        raise ExoError(f"{place}: cannot be read ({error}).") from error


def put_once(place: str, size: int, parts: Iterable[bytes]) -> None:
    """Write a file whose name says its content, unless it is there.

    It gets its name when it is whole, so nobody reads a part of it.

    Raises
    ------
    ExoError
        If it cannot be written.
    """
    system, path = _found(place)
    unfinished = f"{path}.{uuid4().hex}.new"
    try:
        if system.exists(path) and system.size(path) == size:
            return
        system.makedirs(system._parent(path), exist_ok=True)
        with system.open(unfinished, "wb") as file:
            for part in parts:
                file.write(part)
        system.mv(unfinished, path)
    except OSError as error:
        raise ExoError(
            f"{place}: cannot be written ({error}).",
            hint="--share names a folder or a bucket that this machine can write to.",
        ) from error


def _found(place: str) -> tuple[Any, str]:
    """The file system of a place, and the path in it."""
    try:
        import fsspec
    except ImportError as error:
        raise ExoError(
            f"{place}: a place that several machines see needs the package fsspec.",
            hint="Install it: pip install 'mech-exo[dask]'.",
        ) from error
    try:
        system, path = fsspec.core.url_to_fs(place)
    except (ImportError, ValueError) as error:  # the protocol's own package, or no protocol
        raise ExoError(
            f"{place}: {error}.",
            hint="Write a folder, or a URL such as s3://bucket/folder whose package is installed.",
        ) from error
    return system, str(path)
