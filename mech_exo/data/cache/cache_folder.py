"""The folder of the cache: whole entries, checked by hash, and bounded in size."""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.cache.packing import Packing, UnpackableError, unpacked

FORMAT = 1
MANIFEST = "manifest.json"
MOST_BYTES = 10_000_000_000
"""Of all entries together; the ones not used for longest go first."""

SPARED = 2
"""Times its size that must be free on the disk for an entry to be written."""

ABANDONED_S = 3600.0
"""Age of what a writer that was killed has left behind."""


def cache_folder() -> Path | None:
    """Where entries lie; None where the environment says that there is to be no cache.

    EXO_CACHE_DIR, else `mech-exo/panels` in XDG_CACHE_HOME or ~/.cache. EXO_NO_CACHE (anything but
    empty or 0) turns it off.
    """
    if os.environ.get("EXO_NO_CACHE", "") not in ("", "0"):
        return None
    stated = os.environ.get("EXO_CACHE_DIR")
    if stated:
        return Path(stated)
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        home = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return None
    return home / "mech-exo" / "panels"


def read_entry(folder: Path, key: str) -> Any:
    """The value that was written under a key, its arrays mapped from the files, read-only.

    None where there is none. One that is damaged, or not ours, is removed.
    """
    entry = folder / key
    try:
        content = (entry / MANIFEST).read_bytes()
    except FileNotFoundError:  # another process may be about to write it
        return None
    except OSError:
        _remove(entry)
        return None
    try:
        value = _checked(entry, json.loads(content))
    except (OSError, ValueError, LookupError, TypeError, RecursionError, UnpackableError):
        _remove(entry)
        return None
    with contextlib.suppress(OSError):
        os.utime(entry / MANIFEST)
    return value


def _checked(entry: Path, manifest: Any) -> Any:
    """The value of a manifest, if all hashes are right."""
    paths = [entry / f"{i}.npy" for i in range(len(manifest["arrays"]))]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(_sha256, paths))
    body = json.dumps(manifest["value"])
    stated = [manifest["sha256"], *manifest["arrays"]]
    if [hashlib.sha256(body.encode()).hexdigest(), *found] != stated:
        raise UnpackableError(entry.name)
    return unpacked(manifest["value"], [_mapped(path) for path in paths])


def write_entry(folder: Path, key: str, value: Any) -> None:
    """Write a value under a key, whole or not at all; another's entry of that key is left.

    Raises
    ------
    OSError
        If the folder cannot be written, or is full. Nothing is left behind.
    UnpackableError
        For a value that cannot be packed.
    """
    packing = Packing()
    form = packing.packed(value)
    size = sum(array.nbytes for array in packing.arrays)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _make_room(folder, size)
    if shutil.disk_usage(folder).free < SPARED * size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    temporary = folder / f".{secrets.token_hex(8)}.tmp"
    temporary.mkdir(mode=0o700)
    try:
        for i, array in enumerate(packing.arrays):
            np.save(temporary / f"{i}.npy", array, allow_pickle=False)
        hashes = [_sha256(temporary / f"{i}.npy") for i in range(len(packing.arrays))]
        digest = hashlib.sha256(json.dumps(form).encode()).hexdigest()
        manifest = {"format": FORMAT, "sha256": digest, "arrays": hashes, "value": form}
        (temporary / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
        _publish(temporary, folder / key)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _publish(temporary: Path, entry: Path) -> None:
    try:
        temporary.rename(entry)
    except OSError:
        if (entry / MANIFEST).exists():
            return  # another process was quicker, with the same
        _remove(entry)  # what somebody has left of an entry
        temporary.rename(entry)


def _mapped(path: Path) -> NDArray[Any]:
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array.view(np.ndarray)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_room(folder: Path, size: int) -> None:
    """Remove what was not used for longest, and what killed writers have left."""
    entries = []
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if path.name.startswith("."):
                if time.time() - path.stat().st_mtime > ABANDONED_S:
                    shutil.rmtree(path, ignore_errors=True)
                continue
            used = (path / MANIFEST).stat().st_mtime
            entries.append((used, path, sum(f.stat().st_size for f in path.iterdir())))
    total = size + sum(held for _, _, held in entries)
    for _, path, held in sorted(entries):
        if total <= MOST_BYTES:
            return
        _remove(path)
        total -= held


def _remove(entry: Path) -> None:
    """Take an entry away at once, and then its files; readers that have them mapped keep them."""
    aside = entry.with_name(f".{secrets.token_hex(8)}.tmp")
    with contextlib.suppress(OSError):
        entry.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
