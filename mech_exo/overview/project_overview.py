"""Where a project stands, gathered in a moment from what its folder holds."""

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from mech_exo.config.load import load_settings
from mech_exo.config.settings import Settings
from mech_exo.config.settings_file import find_settings
from mech_exo.errors import ExoError
from mech_exo.overview.data_glance import DataGlance, data_glance
from mech_exo.overview.factor_file_glance import (
    FactorFileGlance,
    factor_file_glance,
    version_in_production,
)
from mech_exo.promote.staging import LATEST, STAGING
from mech_exo.tuning.request import STUDY_FILE
from mech_exo.tuning.study_glance import StudyGlance, study_glances
from mech_exo.verdict.standing import Standing
from mech_exo.workflow.incumbent import INCUMBENT
from mech_exo.workflow.remembered_verdicts import standing_of_number

PAPER = "paper/ledger.db"


@dataclass(frozen=True)
class StudyStanding:
    """A study, and what is known of the skill of its best trial."""

    glance: StudyGlance
    known: Standing = Standing()

    @property
    def default_file(self) -> bool:
        """Whether it lies where commands look without --study-file."""
        return self.glance.file.parts[-2:] == Path(STUDY_FILE).parts


@dataclass(frozen=True)
class Overview:
    """Where a project stands.

    Attributes
    ----------
    root
        The project's folder; the empty path for the working directory.
    settings_file
        The file of the settings that hold.
    trouble
        Why the settings cannot be read; there is then nothing about the data.
    studies
        Those of all files in studies/, the last to be run first.
    broken
        What is wrong with files in studies/ that cannot be read at all.
    staged, production
        config/staging/factors_optuna_latest.yml and config/factors.yml.
    paper
        Whether there is a paper ledger.
    """

    root: Path
    settings_file: Path
    trouble: str
    data: DataGlance | None
    studies: tuple[StudyStanding, ...]
    broken: tuple[str, ...]
    staged: FactorFileGlance | None
    production: FactorFileGlance | None
    paper: bool

    @property
    def last(self) -> StudyStanding | None:
        """The study that was run last; None without one that can be read."""
        return next((s for s in self.studies if not s.glance.damage), None)

    @property
    def staged_is_production(self) -> bool:
        """Whether the staged file is in production already."""
        both = self.staged is not None and self.production is not None
        return both and self.staged.text == self.production.text  # type: ignore[union-attr]


def overview_of(root: Path, today: date) -> Overview:
    """Look at the project in a folder. Whatever is wrong in it is said in its place.

    Raises
    ------
    ExoError
        If there are no settings at all, not even packaged ones.
    """
    chosen = find_settings(None, root)
    settings, trouble = _settings(chosen.path)
    study_file = root / STUDY_FILE
    studies, broken = _studies(root)
    staged = factor_file_glance(root / STAGING / LATEST, study_file, settings)
    production = factor_file_glance(root / INCUMBENT, study_file, settings)
    if production is not None:
        production = replace(production, version=version_in_production(root))
    ends = [f.data_end for f in (staged, production) if f is not None and f.data_end]
    return Overview(
        root=root,
        settings_file=chosen.path,
        trouble=trouble,
        data=None if settings is None else data_glance(settings, today, max(ends, default=None)),
        studies=studies,
        broken=broken,
        staged=staged,
        production=production,
        paper=(root / PAPER).exists(),
    )


def _settings(path: Path) -> tuple[Settings | None, str]:
    try:
        return load_settings(path), ""
    except ExoError as error:
        return None, str(error)


def _studies(root: Path) -> tuple[tuple[StudyStanding, ...], tuple[str, ...]]:
    """The studies of all files, the last to be run first; what is wrong with other files."""
    found: list[StudyStanding] = []
    broken = []
    for path in sorted((root / STUDY_FILE).parent.glob("*.db")):
        try:
            found += [StudyStanding(glance, _known(glance)) for glance in study_glances(path)]
        except ExoError as error:
            broken.append(str(error))
    found.sort(key=lambda s: s.glance.name)
    found.sort(key=lambda s: s.glance.last.timestamp() if s.glance.last else 0.0, reverse=True)
    return tuple(found), tuple(broken)


def _known(glance: StudyGlance) -> Standing:
    if glance.best is None or glance.epoch is None:
        return Standing()
    return standing_of_number(glance.file, glance.name, glance.epoch, glance.best[0], glance.trials)
