"""Finding the user's file, and reading it once."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mech_exo.config.packaged import OBJECTIVE, nearest, packaged_file
from mech_exo.system.user_file import read_bytes

VARIABLE = "EXO_OBJECTIVE"


@dataclass(frozen=True)
class ObjectiveFile:
    """The file that says what is maximised, as it was when it was read.

    Attributes
    ----------
    path
        Absolute.
    source
        Its bytes; every process of the study runs these and never reads the file again.
    origin
        How it was found, in words for the user.
    label
        The file's name in messages and in the reasons of failed trials.
    """

    path: Path
    source: bytes
    origin: str
    label: str

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes, part of every study's fingerprint."""
        return hashlib.sha256(self.source).hexdigest()


def find_objective(
    explicit: Path | None,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    *,
    start: Path | None = None,
) -> ObjectiveFile:
    """The objective file of a run.

    In this order: `explicit` (--objective), EXO_OBJECTIVE, the nearest research/obj_utils.py
    from `start` (None: `cwd`) upward, the one that comes with exo. Relative paths are relative
    to `cwd`.

    Raises
    ------
    ExoError
        If a file that was named does not exist or cannot be read.
    """
    variables = os.environ if environment is None else environment
    if explicit is not None:
        return _read(cwd / explicit.expanduser(), "given by --objective", cwd)
    if variables.get(VARIABLE):
        return _read(cwd / Path(variables[VARIABLE]).expanduser(), f"given by {VARIABLE}", cwd)
    found = nearest(OBJECTIVE, cwd if start is None else start)
    if found is not None:
        here = start is None or found == nearest(OBJECTIVE, cwd)
        where = "the working directory" if here else "the factor file"
        return _read(found, f"nearest from {where} upward", cwd)
    return _read(packaged_file(OBJECTIVE), "the default that comes with exo", cwd)


def _read(path: Path, origin: str, cwd: Path) -> ObjectiveFile:
    hint = f"Name a file with --objective, or keep one at {OBJECTIVE}."
    source = read_bytes(path, hint=hint, what=f"the objective file {origin}")
    resolved = path.resolve()
    base = cwd.resolve()
    inside = resolved.is_relative_to(base)
    label = str(resolved.relative_to(base)) if inside else str(Path(*resolved.parts[-2:]))
    return ObjectiveFile(resolved, source, origin, label)
