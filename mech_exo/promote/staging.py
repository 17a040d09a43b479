"""Staging: a dated copy and a `latest` one in config/staging, ready for git."""

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.repeats import written_before
from mech_exo.factor_file.write import factor_file_text
from mech_exo.factor_file.written import Staged
from mech_exo.system.whole_files import (
    check_target,
    check_within,
    write_atomically,
    write_to_free_name,
)

STAGING = Path("config/staging")
DATED = "factors_optuna_"
LATEST = f"{DATED}latest.yml"


def check_staging(root: Path, *, touch: bool = True) -> None:
    """Raise an ExoError now if `stage` could not write below `root` later.

    `touch` is that of `system.whole_files.check_target`.
    """
    check_within(root / STAGING / LATEST, root)
    check_target(root / STAGING / LATEST, overwrite=True, touch=touch)


def dated_copy(root: Path, moment: datetime) -> Path:
    """The name of the copy that is staged at a moment."""
    return root / STAGING / f"{DATED}{moment:%Y%m%d_%H%M%S}.yml"


def stage(file: FactorFile, root: Path, moment: datetime) -> Staged:
    """As `stage_text`, of a file that is not written yet.

    A dated copy of the same content that an earlier run has staged stands for a new one.
    """
    before = written_before(file, root / STAGING, f"{DATED}[0-9]*.yml")
    if before is None:
        return stage_text(factor_file_text(file), root, moment)
    return _published(before, before.read_text(encoding="utf-8"), root)


def stage_text(text: str, root: Path, moment: datetime, *, again: bool = False) -> Staged:
    """Write a factor file to config/staging below `root` and `git add` it; never commits.

    Parameters
    ----------
    text
        The file's text, kept to the byte.
    moment
        Names the dated copy; a second one of the same second gets a suffix.
    again
        A dated copy of these very bytes stands for the new one: the same job may stage twice.

    Raises
    ------
    ExoError
        If config/staging cannot be written. git's own failures are a remark.
    """
    check_within(root / STAGING / LATEST, root)
    wanted = dated_copy(root, moment)
    dated = _same(wanted, text) if again else None
    if dated is None:
        dated = write_to_free_name(wanted, text)
    return _published(dated, text, root)


def _published(dated: Path, text: str, root: Path) -> Staged:
    """Make the dated copy's text the latest one, and add both to git's index."""
    latest = write_atomically(root / STAGING / LATEST, text, overwrite=True)
    remark, refused = _git_add(root, (dated, latest))
    return Staged(dated, latest, remark, refused)


def _same(wanted: Path, text: str) -> Path | None:
    """The dated copy that holds `text` already, under this name or one with a suffix."""
    copies = sorted(wanted.parent.glob(f"{wanted.stem}*{wanted.suffix}"))
    return next((copy for copy in copies if copy.read_bytes() == text.encode()), None)


def _git_add(root: Path, files: tuple[Path, ...]) -> tuple[str, bool]:
    """Add files to git's index; why that was not done, or "", and whether git refused."""
    git = shutil.which("git")
    if git is None:
        return "git is not installed", False
    names = [str(file.resolve()) for file in files]
    inside = subprocess.run(  # noqa: S603 - a fixed program, no shell
        [git, "-C", str(root), "rev-parse", "--is-inside-work-tree"],
        capture_output=True,
        text=True,
        check=False,
    )
    if inside.stdout.strip() != "true":
        return "not inside a git work tree", False
    added = subprocess.run(  # noqa: S603
        [git, "-C", str(root), "add", "--", *names], capture_output=True, text=True, check=False
    )
    if added.returncode == 0:
        return "", False
    return f"git add: {' '.join(added.stderr.split())}", True
