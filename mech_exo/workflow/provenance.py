"""What it takes to compute a factor file's metrics again."""

import shutil
import subprocess
from pathlib import Path


def git_commit(*folders: Path) -> str | None:
    """Commit of the first of the folders that lies in a git work tree, None if none does.

    "-dirty" is appended if a tracked file of that work tree differs from the commit.
    """
    git = shutil.which("git")
    if git is None:
        return None
    for folder in folders:
        head = _git(git, folder, "rev-parse", "HEAD")
        if head:
            changed = _git(git, folder, "status", "--porcelain", "--untracked-files=no")
            return f"{head}-dirty" if changed else head
    return None


def _git(git: str, folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 - a fixed program, no shell
        [git, "-C", str(folder), *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
