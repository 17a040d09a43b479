"""What a run would do: everything is checked, nothing is run, and nothing is written."""

from datetime import datetime

from mech_exo.factor_file.destination import Destination
from mech_exo.jobs.optimise import check_places, opened
from mech_exo.promote.staging import LATEST, STAGING, dated_copy
from mech_exo.workflow.forecast import Forecast
from mech_exo.workflow.log import Log, PythonLog
from mech_exo.workflow.requests import RunRequest
from mech_exo.workflow.run_events import RunListener, unheard
from mech_exo.workflow.session import Session
from mech_exo.workflow.tuned import search_of
from mech_exo.workflow.verdict_run import check_validatable


def forecast(
    request: RunRequest, listener: RunListener = unheard, log: Log | None = None
) -> Forecast:
    """Check all that a run checks before its first trial, and tell what it would do.

    Raises
    ------
    ExoError
        As `optimise` before its first trial, with the same exit codes.
    """
    return forecast_of(request, opened(request, log or PythonLog(), listener))


def forecast_of(request: RunRequest, session: Session) -> Forecast:
    """As `forecast`, on inputs that are read already."""
    from mech_exo.tuning.runner import preview_study

    target = Destination(request.export_yaml, request.root)
    files = [request.study_file, check_places(request, session, target, touch=False)]
    if request.stage:
        files += [dated_copy(request.root, datetime.now()), request.root / STAGING / LATEST]
    if request.validate:
        check_validatable(session)
    preview = preview_study(request, search_of(session))
    return Forecast(request, preview, tuple(files))
