"""Staging: a dated copy and a `latest` one in config/staging, ready for git."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mech_exo.factor_file.atomic import check_target, write_atomically, write_to_free_name
from mech_exo.factor_file.document import FactorFile
from mech_exo.factor_file.write import factor_file_text

STAGING = Path("config/staging")
LATEST = "factors_optuna_latest.yml"
GIT_ADD = "git add: "


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

    @property
    def failure(self) -> str:
        """What git said, where it is there and refused; "" otherwise."""
        return self.remark if self.remark.startswith(GIT_ADD) else ""


def check_staging(root: Path) -> None:
    """Raise an ExoError now if `stage` could not write below `root` later."""
    check_target(root / STAGING / LATEST, overwrite=True)


def stage(file: FactorFile, root: Path, moment: datetime) -> Staged:
    """As `stage_text`, of a file that is not written yet."""
    return stage_text(factor_file_text(file), root, moment)


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
    folder = root / STAGING
    wanted = folder / f"factors_optuna_{moment:%Y%m%d_%H%M%S}.yml"
    dated = _same(wanted, text) if again else None
    if dated is None:
        dated = write_to_free_name(wanted, text)
    latest = write_atomically(folder / LATEST, text, overwrite=True)
    remark = _git_add(root, (dated, latest))
    return Staged(dated, latest, added=not remark, remark=remark)


def _same(wanted: Path, text: str) -> Path | None:
    """The dated copy that holds `text` already, under this name or one with a suffix."""
    copies = sorted(wanted.parent.glob(f"{wanted.stem}*{wanted.suffix}"))
    return next((copy for copy in copies if copy.read_bytes() == text.encode()), None)


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
    return "" if added.returncode == 0 else f"{GIT_ADD}{' '.join(added.stderr.split())}"
