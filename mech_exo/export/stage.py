"""Staging: a dated copy and a `latest` one in config/staging, ready for git."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mech_exo.factor_file.atomic import check_target
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.write import write_factor_file, write_to_free_path

STAGING = Path("config/staging")
LATEST = "factors_optuna_latest.yml"


@dataclass(frozen=True)
class Staged:
    """What was staged.

    Attributes
    ----------
    dated, latest
        The two files, of the same bytes.
    added
        Whether git now has both in its index.
    remark
        Why not; "" otherwise.
    """

    dated: Path
    latest: Path
    added: bool
    remark: str = ""


def check_staging(root: Path) -> None:
    """Raise an ExoError now if `stage` could not write below `root` later."""
    check_target(root / STAGING / LATEST, overwrite=True)


def stage(file: FactorFile, root: Path, moment: datetime) -> Staged:
    """Write a factor file to config/staging below `root` and `git add` it; never commits.

    Parameters
    ----------
    moment
        Names the dated copy; a second one of the same second gets a suffix.

    Raises
    ------
    ExoError
        If config/staging cannot be written. git's own failures are a remark.
    """
    folder = root / STAGING
    dated = write_to_free_path(folder / f"factors_optuna_{moment:%Y%m%d_%H%M%S}.yml", file)
    latest = write_factor_file(folder / LATEST, file, overwrite=True)
    remark = _git_add(root, (dated, latest))
    return Staged(dated, latest, added=not remark, remark=remark)


def _git_add(root: Path, files: tuple[Path, ...]) -> str:
    """Add files to git's index; why that was not done, or ""."""
    git = shutil.which("git")
    if git is None:
        return "git is not installed"
    names = [str(file.resolve()) for file in files]
    inside = subprocess.run(  # noqa: S603 - a fixed program, no shell
        [git, "-C", str(root), "rev-parse", "--is-inside-work-tree"],
        capture_output=True,
        text=True,
        check=False,
    )
    if inside.stdout.strip() != "true":
        return "not inside a git work tree"
    added = subprocess.run(  # noqa: S603
        [git, "-C", str(root), "add", "--", *names], capture_output=True, text=True, check=False
    )
    return "" if added.returncode == 0 else f"git add: {' '.join(added.stderr.split())}"
