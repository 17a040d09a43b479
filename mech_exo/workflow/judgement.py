"""Skill or luck: the verdict on a run, a study or a factor file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.read import read_factor_file
from mech_exo.verdict.neighbourhood import Neighbourhood
from mech_exo.verdict.subject import Subject, file_subject, study_subject
from mech_exo.verdict.validate import Verdict, validate
from mech_exo.verdict.verify import identity_of
from mech_exo.verdict.windows import walk_forward_windows
from mech_exo.workflow.reopen import reopen
from mech_exo.workflow.result import Choice, Optimised
from mech_exo.workflow.session import Log, Request, Session, open_session

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.tuning.replicates import Progress
    from mech_exo.tuning.study import StudyRecord, TrialRecord

DIFFERING = {
    "provenance.data_fingerprint": "data",
    "provenance.objective_sha256": "objective file",
    "provenance.kernel_version": "backtest code",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What `exo validate` was asked to judge.

    Attributes
    ----------
    study_name, factors
        The study, or a factor file instead.
    study_file
        Where the study, the looks at the holdout and the finished replicates are.
    n_jobs
        None: one for each core.
    """

    study_name: str
    study_file: Path
    factors: Path | None = None
    n_jobs: int | None = None


def judge(case: Case, request: Request, log: Log, progress: "Progress | None" = None) -> Verdict:
    """The verdict on a study's best trial or on a factor file.

    Raises
    ------
    ExoError
        Exit code 2 for a study of another fingerprint, 4 for a factor file whose data, objective
        file or code are not those at hand, 130 on Ctrl-C (finished replicates are kept).
    """
    subject = (
        _of_study(case, request, log)
        if case.factors is None
        else _of_file(case.factors, case, request, log)
    )
    log.note(f"judging    {subject.origin}; the search is repeated with {subject.trials} trials")
    return validate(subject, case.study_file, jobs=case.n_jobs, progress=progress)


def judged(result: Optimised, jobs: int, progress: "Progress | None" = None) -> Optimised:
    """A run's result with the verdict on its trial, or with the reason why there is none."""
    study = result.outcome.study
    try:
        subject = _subject(result.session, study, result.trial)
        if result.trial is not None:
            origin = f"{label_of(result.trial, result.chosen)} of study {study.name}"
            subject = replace(subject, origin=origin)
        verdict = validate(subject, result.study_file, jobs=jobs, progress=progress)
    except ExoError as error:
        return replace(result, verdict_failure=_after_a_run(error, study.name))
    return replace(result, verdict=verdict)


def check_validatable(session: Session) -> None:
    """Raise an ExoError now if the data were too short for a verdict later."""
    walk_forward_windows(session.in_sample, session.settings.verdict)


def plateau_trial(session: Session, study: "StudyRecord") -> "TrialRecord":
    """The centre of the best robust region, in the form of the study's best trial.

    Not a trial of the study; the best one if its neighbourhood has no better centre.
    """
    best = study.best()
    assert best is not None
    params = Neighbourhood(_subject(session, study)).centre()
    found = session.judge.evaluators[0].evaluate(params)
    return replace(
        best,
        params=params,
        values=found.values,
        constraints=found.constraints,
        metrics=found.metrics,
        intermediate=found.intermediate,
    )


def label_of(trial: "TrialRecord", chosen: Choice) -> str:
    """How a result's portfolio is called."""
    return f"trial {trial.number}" if chosen == "best" else "plateau"


def _subject(session: Session, study: "StudyRecord", trial: "TrialRecord | None" = None) -> Subject:
    return study_subject(
        session.settings, session.objective, session.panel, session.market, study, trial
    )


def _of_study(case: Case, request: Request, log: Log) -> Subject:
    from mech_exo.tuning.records import read_study
    from mech_exo.tuning.recovery import confirm_stored

    study = read_study(case.study_file, case.study_name)
    session = open_session(request, log)
    session.try_apart()
    confirm_stored(case.study_file, study)  # reading the data took its time
    return _subject(session, study)


def _of_file(path: Path, case: Case, request: Request, log: Log) -> Subject:
    file = read_factor_file(path)
    stated = isinstance((file.provenance or {}).get("settings"), Mapping)
    session = reopen(str(path), file, request, log) if stated else open_session(request, log)
    session.try_apart()
    if stated:
        _check_same_inputs(path, file, session)
    else:
        log.warn(f"{path} states no settings: those at hand are used.")
    return file_subject(
        str(path),
        session.settings,
        session.objective,
        session.panel,
        session.market,
        file,
        _study_of(file, case.study_file),
    )


def _check_same_inputs(path: Path, file: "FactorFile", session: Session) -> None:
    compared = identity_of(file, session.objective, session.market, session.panel)
    differing = [DIFFERING[c.name] for c in compared if not c.equal]
    if differing:
        raise ExoError(
            f"{path}: {' and '.join(differing)} are not those that it was tuned with.",
            hint="Name them with --config and --objective; `exo verify` shows what differs.",
            exit_code=ExitCode.NOT_THE_FILES,
        )


def _study_of(file: "FactorFile", study_file: Path) -> "StudyRecord | None":
    """The study that a file was exported from, if it is in `study_file` as it was then."""
    from mech_exo.tuning.records import read_study, study_names

    name = file.metadata.get("study_name")
    if name not in study_names(study_file):
        return None
    study = read_study(study_file, str(name))
    fingerprint = (file.provenance or {}).get("study_fingerprint")
    same = study.epoch is not None and study.epoch.fingerprint == fingerprint
    return study if same else None


def _after_a_run(error: ExoError, study_name: str) -> ExoError:
    """The same error; what to do next is not to repeat the run, which would add trials."""
    if error.exit_code != ExitCode.INTERRUPTED:
        return error
    return ExoError(
        error.message,
        hint=f"`exo validate --study-name {study_name}` goes on from there.",
        exit_code=error.exit_code,
    )
