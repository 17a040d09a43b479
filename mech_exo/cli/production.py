"""Options of the commands for production, and the model that they work on."""

import dataclasses
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.cli.option_groups import ProjectOption, SettingsOptions
from mech_exo.cli.options import INPUT, option

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.portfolio.model import Model
    from mech_exo.report.console import ConsoleLog
    from mech_exo.workflow.data_age import DataAge
    from mech_exo.workflow.session import InputRequest

FACTORS = "config/factors.yml"


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class DatedOptions(SettingsOptions, ProjectOption):
    """Settings, objective and data, as they were known at a date."""

    date: datetime | None = option(
        "--date",
        help="Use the data up to this date only.",
        otherwise="the last session of the data",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        panel=INPUT,
    )

    def overrides(self) -> dict[str, Any]:
        """Those of the settings, and the date."""
        given = super().overrides()
        return given if self.date is None else given | {"data.end": self.date.date().isoformat()}


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class FactorFileOptions(DatedOptions):
    """Here --config is the factor file, and --settings the settings file."""

    config: Path = option("--config", help="Factor file.", in_project=FACTORS, panel=INPUT)
    settings: Path | None = option(
        "--settings",
        help="Settings file.",
        otherwise="EXO_CONFIG, the nearest config/settings.yml upward, or the packaged one",
        panel=INPUT,
    )

    def request(self) -> "InputRequest":
        """What a session is opened with."""
        request = self.judging(super().request(), self.config)
        return dataclasses.replace(request, config=self.settings, config_flag="--settings")


def production_model(options: DatedOptions, factor_file: Path, *, quiet: bool = False) -> "Model":
    """The factor file applied to the data that the options name."""
    from mech_exo.portfolio.model import open_model
    from mech_exo.report.console import ConsoleLog
    from mech_exo.workflow.session import open_session

    # Of what a session says, only the warnings concern production; its holdout does not.
    request = dataclasses.replace(options.request(), remarks=not quiet)
    session = open_session(request, ConsoleLog(quiet=True))
    log = ConsoleLog(quiet=quiet)
    log.note(f"settings   {session.settings_file.path} ({session.settings_file.origin})")
    log.note(f"objective  {session.objective.path} ({session.objective.origin})")
    log.note(f"data       {session.panel.source}")
    model = open_model(session, factor_file)
    if model.doubt:
        log.warn(f"{factor_file} {model.doubt}.")
    if model.otherwise:
        log.warn(f"{factor_file} {model.otherwise}.")
    warn_if_edited(model.file, factor_file, log)
    return model


def warn_if_edited(file: "FactorFile", path: Path, log: "ConsoleLog") -> None:
    """Say so if a factor file's weights are not those that were exported."""
    if file.hash_matches is False:
        log.warn(f"{path}: weights, hyperparameters or rules have been edited since the export.")


def as_of(model: "Model") -> date:
    """The day to which the data's age is counted: --date, else data.end, else today."""
    end = model.session.settings.data.end
    return date.today() if end is None else date.fromisoformat(end)


def age_of(model: "Model", log: "ConsoleLog") -> "DataAge":
    """How old the model's data are, which is said where they are too old to trade on."""
    from mech_exo.workflow.data_age import DataAge

    age = DataAge.of(model.session, as_of(model))
    if age.stale:
        log.warn(
            f"the data end on {age.last}, {age.days} days ago; prices may be {age.limit} days old "
            "(reoptimize.max_data_age_days). Fetch newer ones before you trade on them."
        )
    return age
