"""Skill or luck: the verdict on a run, a study or a factor file."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.read import read_factor_file
from mech_exo.system.typed_fields import check_fields, check_is
from mech_exo.verdict.neighbourhood import Neighbourhood
from mech_exo.verdict.subject import Subject, file_subject, study_subject
from mech_exo.verdict.verdict import VerdictRecord, validate
from mech_exo.verdict.windows import walk_forward_windows
from mech_exo.verification.reproduction import hashes_of, verify
from mech_exo.workflow.factor_list import factors_of_study
from mech_exo.workflow.log import Log, PythonLog
from mech_exo.workflow.optimised import Choice, Optimised
from mech_exo.workflow.remembered_verdicts import keep_on_file, keep_on_trial, standing_of_trial
from mech_exo.workflow.reopen import reopen
from mech_exo.workflow.run_events import RunListener, replicates_to, unheard
from mech_exo.workflow.session import InputRequest, Session, open_session
from mech_exo.workflow.stated_mandate import check_construct
from mech_exo.workflow.study_settings import as_searched
from mech_exo.workforce.cluster import Cluster
from mech_exo.workforce.workforce import HERE, Workforce

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.tuning.replicates import Progress
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord

Keep = Callable[[VerdictRecord], None]


@dataclass(frozen=True, kw_only=True)
class JudgeRequest:
    """What `exo validate` is asked to judge.

    Attributes
    ----------
    inputs
        Settings, objective and data.
    study_name, factors
        The study, or a factor file instead.
    study_file
        Where the study, the looks at the holdout and the finished replicates are.
    n_jobs
        None: one for each core.
    cluster
        Whose workers repeat the searches instead; None: processes of this machine.
    quick
        Without placebo searches: an answer that can say no, and not yes, and is not kept.
    """

    study_name: str
    study_file: Path
    inputs: InputRequest = field(default_factory=InputRequest)
    factors: Path | None = None
    n_jobs: int | None = None
    cluster: Cluster | None = None
    quick: bool = False

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def workforce(self) -> Workforce:
        """Where the searches are repeated."""
        return Workforce(self.n_jobs, self.cluster)


def judge(
    request: JudgeRequest, listener: RunListener = unheard, log: Log | None = None
) -> VerdictRecord:
    """The verdict on a study's best trial or on a factor file: `exo validate`.

    Parameters
    ----------
    listener
        Told of every finished search of the verdict.
    log
        Where notes and warnings go; None: to Python's own log.

    Raises
    ------
    ExoError
        Exit code 2 for a study of another fingerprint, 4 for a factor file whose data, objective
        file or code are not those at hand, 130 on Ctrl-C (finished replicates are kept).
    """
    check_is("judge", request, JudgeRequest)
    log = log or PythonLog()
    judging = _of_study if request.factors is None else _of_file
    subject, keep = judging(request, log)
    if request.quick:
        subject, keep = subject.quickly(), _forget
    log.note(f"judging    {subject.origin}; the search is repeated: {subject.repetition}")
    told = replicates_to(listener)
    verdict = validate(subject, request.study_file, workforce=request.workforce, progress=told)
    keep(verdict)
    return verdict


def _forget(verdict: VerdictRecord) -> None:
    """A quick verdict is not kept: it would stand in the place of a whole one."""
    del verdict


def judged(
    result: Optimised, workforce: Workforce, progress: "Progress | None" = None
) -> Optimised:
    """A run's result with the verdict on its trial, or with the reason why there is none.

    The verdict is kept with the study.
    """
    study, session, trial = result.outcome.study, result.session, result.trial
    try:
        subject = _subject(session, study, trial)
        assert trial is not None, "else it is no subject"
        subject = replace(subject, origin=f"{label_of(trial, result.chosen)} of study {study.name}")
        verdict = validate(subject, result.study_file, workforce=workforce, progress=progress)
        keep_on_trial(verdict, session, result.study_file, study, trial, result.chosen)
    except ExoError as error:
        return replace(result, verdict_failure=_after_a_run(error, study.name))
    known = standing_of_trial(session, result.study_file, study, trial)
    return replace(result, verdict=verdict, standing=known)


def judge_best(
    session: Session,
    study: "StudyRecord",
    study_file: Path,
    workforce: Workforce = HERE,
    progress: "Progress | None" = None,
) -> VerdictRecord:
    """The verdict on a study's best trial, which is kept with the study.

    Raises
    ------
    ExoError
        As `judge`; exit code 3 for a study without a feasible trial.
    """
    subject, keep = _best_of(session, study, study_file)
    verdict = validate(subject, study_file, workforce=workforce, progress=progress)
    keep(verdict)
    return verdict


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
    found = session.appraiser.in_sample.evaluate(params)
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


def _of_study(request: JudgeRequest, log: Log) -> tuple[Subject, Keep]:
    from mech_exo.tuning.records import read_study
    from mech_exo.tuning.recovery import confirm_stored

    study = read_study(request.study_file, request.study_name)
    named = request.study_file, request.study_name
    session = open_session(as_searched(request.inputs, *named, log), log, factors_of_study(*named))
    session.try_apart()
    confirm_stored(request.study_file, study)  # reading the data took its time
    return _best_of(session, study, request.study_file)


def _best_of(session: Session, study: "StudyRecord", study_file: Path) -> tuple[Subject, Keep]:
    subject, best = _subject(session, study), study.best()
    assert best is not None, "else it is no subject"

    def keep(verdict: VerdictRecord) -> None:
        keep_on_trial(verdict, session, study_file, study, best)

    return subject, keep


def _of_file(request: JudgeRequest, log: Log) -> tuple[Subject, Keep]:
    path = request.factors
    assert path is not None
    file = read_factor_file(path)
    check_unedited(path, file)
    stated = file.stated_settings is not None
    session = (
        reopen(str(path), file, request.inputs, log)
        if stated
        else open_session(request.inputs, log)
    )
    session.try_apart()
    if stated:
        _check_verified(path, file, session)
    else:
        log.warn(f"{path} states no settings: those at hand are used.")
        check_construct(file, str(path), session.spec)
    study = study_of_file(file, request.study_file)
    subject = file_subject(
        str(path),
        session.settings,
        session.objective,
        session.panel,
        session.market,
        file,
        study,
    )

    def keep(verdict: VerdictRecord) -> None:
        keep_on_file(verdict, session, request.study_file, file, study)

    return subject, keep


def check_unedited(path: Path, file: "FactorFile") -> None:
    """Refuse to judge a file whose hashes are not its own: the verdict would be another file's.

    Raises
    ------
    ExoError
        Exit code 1.
    """
    if (file.provenance or {}).get("content_hash") is None:
        return  # written by hand
    differing = [c.name for c in hashes_of(file) if not c.equal]
    if differing:
        raise ExoError(
            f"{path}: has been changed since it was exported ({', '.join(differing)}); a verdict "
            "on it would not be one on the exported file.",
            hint="Export it again; or take the block `provenance` out to judge the portfolio as "
            "one written by hand, under the settings at hand.",
            exit_code=ExitCode.REFUSED,
        )


def _check_verified(path: Path, file: "FactorFile", session: Session) -> None:
    found = verify(file, session.settings, session.objective, session.market, session.panel)
    if found.exit_code != ExitCode.DONE:
        raise ExoError(
            f"{path}: {'; '.join(found.reasons)}.",
            hint="Name data and objective file with --config and --objective; `exo verify` shows "
            "what differs.",
            exit_code=found.exit_code,
        )


def study_of_file(file: "FactorFile", study_file: Path) -> "StudyRecord | None":
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
