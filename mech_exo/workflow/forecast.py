"""What a run would do: everything is checked, nothing is run, and nothing is written."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.errors import ExitCode
from mech_exo.factor_file.destination import Destination
from mech_exo.workflow.optimise import Job, check_trial, study_plan
from mech_exo.workflow.session import Session
from mech_exo.workflow.stage import LATEST, STAGING, check_staging, dated_copy
from mech_exo.workflow.verdict_run import check_validatable

if TYPE_CHECKING:
    from mech_exo.tuning.plan import Preview


@dataclass(frozen=True)
class Forecast:
    """What a run would do.

    Attributes
    ----------
    files
        What it would write; of factor files under the condition that a trial is feasible, and
        that no earlier run has written the very same.
    """

    job: Job
    preview: "Preview"
    files: tuple[Path, ...]

    @property
    def added(self) -> int:
        """Trials that would be run."""
        return self.preview.opened.goal - self.preview.opened.finished

    @property
    def exit_code(self) -> ExitCode:
        """What the run would exit with, as far as that is known before it."""
        study = self.preview.study
        feasible = study.front() if len(study.directions) > 1 else study.best()
        return ExitCode.DONE if self.added or feasible else ExitCode.NO_FEASIBLE_TRIAL


def forecast(job: Job, session: Session) -> Forecast:
    """Check all that a run checks before its first trial, and tell what it would do.

    Raises
    ------
    ExoError
        As `workflow.optimise.optimise` before its first trial, with the same exit codes.
    """
    from mech_exo.tuning.runner import preview_study

    target = Destination(job.export, job.root)
    files = [job.study_file, target.check(touch=False)]
    check_trial(job)
    if job.stage:
        check_staging(job.root, touch=False)
        files += [dated_copy(job.root, datetime.now()), job.root / STAGING / LATEST]
    if job.validate:
        check_validatable(session)
    preview = preview_study(study_plan(job, session))
    return Forecast(job, preview, tuple(files))
