"""From a study, a factor file or a run's result to what a tear sheet is made from."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.config.settings_file import from_project
from mech_exo.errors import ExitCode, ExoError
from mech_exo.system.typed_fields import check_fields
from mech_exo.tearsheet.reported import Reported
from mech_exo.tearsheet.reported_file import COMMAND, reported_file
from mech_exo.tearsheet.stored_record import as_stored, without_feasible
from mech_exo.verdict.subject import study_subject
from mech_exo.workflow.chosen_trial import complete_trial, result_of
from mech_exo.workflow.factor_list import factors_of_study
from mech_exo.workflow.log import Log
from mech_exo.workflow.optimised import Optimised
from mech_exo.workflow.session import InputRequest, Session, open_session
from mech_exo.workflow.study_settings import as_searched

if TYPE_CHECKING:
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord


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
        found = reported_file(request.factors, request.study_file, request.inputs, log)
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
    if trial is None and len(study.directions) == 1 and study.best() is None:
        return without_feasible(_without_figures(study, request.study_file, None))
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
