"""A session, tuned: the study of a request, and the verdict on it where that is asked for."""

from dataclasses import replace
from typing import TYPE_CHECKING

from mech_exo.errors import ExoError
from mech_exo.workflow.chosen_trial import complete_trial, result_of
from mech_exo.workflow.incumbent import incumbent_file, warm_starts
from mech_exo.workflow.optimised import Optimised
from mech_exo.workflow.requests import RunRequest
from mech_exo.workflow.run_events import RunListener, replicates_to
from mech_exo.workflow.session import Session
from mech_exo.workflow.verdict_run import check_validatable, judged

if TYPE_CHECKING:
    from mech_exo.tuning.plan import Search
    from mech_exo.tuning.study_record import StudyRecord


def tuned(request: RunRequest, session: Session, listener: RunListener) -> Optimised:
    """Run the search to its end or interruption; no file but the study is written.

    A verdict that fails or is interrupted costs nothing of the rest: it is in the result why there
    is none.

    Raises
    ------
    ExoError
        For bad input, another fingerprint, a held lock, or a study file that cannot be written.
    """
    from mech_exo.tuning.recovery import confirm_stored
    from mech_exo.tuning.runner import run_study

    if request.validate:
        check_validatable(session)
    outcome = run_study(request, search_of(session), listener)
    result = result_of(session, request.study_file, outcome, request.trial, request.command)
    if request.validate and result.feasible and not outcome.interrupted:
        session.appraiser.let_go()  # a verdict is long, and makes its own
        result = judged(result, request.workforce, replicates_to(listener))
        confirm_stored(request.study_file, outcome.study)  # a verdict takes its time
    return result


def created(request: RunRequest, session: Session, listener: RunListener) -> "StudyRecord":
    """Make the study of a request without running a trial.

    Raises
    ------
    ExoError
        As `tuned`, and if the study is there already.
    """
    from mech_exo.tuning.records import study_names
    from mech_exo.tuning.runner import run_study

    if request.study_name in study_names(request.study_file):
        raise ExoError(
            f"{request.study_file} has a study {request.study_name!r} already.",
            hint="`exo optuna-run` goes on with it; or choose another --study-name.",
        )
    empty = replace(request, n_trials=0, target_trials=None)
    return run_study(empty, search_of(session), listener).study


def check_trial(request: RunRequest, session: Session) -> None:
    """Raise an ExoError if the trial to export is not in the study, nor will be after the run."""
    from mech_exo.tuning.records import read_study, study_names

    if request.trial is None:
        return
    known = request.study_name in study_names(request.study_file)
    study = read_study(request.study_file, request.study_name) if known else None
    stored = study.trials if study is not None else ()
    if study is not None and request.trial < len(stored):
        if not request.accept_changes:  # a new epoch has no trial yet, an old one may go on
            complete_trial(study, request.trial)
        return
    current = 0 if study is None or request.accept_changes else len(study.current)
    goal = request.goal(current, session.settings.tuning.patience)
    if goal is not None and request.trial >= len(stored) + goal - current:
        raise ExoError(
            f"--trial {request.trial}: study {request.study_name!r} has {len(stored)} trials and "
            f"this run adds {goal - current}; they are numbered from 0.",
            hint=f"`exo study trials {request.study_name}` lists them.",
        )


def search_of(session: Session) -> "Search":
    """What the engine searches."""
    from mech_exo.objective.exposures import market_for
    from mech_exo.tuning.weight_search import WeightSearch

    search = WeightSearch(
        session.settings,
        session.objective,
        session.in_sample,
        market_for(session.spec, session.market, session.split),
        warm_starts(session, incumbent_file(session.cwd)),
    ).search()
    return replace(search, data_findings=session.checked.as_block())
