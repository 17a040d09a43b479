"""What the shell offers after Tab: names that a command takes, found without a heavy import.

Nothing that goes wrong here is said: there is then nothing to offer.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import typer

from mech_exo.config.settings_file import project_root
from mech_exo.errors import ExoError


def one_of(names: Iterable[str]) -> Callable[[str], list[str]]:
    """Offer those of some names that begin with what has been typed."""
    known = tuple(names)

    def offered(incomplete: str) -> list[str]:
        return [name for name in known if name.startswith(incomplete)]

    return offered


def of_setting(setting: str) -> Callable[[str], list[str]]:
    """Offer the values that a setting can have, if they are few: `tuning.pruner`."""

    def offered(incomplete: str) -> list[str]:
        from mech_exo.config.setting_choices import choices_of

        return one_of(choices_of(setting))(incomplete)

    return offered


def offer_studies(context: typer.Context, incomplete: str) -> list[str]:
    """Offer the studies of the study file that the command line names, or of the project's."""
    from mech_exo.tuning.records import study_names
    from mech_exo.tuning.request import STUDY_FILE

    project = context.params.get("project")
    base = Path() if project is None else Path(project)
    stated = context.params.get("study_file")
    default = (project_root() if project is None else base) / STUDY_FILE
    try:
        names = study_names(default if stated is None else base / stated)
    except (ExoError, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]


def offer_pages(incomplete: str) -> list[str]:
    """Offer the pages of documentation."""
    from mech_exo.config.doc_pages import doc_pages

    try:
        return [name for name in doc_pages() if name.startswith(incomplete)]
    except (ExoError, OSError):
        return []
