"""Groups of options that several commands have."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.cli.completion import offer_studies
from mech_exo.cli.options import INPUT, OUTPUT, SEARCH, STUDY, no_option, option
from mech_exo.config.doc_pages import see_page
from mech_exo.config.settings import SAMPLERS
from mech_exo.tuning.request import DEFAULT_STUDY, STUDY_FILE

if TYPE_CHECKING:
    from mech_exo.workflow.session import InputRequest

MOST_TRIALS = 1_000_000_000
"""That a study can have."""


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ProjectFolder:
    """Where the command's files lie that no option names."""

    root: Path = no_option(Path(), in_project="")


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ProjectOption:
    """In which project; a command that has this option runs in that folder."""

    project: Path | None = option(
        "--project",
        help="Project folder; all other paths are relative to it.",
        otherwise="that of the nearest config/settings.yml upward, or the working directory",
        panel=INPUT,
    )

    def judging(self, request: "InputRequest", file: Path | None) -> "InputRequest":
        """The request of a command that judges `file`: by its own project, if none is named."""
        return (
            request if self.project is not None else dataclasses.replace(request, factor_file=file)
        )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class StudyFileOption:
    """Where studies are stored."""

    study_file: Path = option(
        "--study-file",
        help="SQLite database file.",
        in_project=STUDY_FILE,
        panel=STUDY,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class StudyOptions(StudyFileOption):
    """Which study."""

    study_name: str = option(
        "--study-name",
        help="Name of the study; one that exists is resumed.",
        default=DEFAULT_STUDY,
        autocompletion=offer_studies,
        panel=STUDY,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class JsonOption:
    """For programs that read the output."""

    json: bool = option(
        "--json",
        help="Print one JSON object and nothing else on stdout.",
        default=False,
        panel=OUTPUT,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class QuietOption:
    """For cron, which mails whatever is printed."""

    quiet: bool = option(
        "--quiet",
        "-q",
        help="Print nothing when all is well: only warnings, errors and limits that are not kept.",
        default=False,
        panel=OUTPUT,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ConfigOption:
    """Settings file."""

    config: Path | None = option(
        "--config",
        help="Settings file.",
        otherwise="EXO_CONFIG, the nearest config/settings.yml upward, or the packaged one",
        panel=INPUT,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class ObjectiveOption:
    """Objective file."""

    objective: Path | None = option(
        "--objective",
        help="Objective file.",
        otherwise="EXO_OBJECTIVE, the nearest research/obj_utils.py upward, or the packaged one",
        panel=INPUT,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class CacheOption:
    """Whether large data may come from the cache."""

    no_cache: bool = option(
        "--no-cache",
        help=f"Read the data files anew, and keep nothing of them ({see_page('data')}).",
        default=False,
        panel=INPUT,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class SettingsOptions(ObjectiveOption, ConfigOption, CacheOption):
    """Settings file, objective file and data."""

    data: str | None = option(
        "--data",
        help="Data source: demo, sp500, files or store.",
        setting="data.source",
        otherwise="data.source of the settings",
        panel=INPUT,
    )

    def overrides(self) -> dict[str, Any]:
        """Dotted setting name -> value, of the options that were given."""
        given = {
            field.metadata["setting"]: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.metadata["setting"]
        }
        return {name: value for name, value in given.items() if value is not None}

    def request(self) -> "InputRequest":
        """What a session is opened with."""
        from mech_exo.workflow.session import InputRequest

        return InputRequest(
            config=self.config,
            objective=self.objective,
            overrides=self.overrides(),
            cached=not self.no_cache,
        )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class EndOptions(SettingsOptions):
    """What ends a search before its number of trials."""

    timeout: str | None = option(
        "--timeout",
        help="Ask for no trial later than this after the first (90s, 30m, 1h30m).",
        otherwise="no limit",
        metavar="DURATION",
        panel=STUDY,
    )
    patience: int | None = option(
        "--patience",
        help="End after this many trials without a better feasible one.",
        setting="tuning.patience",
        otherwise="tuning.patience of the settings, or none",
        metavar="TRIALS",
        min=1,
        panel=STUDY,
    )


@dataclasses.dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class SpaceOptions(SettingsOptions):
    """What, with the data and the objective, makes a study what it is."""

    seed: int | None = option(
        "--seed",
        help="Seed of the search.",
        setting="tuning.seed",
        otherwise="42",
        panel=SEARCH,
    )
    sampler: str | None = option(
        "--sampler",
        help=f"{', '.join(SAMPLERS[:-1])} or {SAMPLERS[-1]}.",
        setting="tuning.sampler",
        otherwise="tpe",
        panel=SEARCH,
    )
    pruner: str | None = option(
        "--pruner",
        help="median or none.",
        setting="tuning.pruner",
        otherwise="none",
        panel=SEARCH,
    )
    window: int | None = option(
        "--window",
        help="Trials in flight at most; part of the study, whatever --n-jobs.",
        setting="tuning.window",
        otherwise="4",
        panel=SEARCH,
    )
    objectives: str | None = option(
        "--objectives",
        help="Metrics of a Pareto study, separated by commas (sharpe,max_drawdown).",
        otherwise="the objective file's own value",
        panel=SEARCH,
    )
    warm_start: bool | None = option(
        "--warm-start/--no-warm-start",
        help="Try the current config/factors.yml and equal weights first.",
        setting="tuning.warm_start",
        otherwise="warm-start",
        panel=SEARCH,
    )

    def overrides(self) -> dict[str, Any]:
        """Those of the settings, and the list of objectives."""
        given = super().overrides()
        if self.objectives is not None:
            names = [name.strip() for name in self.objectives.split(",") if name.strip()]
            given["tuning.objectives"] = names
        return given
