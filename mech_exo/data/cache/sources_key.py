"""The name of what is made of some files under some settings, by a program of some version."""

import hashlib
import json
import platform
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mech_exo.config.settings import Settings
from mech_exo.data.cache.cache_folder import FORMAT
from mech_exo.version import __version__

ASIDE = ("-wal", "-journal")
"""Endings of what SQLite keeps beside a file, and DuckDB in a `.wal`."""


def source_files(settings: Settings) -> tuple[Path, ...] | None:
    """The regular files that `data` names, those of its folders too; None if something is none."""
    found: list[Path] = []
    for path in _paths(settings.data):
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file())
        elif path.is_file():
            beside = (path.with_name(path.name + end) for end in (*ASIDE, ".wal"))
            found += [path, *(p for p in beside if p.is_file())]
        else:
            return None
    return tuple(found)


def total_bytes(files: tuple[Path, ...]) -> int:
    """Size of all files together."""
    return sum(path.stat().st_size for path in files)


def hashes_of(files: tuple[Path, ...]) -> tuple[tuple[str, str], ...]:
    """Path and SHA-256 of the bytes of each file.

    Raises
    ------
    OSError
        For one that cannot be read.
    """
    with ThreadPoolExecutor(2) as pool:
        return tuple(zip(map(str, files), pool.map(_sha256, files), strict=True))


def market_key(settings: Settings, hashes: tuple[tuple[str, str], ...]) -> str:
    """The name of the market of `data`, as this program reads it from files of these bytes."""
    return _key("market", hashes, asdict(settings.data))


def key_of(what: str, market: str, settings: Settings, more: Any) -> str:
    """The name of something else that is made of a market under the settings."""
    return _key(what, market, asdict(settings.factors), asdict(settings.backtest), more)


def _key(*parts: Any) -> str:
    whole = [*_program(), *parts]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


@cache
def _program() -> tuple[str, ...]:
    """What computes: versions, the kind of machine, and the code of the data layer itself."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        code.update(path.read_bytes())
    machine = (platform.machine(), sys.byteorder, platform.python_version())
    return (str(FORMAT), __version__, np.__version__, *machine, code.hexdigest())


def _paths(section: Any) -> Iterator[Path]:
    """The paths in a section of the settings, in the order of its fields."""
    for field in fields(section):
        value = getattr(section, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part):
                yield from _paths(part)
            elif isinstance(part, Path):
                yield part


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
