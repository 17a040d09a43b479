"""The main job: tune, compare, export."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.errors import ExoError
from mech_exo.factor_file.destination import Destination
from mech_exo.workflow.chosen_trial import assess, complete_trial, factor_file_of
from mech_exo.workflow.incumbent import incumbent_file, warm_starts
from mech_exo.workflow.optimised import Files, Optimised
from mech_exo.workflow.session import Session
from mech_exo.workflow.stage import Staged, check_staging, stage
from mech_exo.workflow.verdict_run import check_validatable, judged

if TYPE_CHECKING:
    from mech_exo.tuning.events import Event
    from mech_exo.tuning.plan import StudyPlan
    from mech_exo.tuning.replicates import Progress
    from mech_exo.tuning.study_record import StudyRecord

DEFAULT_TRIALS = 50


@dataclass(frozen=True, kw_only=True)
class Job:
    """What `exo optuna-run` was asked to do.

    Attributes
    ----------
    n_trials, target_trials
        Both None: `DEFAULT_TRIALS` are added.
    export
        Where the factor file goes; None: a dated file in factors/.
    trial
        Export this trial instead of the best.
    validate
        Ask for the verdict too.
    command
        What looks at the holdout, for its ledger.
    root
        Project folder, below which factors/ and config/staging lie.
    """

    study_name: str
    study_file: Path
    n_jobs: int = 4
    n_trials: int | None = None
    target_trials: int | None = None
    accept_changes: bool = False
    wait: bool = False
    export: Path | None = None
    stage: bool = False
    trial: int | None = None
    validate: bool = False
    command: str = "optuna-run"
    root: Path = Path()

    def __post_init__(self) -> None:
        from mech_exo.tuning.plan import check_goal

        check_goal(self.study_name, self.n_trials, self.target_trials)


def optimise(
    job: Job,
    session: Session,
    listener: "Callable[[Event], None]",
    progress: "Progress | None" = None,
    found: "Callable[[Optimised], None] | None" = None,
) -> Optimised:
    """Run the job to its end or interruption, and write what it asks for.

    A verdict that fails or is interrupted costs nothing of the rest: it is in the result why there
    is none.

    Parameters
    ----------
    progress
        Told of every finished replicate of the verdict.
    found
        Told of the result before its files are written.

    Raises
    ------
    ExoError
        For bad input, another fingerprint, a held lock, or a place that cannot be written (which
        is found out before the first trial).
    """
    target = Destination(job.export, job.root)
    target.check()
    check_trial(job)
    if job.stage:
        check_staging(job.root)
    result = tuned(job, session, listener, progress)
    if found is not None:
        found(result)
    return replace(result, files=_write(job, result, target))


def tuned(
    job: Job,
    session: Session,
    listener: "Callable[[Event], None]",
    progress: "Progress | None" = None,
) -> Optimised:
    """As `optimise`, without writing any file but the study."""
    from mech_exo.tuning.recovery import confirm_stored
    from mech_exo.tuning.runner import run_study

    if job.validate:
        check_validatable(session)
    outcome = run_study(study_plan(job, session), listener)
    result = assess(session, job.study_file, outcome, job.trial, job.command)
    if job.validate and result.feasible and not outcome.interrupted:
        result = judged(result, job.n_jobs, progress)
        confirm_stored(job.study_file, outcome.study)  # a verdict takes its time
    return result


def create(job: Job, session: Session, listener: "Callable[[Event], None]") -> "StudyRecord":
    """Make the study of a job without running a trial.

    Raises
    ------
    ExoError
        As `optimise`, and if the study is there already.
    """
    from mech_exo.tuning.records import study_names
    from mech_exo.tuning.runner import run_study

    if job.study_name in study_names(job.study_file):
        raise ExoError(
            f"{job.study_file} has a study {job.study_name!r} already.",
            hint="`exo optuna-run` goes on with it; or choose another --study-name.",
        )
    empty = replace(job, n_trials=0, target_trials=None)
    return run_study(study_plan(empty, session), listener).study


def check_trial(job: Job) -> None:
    """Raise an ExoError if the trial to export is not in the study, nor will be after the run."""
    from mech_exo.tuning.records import read_study, study_names

    if job.trial is None:
        return
    known = job.study_name in study_names(job.study_file)
    study = read_study(job.study_file, job.study_name) if known else None
    stored = study.trials if study is not None else ()
    if study is not None and job.trial < len(stored):
        if not job.accept_changes:  # a new epoch has no trial yet, an old one may go on
            complete_trial(study, job.trial)
        return
    current = 0 if study is None or job.accept_changes else len(study.current)
    added = DEFAULT_TRIALS if job.n_trials is None else job.n_trials
    if job.target_trials is not None:
        added = max(job.target_trials - current, 0)
    if job.trial >= len(stored) + added:
        raise ExoError(
            f"--trial {job.trial}: study {job.study_name!r} has {len(stored)} trials and this run "
            f"adds {added}; they are numbered from 0.",
            hint=f"`exo study trials {job.study_name}` lists them.",
        )


def study_plan(job: Job, session: Session) -> "StudyPlan":
    """The tuner's part of a job."""
    from mech_exo.tuning.plan import StudyPlan

    by_default = job.n_trials is None and job.target_trials is None
    return StudyPlan(
        study_name=job.study_name,
        study_file=job.study_file,
        settings=session.settings,
        objective=session.objective,
        panel=session.in_sample,
        market=session.market.until(session.split),
        n_jobs=job.n_jobs,
        n_trials=DEFAULT_TRIALS if by_default else job.n_trials,
        target_trials=job.target_trials,
        accept_changes=job.accept_changes,
        wait=job.wait,
        warm_start=warm_starts(session, incumbent_file(session.cwd)),
    )


def _write(job: Job, result: Optimised, target: Destination) -> Files:
    """Export and stage; without a feasible trial only what was named is written."""
    if result.trial is None:
        return Files()
    wanted = job.export is not None or (result.trial.feasible and not result.outcome.interrupted)
    staged: Staged | None = None
    if not wanted and not (job.stage and result.trial.feasible):
        return Files()
    file = factor_file_of(result)
    exported, repeated = target.write(file) if wanted else (None, False)
    if job.stage and result.trial.feasible:
        staged = stage(file, job.root, datetime.now())
    return Files(exported, staged, repeated)
