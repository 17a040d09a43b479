"""What a run works on: settings, objective, market and panel, resolved once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mech_exo.config.doc_pages import see_page
from mech_exo.config.load import load_settings
from mech_exo.config.settings import Settings
from mech_exo.config.settings_file import SettingsFile, find_settings, project_start
from mech_exo.errors import ExoError
from mech_exo.system.typed_fields import check_fields
from mech_exo.workflow.data_check import describe_universe, loaded, say_data, tell
from mech_exo.workflow.factor_list import Listed, with_wanted
from mech_exo.workflow.log import Log

if TYPE_CHECKING:
    import numpy as np

    from mech_exo.data.check.checked_data import CheckedData
    from mech_exo.data.identity import DataIdentity
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.objective.objective_file import ObjectiveFile
    from mech_exo.objective.spec import ObjectiveSpec
    from mech_exo.workflow.appraiser import Appraiser


@dataclass(frozen=True)
class InputRequest:
    """What the user asked for; None leaves the choice to the rules of docs/guide.md.

    Attributes
    ----------
    config
        Settings file, and the option that named it.
    factor_file
        The one that is judged; its own project comes before that of `cwd`.
    today
        What the sessions of the data are held against; None: the machine's date.
    remarks
        Whether the warnings of the data check are said; cron's mail need not hear them daily.
    cached
        Whether large data may come from the cache, and be kept there.
    """

    config: Path | None = None
    config_flag: str = "--config"
    objective: Path | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    cwd: Path = field(default_factory=Path.cwd)
    factor_file: Path | None = None
    today: date | None = None
    remarks: bool = True
    cached: bool = True

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def start(self) -> Path:
        """Folder from which the project's files are looked for upward."""
        return project_start(self.factor_file, self.cwd)

    def find_settings(self) -> SettingsFile:
        """The settings file, and why it was chosen."""
        return find_settings(self.config, self.cwd, flag=self.config_flag, start=self.start)

    def resolve(self) -> "ResolvedSettings":
        """The settings: defaults < file < environment < overrides.

        Raises
        ------
        ExoError
            For a file that cannot be read, and for a setting with a mistake.
        """
        found = self.find_settings()
        return ResolvedSettings(load_settings(found.path, overrides=self.overrides), found)


class ResolvedSettings(NamedTuple):
    """Settings, and the file that they come from."""

    values: Settings
    file: SettingsFile


@dataclass(frozen=True, eq=False)
class Session:
    """One resolved set of inputs.

    Attributes
    ----------
    checked
        What the data check found in the market as it was read.
    holdout_from
        First date that no trial saw, where a factor file says it; None: the settings do.
    """

    settings: Settings
    settings_file: SettingsFile
    objective: "ObjectiveFile"
    spec: "ObjectiveSpec"
    market: "Market"
    panel: "Panel"
    checked: "CheckedData"
    cwd: Path
    holdout_from: "np.datetime64 | None" = None

    @cached_property
    def split(self) -> int:
        """Position of the first holdout date; T without a holdout."""
        if self.holdout_from is not None:
            return int(self.panel.dates.searchsorted(self.holdout_from))
        return self.panel.split(self.settings.holdout.fraction)

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Factors that have data, and the objective file's own."""
        own = (f.name for f in self.spec.factors if f.name not in self.panel.factor_names)
        return (*self.panel.factor_names, *own)

    def listing(self, listed: Listed) -> "Session":
        """The same session with other factors."""
        from mech_exo.data.build import build_panel

        return replace(self, panel=build_panel(self.market, self.settings, listed))

    def with_wanted(self, listed: Listed) -> "Session":
        """This session, which is of `listed`, with what its objective file wants beside them."""
        wanted = with_wanted(listed, self.spec, self.panel, self.market, self.settings)
        return self if wanted == listed else self.listing(wanted)

    @cached_property
    def in_sample(self) -> "Panel":
        """What the trials see."""
        return self.panel.between(0, self.split)

    @cached_property
    def holdout(self) -> "Panel | None":
        """What no trial sees; None without a holdout."""
        stop = len(self.panel.dates)
        return self.panel.between(self.split, stop) if self.split < stop else None

    @cached_property
    def data_fingerprint(self) -> str:
        """SHA-256 of all data behind a factor file's figures, the holdout included."""
        return self.data_identity.fingerprint

    @cached_property
    def in_sample_fingerprint(self) -> str:
        """SHA-256 of all data that a trial depends on."""
        return self._identity(self.in_sample).fingerprint

    def try_apart(self) -> None:
        """Rehearse the objective file in a process of its own, before a run does so itself.

        Raises
        ------
        ExoError
            If the file ends that process.
        """
        from mech_exo.objective.evaluate import Evaluator
        from mech_exo.objective.exposures import market_for
        from mech_exo.objective.rehearsal import rehearse
        from mech_exo.system.probe import probe

        def tried() -> None:
            seen = market_for(self.spec, self.market, self.split)
            rehearse(Evaluator(self.spec, self.in_sample, self.settings, seen))

        probe(tried, f"{self.spec.label}: the objective file")

    @cached_property
    def data_identity(self) -> "DataIdentity":
        """All data behind a factor file's figures, part by part."""
        return self._identity(self.panel)

    def _identity(self, panel: "Panel") -> "DataIdentity":
        from mech_exo.objective.exposures import data_identity

        return data_identity(panel, self.market, self.spec, self.settings)

    @cached_property
    def appraiser(self) -> "Appraiser":
        """Figures of any portfolio on these data."""
        from mech_exo.workflow.appraiser import Appraiser

        return Appraiser(self.spec, self.settings, self.market, self.in_sample, self.holdout)


def open_session(
    request: InputRequest,
    log: Log,
    listed: Listed = None,
    resolved: ResolvedSettings | None = None,
    *,
    refuse: bool = True,
) -> Session:
    """Resolve and load everything, saying which file and which data were chosen.

    Parameters
    ----------
    listed
        The factors of the study that is gone on with; what the objective file wants beside them
        is added. None: all that are known now.
    resolved
        The request's settings, where they are resolved already.
    refuse
        Whether errors of the data check stop it; otherwise they are said like warnings.

    Raises
    ------
    ExoError
        For any file that cannot be read or used, for data in which the check finds an error that
        `data.accept` does not name, and for data without a rebalance date.
    """
    settings, settings_file = resolved or request.resolve()
    session = open_with(settings, settings_file, request, log, listed, refuse=refuse)
    return session.with_wanted(listed)


def open_with(
    settings: Settings,
    settings_file: SettingsFile,
    request: InputRequest,
    log: Log,
    listed: Listed = None,
    *,
    market: "Market | None" = None,
    objective: "ObjectiveFile | None" = None,
    refuse: bool = True,
) -> Session:
    """As `open_session`, with settings that are resolved already, and with no more than listed.

    A market or an objective that is at hand is used as it is, and not read from its source.
    """
    from mech_exo.data.cache.kept_data import KeptData
    from mech_exo.objective.constraints import check_sectors
    from mech_exo.objective.criteria import directions
    from mech_exo.objective.factor_names import check_against_panel
    from mech_exo.objective.objective_file import find_objective
    from mech_exo.objective.spec import ObjectiveSpec
    from mech_exo.system.probe import probe

    directions(settings.tuning.objectives)  # a name that is no metric costs nothing here
    log.note(f"settings   {_shown(settings_file.path, request.cwd)} ({settings_file.origin})")
    if objective is None:
        objective = find_objective(request.objective, request.cwd, start=request.start)
    log.note(f"objective  {_shown(objective.path, request.cwd)} ({objective.origin})")
    probe(
        lambda: ObjectiveSpec.compile(objective.source, objective.label),
        f"{objective.label}: the objective file",
    )
    spec = ObjectiveSpec.compile(objective.source, objective.label)
    data = KeptData(settings, cached=request.cached, market=market)
    market, panel, checked = loaded(data, listed, request.today, log, refuse=refuse)
    check_against_panel(spec.factors, spec.label, panel)
    check_sectors(spec.limits, panel.sectors, spec.label)
    session = Session(settings, settings_file, objective, spec, market, panel, checked, request.cwd)
    _describe_data(session, log)
    if request.remarks:
        tell(checked, log)
    return session


def _describe_data(session: Session, log: Log) -> None:
    panel = session.panel
    if not len(panel.rebalance) or not len(session.in_sample.rebalance):
        raise ExoError(
            f"{panel.source}: no rebalance date in the in-sample part.",
            hint="Use more dates, a smaller factors.min_history or a smaller holdout.fraction.",
        )
    say_data(session.market, panel, session.factor_names, log)
    describe_universe(session.market, session.settings, len(panel.rebalance), log)
    if session.holdout is None:
        log.warn("no holdout: every figure is in sample (holdout.fraction).")
    else:
        log.note(f"holdout    from {panel.dates[session.split]}; no trial sees it")
    if session.settings.data.source == "demo":
        log.warn(
            "this is the embedded DEMO market: its prices are made up, and weights tuned on it "
            f"mean nothing for real money. Use --data files with your own ({see_page('data')})."
        )


def _shown(path: Path, cwd: Path) -> str:
    resolved = path.resolve()
    return str(resolved.relative_to(cwd)) if resolved.is_relative_to(cwd) else str(path)
