"""One run from data to factor file: tune, compare, export, stage."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.factor_file.destination import Destination
from mech_exo.factor_file.written import Files, Staged
from mech_exo.promote.staging import check_staging, stage
from mech_exo.system.typed_fields import check_is, check_listener
from mech_exo.workflow.chosen_trial import factor_file_of
from mech_exo.workflow.factor_list import factors_of_study
from mech_exo.workflow.incumbent import warn_of_incumbent
from mech_exo.workflow.log import Log, PythonLog
from mech_exo.workflow.optimised import Optimised
from mech_exo.workflow.requests import RunRequest
from mech_exo.workflow.run_events import ResultFound, RunListener, SettingsResolved, unheard
from mech_exo.workflow.session import Session, open_session
from mech_exo.workflow.tuned import check_trial, created, tuned

if TYPE_CHECKING:
    from mech_exo.tuning.study_record import StudyRecord


def optimise(
    request: RunRequest, listener: RunListener = unheard, log: Log | None = None
) -> Optimised:
    """Tune as requested and write what is asked for: `exo optuna-run`.

    A verdict that fails or is interrupted costs nothing of the rest: it is in the result why there
    is none.

    Parameters
    ----------
    listener
        Told of everything that happens (`mech_exo.TrialFinished`, …), the result included, before
        its files are written.
    log
        Where notes and warnings go; None: to Python's own log.

    Raises
    ------
    ExoError
        For bad input, another fingerprint, a held lock, or a place that cannot be written (which
        is found out before the first trial).
    """
    session = opened(request, log or PythonLog(), listener)
    target = Destination(request.export_yaml, request.root)
    check_places(request, session, target)
    result = tuned(request, session, listener)
    listener(ResultFound(result))
    return replace(result, files=_write(request, result, target))


def create_study(
    request: RunRequest, listener: RunListener = unheard, log: Log | None = None
) -> "StudyRecord":
    """Make the study of a request without running a trial: `exo optuna-init`.

    Raises
    ------
    ExoError
        As `optimise`, and if the study is there already.
    """
    return created(request, opened(request, log or PythonLog(), listener), listener)


def opened(request: RunRequest, log: Log, listener: RunListener) -> Session:
    """The inputs of a run, read and tried once.

    Raises
    ------
    ExoError
        For any that cannot be read or used.
    """
    check_is("the request", request, RunRequest)
    check_listener(listener)
    listed = factors_of_study(request.study_file, request.study_name)
    settings = request.inputs.resolve()
    listener(SettingsResolved(settings.values))
    session = open_session(request.inputs, log, listed, settings)
    session.try_apart()
    warn_of_incumbent(session, log)
    return session


def check_places(
    request: RunRequest, session: Session, target: Destination, *, touch: bool = True
) -> Path:
    """Where the factor file would go now; what keeps a run from its files is found out here.

    Raises
    ------
    ExoError
        For a place that cannot be written, and for a trial to export that will not be there.
    """
    path = target.check(touch=touch)
    check_trial(request, session)
    if request.stage:
        check_staging(request.root, touch=touch)
    return path


def _write(request: RunRequest, result: Optimised, target: Destination) -> Files:
    """Export and stage; without a feasible trial only what was named is written."""
    if result.trial is None:
        return Files()
    named = request.export_yaml is not None
    wanted = named or (result.trial.feasible and not result.outcome.interrupted)
    staged: Staged | None = None
    if not wanted and not (request.stage and result.trial.feasible):
        return Files()
    file = factor_file_of(result)
    exported, repeated = target.write(file) if wanted else (None, False)
    if request.stage and result.trial.feasible:
        staged = stage(file, request.root, datetime.now())
    return Files(exported, staged, repeated)
