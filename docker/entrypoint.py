"""Start a command in the container as the user to whom the mounted project belongs.

A folder that Docker creates for a bind mount belongs to root, and a fixed user of the image could
not write into the folders of whoever runs compose. So compose starts this script as root; it takes
the owner of the mounted research/ folder (which comes with the project, so Docker never made it),
gives that user the output folders that Docker made, and becomes that user for good.

Started as any other user (`docker run` without compose), it changes nothing. Where research/
belongs to root (the host's user is root, or the engine is rootless and root *is* the host's user),
the command stays root, with the few capabilities that compose leaves it.
"""

import os
import sys
from pathlib import Path

APP = Path("/app")
WRITTEN = ("studies", "factors", "config/staging")


def main(command: list[str]) -> None:
    """Become the project's owner, then `command`."""
    if os.getuid() == 0:
        owner = (APP / "research").stat()
        for folder in WRITTEN:
            give(APP / folder, owner.st_uid, owner.st_gid)
        if owner.st_uid != 0:
            os.setgroups([])
            os.setgid(owner.st_gid)
            os.setuid(owner.st_uid)
            os.environ["HOME"] = "/tmp"  # noqa: S108 - the user may have no home in the image
    refuse_unwritable(APP / "studies")
    os.execvp(command[0], command)  # noqa: S606 - becomes the command that it was given


def give(folder: Path, uid: int, gid: int) -> None:
    """Make `folder` belong to uid:gid if it is root's, and create it if it is missing."""
    if not folder.exists():
        if not folder.parent.exists():
            return
        folder.mkdir()
    if folder.stat().st_uid == 0 and uid != 0:
        os.chown(folder, uid, gid)


def refuse_unwritable(folder: Path) -> None:
    """Exit with one clear line if the study's folder cannot be written."""
    if not os.access(folder, os.W_OK):
        print(
            f"error: {folder} cannot be written by uid {os.getuid()} (it belongs to uid "
            f"{folder.stat().st_uid}). On the host: chown it to yourself, or use "
            "`docker compose -f docker-compose.optuna.yml up`, which starts as its owner.",
            file=sys.stderr,
        )
        raise SystemExit(2)


if __name__ == "__main__":
    main(sys.argv[1:])
