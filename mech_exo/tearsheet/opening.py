"""From a study, a factor file or a run's result to what a tear sheet is made from."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.config.settings_file import from_project
from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.read import read_factor_file
from mech_exo.system.typed_fields import check_fields
from mech_exo.tearsheet.reported import Reported
from mech_exo.tearsheet.stored_record import as_stored
from mech_exo.verdict.holdout import HoldoutLedger
from mech_exo.verdict.subject import file_subject, study_subject
from mech_exo.workflow.appraiser import Appraisee
from mech_exo.workflow.chosen_trial import complete_trial, result_of
from mech_exo.workflow.factor_list import factors_of_study
from mech_exo.workflow.figures import ConstraintValue
from mech_exo.workflow.incumbent import INCUMBENT, comparable, fit_of, incumbent_file
from mech_exo.workflow.log import Log
from mech_exo.workflow.optimised import Optimised
from mech_exo.workflow.remembered_verdicts import standing_of_file
from mech_exo.workflow.reopen import reopen
from mech_exo.workflow.session import InputRequest, Session, open_session
from mech_exo.workflow.stated_mandate import check_construct
from mech_exo.workflow.study_settings import as_searched
from mech_exo.workflow.verdict_run import study_of_file

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord
    from mech_exo.verdict.subject import Subject
    from mech_exo.workflow.appraiser import Params

COMMAND = "report"  # what looks at the holdout, for the ledger


@dataclass(frozen=True, kw_only=True)
class ReportRequest:
    """What `exo report` is asked to show.

    Attributes
    ----------
    study_file
        Where the study, its verdict and the ledger of looks are.
    study_name, factors
        The study, or a factor file instead.
    trial
        Of the study; None: its best.
    inputs
        Settings, objective and data.
    """

    study_file: Path
    study_name: str | None = None
    factors: Path | None = None
    trial: int | None = None
    inputs: InputRequest = field(default_factory=InputRequest)

    def __post_init__(self) -> None:
        check_fields(self)


def open_reported(request: ReportRequest, log: Log) -> Reported:
    """What the request names, opened; a look at the holdout is entered before its figures.

    Raises
    ------
    ExoError
        For a study, a file or data that cannot be read, and a trial that is not there.
    """
    if request.factors is not None:
        found = _of_file(request.factors, request, log)
    else:
        assert request.study_name is not None
        found = _of_study(request.study_name, request, log)
    return replace(found, given=tuple(_given(request.inputs)))


def _given(inputs: InputRequest) -> Iterator[tuple[str, str]]:
    """Flags that were typed, or variables that were set, which the commands on the page need."""
    files = {
        "--config": (inputs.config, os.environ.get("EXO_CONFIG")),
        "--objective": (inputs.objective, os.environ.get("EXO_OBJECTIVE")),
    }
    for flag, (typed, variable) in files.items():
        if typed is not None or variable:
            yield flag, str(from_project(Path(typed or str(variable))))
    source = inputs.overrides.get("data.source")
    if source is not None:
        yield "--data", str(source)


def of_result(result: Optimised) -> Reported:
    """What a run has found; its looks at the holdout have been entered by the run."""
    study, session = result.outcome.study, result.session
    whole = Reported(
        kind="study",
        name=study.name,
        session=session,
        study_file=result.study_file,
        study=study,
        trial=result.trial,
        exit_code=ExitCode.DONE if result.feasible else ExitCode.NO_FEASIBLE_TRIAL,
    )
    if result.trial is None or result.best is None:
        return whole
    subject = study_subject(
        session.settings, session.objective, session.panel, session.market, study, result.trial
    )
    return replace(
        whole,
        label=result.best.label,
        subject=subject,
        params=result.trial.params,
        best=result.best,
        universe=result.universe,
        incumbent=result.incumbent,
        incumbent_fit=result.incumbent_fit,
        constraints=result.constraints,
        standing=result.standing,
    )


def _of_study(name: str, request: ReportRequest, log: Log) -> Reported:
    from mech_exo.tuning.plan import StudyOutcome
    from mech_exo.tuning.records import read_study

    study = read_study(request.study_file, name)
    if study.epoch is None:
        raise ExoError(
            f"study {name!r} was not made by exo: nothing says which data and objective it had.",
            hint=f"`exo study trials {name}` lists its trials.",
        )
    trial = None if request.trial is None else complete_trial(study, request.trial)
    listed = factors_of_study(request.study_file, name)
    inputs = as_searched(request.inputs, request.study_file, name, log)
    session = open_session(inputs, log, listed, refuse=False)
    session.try_apart()
    others = _difference(session, study)
    if others:
        return as_stored(_without_figures(study, request.study_file, trial), others)
    fingerprint = study.epoch.fingerprint
    outcome = StudyOutcome(study, 0, "goal", 0.0, fingerprint=fingerprint)
    return of_result(result_of(session, request.study_file, outcome, request.trial, COMMAND))


def _difference(session: Session, study: "StudyRecord") -> str:
    """In what data, settings, objective or code at hand are others than the study's; "" if not."""
    trial = study.least_violating()
    if trial is None:
        return ""
    try:
        study_subject(
            session.settings, session.objective, session.panel, session.market, study, trial
        )
    except ExoError as error:
        return error.message
    return ""


def _without_figures(
    study: "StudyRecord", study_file: Path, trial: "TrialRecord | None"
) -> Reported:
    if trial is None and len(study.directions) == 1:
        trial = study.best() or study.least_violating()
    return Reported(
        kind="study",
        name=study.name,
        label="" if trial is None else f"trial {trial.number}",
        study_file=study_file,
        study=study,
        trial=trial,
    )


def _of_file(path: Path, request: ReportRequest, log: Log) -> Reported:
    file = read_factor_file(path)
    stated = file.stated_settings is not None
    session = (
        reopen(str(path), file, request.inputs, log, refuse=False)
        if stated
        else open_session(request.inputs, log, refuse=False)
    )
    session.try_apart()
    study = study_of_file(file, request.study_file)
    whole = Reported(
        kind="file",
        name=str(path),
        label=path.name,
        study_file=request.study_file,
        study=study,
        trial=_trial_of(file, study),
        file=file,
        standing=standing_of_file(file, request.study_file, session.settings.verdict),
        cautions=tuple(_cautions(file)),
    )
    others = _other_inputs(file, session) if stated else ""
    if others:
        return as_stored(whole, others)
    return _with_figures(whole, file, session)


def _trial_of(file: "FactorFile", study: "StudyRecord | None") -> "TrialRecord | None":
    """The trial that the file was exported from and still is, if its study is here."""
    if file.hash_matches is False:
        return None
    number = file.metadata.get("best_trial_number")
    trials = () if study is None else study.current
    return next((t for t in trials if t.number == number and t.state == "COMPLETE"), None)


def _cautions(file: "FactorFile") -> list[str]:
    if file.stated_settings is None:
        return ["The file states no settings: those at hand are used."]
    if file.edited:
        return ["The file has been changed since it was exported."]
    return []


def _other_inputs(file: "FactorFile", session: Session) -> str:
    """In what data, objective file or backtest are others than the file's; "" if they are not."""
    from mech_exo.verification.reproduction import identity_of, kernel_of

    compared = (
        *identity_of(file, session.objective, session.market, session.panel),
        kernel_of(file.provenance or {}),
    )
    differing = [c.name.rpartition(".")[2] for c in compared if not c.equal]
    if not differing:
        return ""
    return f"What is at hand is not what the file was made with: {', '.join(differing)} differ"


def _with_figures(whole: Reported, file: "FactorFile", session: Session) -> Reported:
    """The file's portfolio with its figures, and the incumbent beside it."""
    check_construct(file, whole.name, session.spec)
    appraiser = session.appraiser
    params = appraiser.space.meaningful(file.params)
    asked = [Appraisee(whole.label, params, f"{COMMAND}: {whole.name}")]
    beside = incumbent_file(session.cwd)
    if beside is not None and beside.content_hash == file.content_hash:
        beside = None
    if beside is not None and comparable(session, beside):
        known = appraiser.space.meaningful(beside.params)
        asked.insert(0, Appraisee(INCUMBENT, known, f"{COMMAND}: {INCUMBENT}", spare=True))
    ledger = HoldoutLedger(whole.study_file, session.panel, session.split)
    found = appraiser.appraise(asked, ledger)
    incumbent = found.portfolios[0] if len(found.portfolios) > 1 else None
    return replace(
        whole,
        session=session,
        subject=_subject(whole, file, session),
        params=params,
        best=found.portfolios[-1],
        universe=found.universe,
        incumbent=incumbent,
        incumbent_fit=None if incumbent is None or beside is None else fit_of(beside, session),
        constraints=_constraints(session, params),
    )


def _subject(whole: Reported, file: "FactorFile", session: Session) -> "Subject | None":
    """As a verdict would judge it; None where the search behind it is not known."""
    if whole.study is None and not file.metadata.get("total_trials"):
        return None
    return file_subject(
        whole.name,
        session.settings,
        session.objective,
        session.panel,
        session.market,
        file,
        whole.study,
    )


def _constraints(session: Session, params: "Params") -> tuple[ConstraintValue, ...]:
    """What the portfolio has in sample, and the limits of the objective file."""
    from mech_exo.objective.rehearsal import rehearse

    evaluator = session.appraiser.in_sample
    if session.spec.own_constraints:
        rehearse(evaluator)
    distances = evaluator.evaluate(params, measure=False).constraints
    return tuple(
        ConstraintValue.of(name, session.spec.limits.get(name), distance)
        for name, distance in zip(evaluator.constraint_names, distances, strict=True)
    )
