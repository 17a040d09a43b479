"""Start a command in the container as the user to whom the mounted project belongs.

A folder that Docker creates for a bind mount belongs to root, and a fixed user of the image could
not write into the folders of whoever runs compose. So compose starts this script as root; it takes
the owner of the mounted research/ folder (which comes with the project, so Docker never made it),
gives that user the output folders that Docker made, and becomes that user for good.

Started as any other user (`docker run` without compose), it changes nothing. Where research/
belongs to root (the host's user is root, or the engine is rootless and root *is* the host's user),
the command stays root, with the few capabilities that compose leaves it.

A folder that may only be read is said, and stops no command but those that write studies.
"""

import errno
import os
import sys
from collections.abc import MutableMapping, Sequence
from pathlib import Path

APP = Path("/app")
OUTPUT = ("studies", "factors", "config/staging")
WRITERS = ("optuna-run", "optuna-init", "validate", "reoptimize")  # of studies/


def main(command: list[str]) -> None:
    """Become the project's owner, then `command`."""
    if os.getuid() == 0:
        owner = (APP / "research").stat()
        for folder in OUTPUT:
            give(APP / folder, owner.st_uid, owner.st_gid)
        if owner.st_uid != 0:
            os.setgroups([])
            os.setgid(owner.st_gid)
            os.setuid(owner.st_uid)
            os.environ["HOME"] = "/tmp"  # noqa: S108 - the user may have no home in the image
    if writes(command):
        refuse_unwritable(APP / "studies")
    notify_as_asked(os.environ)
    try:
        os.execvp(command[0], command)  # noqa: S606 - becomes the command that it was given
    except OSError as error:
        stop(f"{command[0]}: cannot be started ({error.strerror})", 127)


def give(folder: Path, uid: int, gid: int) -> None:
    """Make `folder` belong to uid:gid if it is root's, and create it if it is missing."""
    try:
        if not folder.exists():
            if not folder.parent.exists():
                return
            folder.mkdir()
        if folder.stat().st_uid == 0 and uid != 0:
            os.chown(folder, uid, gid)
    except OSError as error:  # a mount that may only be read, or of a server that has no root
        print(f"note       {folder}: stays as it is ({error.strerror})", file=sys.stderr)


def writes(command: Sequence[str]) -> bool:
    """Whether a command of exo writes into studies/; every other one may find it read-only."""
    words = [Path(word).name for word in command]
    asked = next((word for word in words if word in WRITERS), None)
    of_exo = "exo" in words or "mech_exo.cli" in words
    return of_exo and asked is not None and not {"--help", "-h", "--dry-run"} & set(words)


def refuse_unwritable(folder: Path) -> None:
    """Exit with one clear line if the study's folder cannot be written."""
    if os.access(folder, os.W_OK):
        return
    if not os.path.exists(folder):  # noqa: PTH110 - False, too, where it may not be looked for
        stop(f"{folder} is not there: mount a folder for the studies, -v ./studies:{folder}")
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        why = os.strerror(errno.EROFS)
        stop(f"{folder} cannot be written ({why}): mount it without :ro")
    stop(
        f"{folder} cannot be written by uid {os.getuid()} (it belongs to uid "
        f"{folder.stat().st_uid}). On the host: chown it to yourself, or use "
        "`docker compose -f docker-compose.optuna.yml up`, which starts as its owner"
    )


def notify_as_asked(environment: MutableMapping[str, str]) -> None:
    """EXO_NOTIFY of the shell that called compose wins over that of telegram.env.

    Compose passes it under another name: its own would hide the file's also where it is not set.
    """
    asked = environment.pop("EXO_NOTIFY_ON_UP", "")
    if asked:
        environment["EXO_NOTIFY"] = asked


def stop(message: str, code: int = 2) -> None:
    """End with one line."""
    print(f"error: {message}.", file=sys.stderr)
    raise SystemExit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
