"""Which settings file a run uses."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mech_exo.config.packaged import SETTINGS, nearest, packaged_file

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
) -> SettingsFile:
    """`--config`, else EXO_CONFIG, else the nearest config/settings.yml upward, else the defaults.

    An explicit file, named by the option `flag`, need not exist here: `load_settings` says what is
    wrong with it.
    """
    environment = os.environ if environment is None else environment
    if explicit is not None:
        return SettingsFile(explicit, flag)
    if environment.get(VARIABLE):
        return SettingsFile(Path(environment[VARIABLE]), VARIABLE)
    found = nearest(SETTINGS, cwd)
    if found is not None:
        return SettingsFile(found, "nearest config/settings.yml")
    return SettingsFile(packaged_file(SETTINGS), "the packaged defaults")


def project_root() -> Path:
    """The folder to which relative defaults belong (studies/, factors/, config/, paper/, logs/).

    That of the nearest config/settings.yml from the working directory upward, else the working
    directory; where it is the working directory it is the empty path, so that what lies in it is
    shown as the user would write it.
    """
    found = nearest(SETTINGS, Path.cwd())
    return Path() if found is None else relative_to_here(found.parent.parent)


def relative_to_here(folder: Path) -> Path:
    """The empty path for the working directory, the absolute one for another folder."""
    return Path() if folder.resolve() == Path.cwd().resolve() else folder.absolute()
