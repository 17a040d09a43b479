"""Which settings file a run uses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mech_exo.config.packaged import OBJECTIVE, SETTINGS, nearest, packaged_file

VARIABLE = "EXO_CONFIG"


@dataclass(frozen=True)
class SettingsFile:
    """A settings file and why it was chosen, in words for the user."""

    path: Path
    origin: str


def find_settings(
    explicit: Path | None,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    *,
    flag: str = "--config",
    start: Path | None = None,
) -> SettingsFile:
    """`--config`, else EXO_CONFIG, else the nearest config/settings.yml upward, else the defaults.

    Upward from `start`; None: from `cwd`.
    An explicit file, named by the option `flag`, need not exist here: `load_settings` says what is
    wrong with it.
    """
    environment = os.environ if environment is None else environment
    if explicit is not None:
        return SettingsFile(explicit, flag)
    if environment.get(VARIABLE):
        return SettingsFile(Path(environment[VARIABLE]), VARIABLE)
    found = nearest(SETTINGS, cwd if start is None else start)
    if found is not None:
        here = start is None or found == nearest(SETTINGS, cwd)
        return SettingsFile(found, f"nearest {SETTINGS}{'' if here else ' to the factor file'}")
    return SettingsFile(packaged_file(SETTINGS), "the packaged defaults")


def project_root() -> Path:
    """The folder to which relative defaults belong (studies/, factors/, config/, paper/, logs/).

    That of the nearest config/settings.yml from the working directory upward, else the working
    directory; where it is the working directory it is the empty path, so that what lies in it is
    shown as the user would write it.
    """
    found = nearest(SETTINGS, Path.cwd())
    root = None if found is None else found.parent.parent
    return Path() if root is None or root == Path.cwd().resolve() else root


def from_project(path: Path) -> Path:
    """A path of the working directory, as it is typed in the project's folder."""
    root = project_root()
    if path.is_absolute() or root == Path():
        return path
    return Path(os.path.relpath(path, root))


def project_start(factor_file: Path | None, cwd: Path) -> Path:
    """Folder from which a project's files are looked for upward.

    That of the factor file, if it lies in a project (a folder with config/settings.yml or
    research/obj_utils.py): a file is judged by its own project, wherever the command is called.
    Otherwise `cwd`.
    """
    if factor_file is not None:
        folder = factor_file.parent
        if nearest(SETTINGS, folder) or nearest(OBJECTIVE, folder):
            return folder
    return cwd
