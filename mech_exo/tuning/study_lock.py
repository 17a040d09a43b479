"""One run a study: a lock file beside the study file, one for each study in it."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mech_exo.system.locks import check_free, exclusive_lock

WAITING = "Wait for it with --wait, or use another --study-name."


def lock_path(study_file: Path, study_name: str) -> Path:
    """The lock file of a study."""
    digest = hashlib.sha256(study_name.encode()).hexdigest()[:8]
    return study_file.with_name(f"{study_file.name}.{digest}.lock")


@contextmanager
def study_lock(
    study_file: Path,
    study_name: str,
    *,
    wait: bool = False,
    on_wait: Callable[[str], None] | None = None,
    hint: str = WAITING,
) -> Iterator[None]:
    """Hold the lock of a study.

    Parameters
    ----------
    wait, on_wait, hint
        As `exclusive_lock`.

    Raises
    ------
    ExoError
        As `exclusive_lock`.
    """
    path, busy = _of_study(study_file, study_name)
    with exclusive_lock(path, busy, hint, wait=wait, on_wait=on_wait):
        yield


def check_study_free(study_file: Path, study_name: str, hint: str = WAITING) -> None:
    """Raise what `study_lock` would raise; nothing is made, and nothing held."""
    check_free(*_of_study(study_file, study_name), hint)


def _of_study(study_file: Path, study_name: str) -> tuple[Path, str]:
    return (
        lock_path(study_file, study_name),
        f"Study '{study_name}' in {study_file} is being run",
    )
