"""The inputs of a project: settings, objective and data, opened once."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mech_exo.errors import ExoError
from mech_exo.library.arguments import Arguments, PathLike, check_mapping
from mech_exo.library.functions import Definitions

if TYPE_CHECKING:
    import pandas as pd

    from mech_exo.config.settings import Settings
    from mech_exo.workflow.session import Session


class ProjectInputs:
    """What a `Project` is opened with, and what it then holds."""

    def __init__(
        self,
        prices: "pd.DataFrame",
        factors: "Mapping[str, pd.DataFrame] | None" = None,
        *,
        universe: "Mapping[str, pd.DataFrame] | None" = None,
        settings: Mapping[str, Any] | None = None,
        objective: PathLike | Definitions | None = None,
        folder: PathLike = ".",
    ) -> None:
        for name, given in (("factors", factors), ("universe", universe), ("settings", settings)):
            check_mapping(name, given)
        self.folder = Path(folder).resolve()
        frames = (prices, dict(factors or {}))
        self._arguments = Arguments(
            self.folder, dict(settings or {}), objective, frames=frames, universe=universe
        )
        _ = self.session

    @classmethod
    def open(
        cls,
        folder: PathLike = ".",
        *,
        config: PathLike | None = None,
        settings: Mapping[str, Any] | None = None,
        objective: PathLike | Definitions | None = None,
    ) -> Self:
        """A project folder, as the command line sees it from there.

        Parameters
        ----------
        config
            Settings file; None: EXO_CONFIG, or the nearest config/settings.yml upward, or the one
            that comes with exo.
        settings
            Overrides, as in `Project`.
        """
        check_mapping("settings", settings)
        project = cls.__new__(cls)
        project.folder = Path(folder).resolve()
        if not project.folder.is_dir():
            raise ExoError(f"{folder}: is not a folder.", hint="exo init makes a project folder.")
        named = None if config is None else Path(config)
        project._arguments = Arguments(project.folder, dict(settings or {}), objective, named)
        _ = project.session
        return project

    @cached_property
    def session(self) -> "Session":
        """The resolved inputs that the engine works on; not part of the stable interface."""
        return self._arguments.session()

    @property
    def settings(self) -> "Settings":
        """The resolved settings."""
        return self.session.settings

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Factors that have data, the objective file's own included."""
        return self.session.factor_names

    @property
    def dates(self) -> "pd.DatetimeIndex":
        """Sessions of the data."""
        import pandas as pd

        return pd.DatetimeIndex(self.session.panel.dates, name="date")

    def __repr__(self) -> str:
        return f"Project({self.session.panel.source}; {len(self.factor_names)} factors)"
