"""Staging: a dated copy and a `latest` one in config/staging, ready for git."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mech_exo.config.atomic import check_writable, write_whole

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
    check_writable(root / STAGING / LATEST)


def stage(content: bytes, root: Path, moment: datetime) -> Staged:
    """Write a factor file to config/staging below `root` and `git add` it; never commits.

    Parameters
    ----------
    content
        The factor file as it is to be written.
    moment
        Names the dated copy; a second one of the same second gets a suffix.

    Raises
    ------
    ExoError
        If config/staging cannot be written. git's own failures are a remark.
    """
    folder = root / STAGING
    dated = write_new(folder / f"factors_optuna_{moment:%Y%m%d_%H%M%S}.yml", content)
    latest = folder / LATEST
    write_whole(latest, content, overwrite=True)
    remark = _git_add(root, (dated, latest))
    return Staged(dated, latest, added=not remark, remark=remark)


def write_new(path: Path, content: bytes) -> Path:
    """Write `content` to `path`, or to path_2, path_3, … if that name is taken."""
    number = 1
    while True:
        candidate = path if number == 1 else path.with_stem(f"{path.stem}_{number}")
        try:
            write_whole(candidate, content, overwrite=False)
        except FileExistsError:
            number += 1
        else:
            return candidate


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
