"""Data, tuning, verdict, comparison, staging: one run of `exo reoptimize`.

Each step can be repeated and then ends in the same state: trials and replicates are kept in the
study's file as they finish, the factor file depends on the study alone, and files are written
whole.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.read import read_factor_file
from mech_exo.factor_file.write import factor_file_text
from mech_exo.factor_file.written import Staged
from mech_exo.jobs.dry_run import forecast_of
from mech_exo.jobs.freshness import check_data
from mech_exo.jobs.journal import LOGS
from mech_exo.jobs.optimise import opened
from mech_exo.promote.promotion import Proposal, weigh
from mech_exo.promote.staging import STAGING, check_staging, stage_text
from mech_exo.system.typed_fields import check_fields, check_is, filled_from
from mech_exo.system.user_file import is_there
from mech_exo.system.whole_files import check_target, remove_leftovers, write_atomically
from mech_exo.tuning.request import Duration
from mech_exo.workflow.forecast import Forecast
from mech_exo.workflow.incumbent import INCUMBENT
from mech_exo.workflow.log import Log, PythonLog
from mech_exo.workflow.optimised import Optimised
from mech_exo.workflow.repeatable import repeatable
from mech_exo.workflow.requests import RunRequest
from mech_exo.workflow.run_events import ResultFound, RunListener, unheard
from mech_exo.workflow.session import InputRequest, Session
from mech_exo.workflow.tuned import tuned
from mech_exo.workforce.cluster import Cluster

LOCK = Path("studies/reoptimize.lock")


@contextmanager
def only_run(root: Path) -> Iterator[None]:
    """Hold the lock of the project; exit code 5, and who holds it, if another run does."""
    from mech_exo.system.locks import exclusive_lock

    with exclusive_lock(*_lock(root)):
        yield


def _lock(root: Path) -> tuple[Path, str, str]:
    busy = f"The re-optimisation in {root.resolve()} is being run"
    return root / LOCK, busy, "Wait for it to end."


@dataclass(frozen=True, kw_only=True)
class ReoptimizeRequest:
    """What `exo reoptimize` is asked to do.

    Attributes
    ----------
    inputs
        Settings, objective and data.
    root
        Project folder.
    study_file
        Database of the dated studies.
    n_jobs
        Worker processes.
    cluster
        Whose workers do the work instead; None: processes of this machine.
    target_trials
        None: `reoptimize.trials` of the settings.
    timeout
        As in `SearchRequest`.
    validate
        Ask for the verdict; a FAIL is not staged.
    accept_changes
        As in `SearchRequest`.
    moment
        Names the study (factor_opt_YYYYMMDD) and is what the data's age is counted to.
    """

    inputs: InputRequest
    root: Path
    study_file: Path
    n_jobs: int
    cluster: Cluster | None = None
    target_trials: int | None = None
    timeout: Duration | None = None
    validate: bool = True
    accept_changes: bool = False
    moment: datetime

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def study_name(self) -> str:
        """The dated study."""
        return f"factor_opt_{self.moment:%Y%m%d}"

    def run(self, trials: int | None = None) -> RunRequest:
        """The run that it comes to; `trials` where it says nothing of their number."""
        return filled_from(
            self,
            RunRequest,
            study_name=self.study_name,
            target_trials=trials if self.target_trials is None else self.target_trials,
            command="reoptimize",
        )


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes
    ----------
    decision
        In words: staged, or no change, and why.
    proposal
        The challenger against the incumbent; None without a feasible trial.
    report
        The page beside the staged file; None where there is none.
    """

    result: Optimised
    decision: str
    exit_code: ExitCode
    proposal: Proposal | None = None
    staged: Staged | None = None
    report: Path | None = None


def foretell(request: ReoptimizeRequest, log: Log, listener: RunListener = unheard) -> Forecast:
    """What `reoptimize` would do; nothing is run, nothing is written.

    Raises
    ------
    ExoError
        As `only_run` and `reoptimize` before the first trial.
    """
    from mech_exo.system.locks import check_free

    session = _prepared(request, log, listener)
    check_free(*_lock(request.root))
    check_target(request.root / LOGS / "log", touch=False)
    run = request.run(session.settings.reoptimize.trials)
    found = forecast_of(replace(run, stage=True), session)
    files = (request.study_file, request.root / LOGS, request.root / STAGING)
    return replace(found, files=files)


def reoptimize(
    request: ReoptimizeRequest, listener: RunListener = unheard, log: Log | None = None
) -> Outcome:
    """Read the data afresh, tune, judge, compare with the incumbent, and stage what is better.

    Parameters
    ----------
    listener
        Told of everything that happens, of the decision last.
    log
        Where notes and warnings go; None: to Python's own log.

    Raises
    ------
    ExoError
        For bad, stale or broken inputs; as `optimise`; where nothing could be staged; why there is
        no verdict, if one was asked for.
    """
    check_is("reoptimize", request, ReoptimizeRequest)
    log = log or PythonLog()
    session = _prepared(request, log, listener)
    check_staging(request.root)
    remove_leftovers(request.root / STAGING)
    result = tuned(request.run(session.settings.reoptimize.trials), session, listener)
    outcome = _outcome(request, session, result, log)
    listener(ResultFound(outcome.result, outcome.decision))
    return outcome


def _prepared(request: ReoptimizeRequest, log: Log, listener: RunListener) -> Session:
    """The inputs, read afresh; what is not fit for a run is refused."""
    session = opened(request.run(), log, listener)
    path = request.root / INCUMBENT
    incumbent = read_factor_file(path) if is_there(path) else None
    check_data(session, incumbent, request.moment.date())
    words = "none yet" if incumbent is None else f"{path} ({incumbent.content_hash[:12]})"
    log.note(f"incumbent  {words}")
    return session


def _outcome(request: ReoptimizeRequest, session: Session, result: Optimised, log: Log) -> Outcome:
    if result.outcome.interrupted:
        words = "interrupted; the same command goes on"
        return Outcome(result, words, ExitCode.INTERRUPTED)
    if result.trial is None or not result.feasible:
        words = "no change: no trial satisfies all constraints"
        return Outcome(result, words, ExitCode.NO_FEASIBLE_TRIAL)
    if result.verdict_failure is not None:
        raise result.verdict_failure
    return _decided(request, session, result, log)


def _decided(request: ReoptimizeRequest, session: Session, result: Optimised, log: Log) -> Outcome:
    """Stage the result unless something but its demo data speaks against it."""
    text = factor_file_text(repeatable(result))
    label = f"the best of study {request.study_name}"
    proposal = weigh(session, request.root, label, text, request.moment, request.study_file)
    for caution in proposal.cautions:
        log.warn(caution)
    against = [o.words for o in proposal.objections if o.kind != "demo"]
    if against:
        words = "; ".join(against)
        decision = words if words.startswith("no change") else f"no change: {words}"
        return Outcome(result, decision, ExitCode.DONE, proposal)
    made = datetime.fromisoformat(str(proposal.file.metadata["created_at"]))
    staged = stage_text(text, request.root, made, again=True)
    result = replace(result, files=replace(result.files, staged=staged))
    better = proposal.contest.reason if proposal.contest else proposal.remark
    log.note(f"staged     {staged.dated}")
    page = _page(result, staged.dated.with_suffix(".html"), log)
    return Outcome(result, f"staged: {better}", ExitCode.DONE, proposal, staged, page)


def _page(result: Optimised, path: Path, log: Log) -> Path | None:
    """The report beside the staged file; None where it is not wanted, or could not be written."""
    from mech_exo.tearsheet.opening import of_result
    from mech_exo.tearsheet.report_file import report_of

    if result.session.settings.reoptimize.report is False:
        return None
    try:
        write_atomically(path, report_of(of_result(result)), overwrite=True)
    except ExoError as error:  # what was staged is staged
        log.warn(f"no report was written: {error.message}")
        return None
    log.note(f"report     {path}")
    return path
