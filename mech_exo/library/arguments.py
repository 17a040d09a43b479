"""What a caller hands to a project, checked and resolved."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.errors import ExoError
from mech_exo.library.functions import Definitions, objective_of
from mech_exo.system.typed_fields import check_listener
from mech_exo.workflow.log import PythonLog

if TYPE_CHECKING:
    import pandas as pd

    from mech_exo.workflow.session import InputRequest, ResolvedSettings, Session

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class Arguments:
    """The arguments of `Project` or of `Project.open`.

    Attributes
    ----------
    folder
        Of the project.
    settings
        Overrides of the settings.
    objective
        An objective file, or its parts; None: found by the rules of the command line.
    config
        Settings file; None: found likewise.
    frames
        Prices and factors; None: the data that the settings name.
    universe
        Tables beside the frames, by the setting in `data` that would name their file.
    """

    folder: Path
    settings: Mapping[str, Any]
    objective: PathLike | Definitions | None = None
    config: Path | None = None
    frames: "tuple[pd.DataFrame, Mapping[str, pd.DataFrame]] | None" = None
    universe: "Mapping[str, pd.DataFrame] | None" = None

    def __post_init__(self) -> None:
        given = self.objective
        if given is not None and not isinstance(given, str | os.PathLike | Mapping):
            raise ExoError(
                f"objective: is {type(given).__name__}, expected a path or a mapping of names to "
                "functions and limits."
            )

    def request(self) -> "InputRequest":
        """Settings and objective, as a command of the command line asks for them."""
        from mech_exo.workflow.session import InputRequest

        path = self.objective
        named = None if path is None or isinstance(path, Mapping) else Path(path)
        return InputRequest(config=self.config, objective=named, cwd=self.folder)

    def session(self) -> "Session":
        """All inputs, read; errors of the data check are said, and are the caller's to refuse.

        Raises
        ------
        ExoError
            For data, settings or an objective with a mistake.
        """
        from mech_exo.workflow.session import open_with

        settings, found = self._resolved()
        market = None
        if self.frames is not None:
            from mech_exo.data.frames import frame_market

            market = frame_market(*self.frames, settings.data, self.universe)
        given = objective_of(self.objective) if isinstance(self.objective, Mapping) else None
        request, log = self.request(), PythonLog()
        return open_with(
            settings, found, request, log, market=market, objective=given, refuse=False
        )

    def _resolved(self) -> "ResolvedSettings":
        from mech_exo.config.load import load_settings
        from mech_exo.config.settings_file import SettingsFile, find_settings
        from mech_exo.workflow.session import ResolvedSettings

        overrides = dict(_dotted(self.settings))
        if self.frames is None:
            found = find_settings(self.config, self.folder, flag="config")
            return ResolvedSettings(load_settings(found.path, overrides=overrides), found)
        settings = load_settings(None, overrides={**overrides, "data.source": "frames"})
        return ResolvedSettings(settings, SettingsFile(self.folder, "settings of the caller"))


def sound(session: "Session") -> "Session":
    """The session; an ExoError for errors of the data check that nobody has accepted."""
    from mech_exo.workflow.data_check import refuse_errors

    refuse_errors(session.checked, session.market.source)
    return session


def session_of(session: "Session", name: str, study_file: Path) -> "Session":
    """The session with the factors that a study was made with, if it is there already.

    Raises
    ------
    ExoError
        As `sound`.
    """
    from mech_exo.workflow.factor_list import factors_of_study

    session = sound(session)
    listed = factors_of_study(study_file, name)
    panel = session.panel
    if listed is None or set(listed) == {*panel.factor_names, *panel.missing_factors}:
        return session
    return session.listing(listed).with_wanted(listed)


def check_mapping(name: str, given: object) -> None:
    """Raise an ExoError for what is neither None nor a mapping of texts."""
    if given is None or (isinstance(given, Mapping) and all(isinstance(k, str) for k in given)):
        return
    raise ExoError(f"{name}: is {type(given).__name__}, expected a mapping of names.")


def check_search(
    name: object, listener: object, trials: object, target: object, jobs: object, patience: object
) -> None:
    """Raise an ExoError for an argument of `Project.tune` that is not what it must be."""
    if not isinstance(name, str):
        raise ExoError(f"name is {name!r}, must be a text.")
    check_listener(listener)
    for what, count, least in (
        ("trials", trials, 0),
        ("target", target, 0),
        ("jobs", jobs, 1),
        ("patience", patience, 1),
    ):
        if count is None:
            continue
        if not isinstance(count, int) or isinstance(count, bool) or count < least:
            raise ExoError(f"{what} is {count!r}, must be a whole number from {least} on.")


def _dotted(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """`{"tuning": {"seed": 7}}` as ("tuning.seed", 7)."""
    for name, value in tree.items():
        if isinstance(value, Mapping) and not prefix:
            yield from _dotted(value, f"{name}.")
        else:
            yield f"{prefix}{name}", value
