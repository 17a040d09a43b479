"""Data, tuning, verdict, comparison, staging: one run of `exo reoptimize`.

Each step can be repeated and then ends in the same state: trials and replicates are kept in the
study's file as they finish, the factor file depends on the study alone, and files are written
whole.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.errors import ExitCode
from mech_exo.factor_file.read import read_factor_file
from mech_exo.factor_file.write import factor_file_text
from mech_exo.promote.promotion import Proposal, weigh
from mech_exo.reoptimize.freshness import check_data
from mech_exo.reoptimize.journal import LOGS
from mech_exo.system.whole_files import check_target, remove_leftovers
from mech_exo.workflow.factor_list import factors_of_study
from mech_exo.workflow.forecast import Forecast, forecast
from mech_exo.workflow.incumbent import INCUMBENT, warn_of_incumbent
from mech_exo.workflow.optimise import Job, tuned
from mech_exo.workflow.optimised import Optimised
from mech_exo.workflow.repeatable import repeatable
from mech_exo.workflow.session import Log, Request, Session, open_session
from mech_exo.workflow.stage import STAGING, Staged, check_staging, stage_text

if TYPE_CHECKING:
    from mech_exo.tuning.events import Event
    from mech_exo.tuning.replicates import Progress

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
class Order:
    """What `exo reoptimize` was asked to do.

    Attributes
    ----------
    root
        Project folder.
    target_trials
        None: `reoptimize.trials` of the settings.
    moment
        Names the study (factor_opt_YYYYMMDD) and is what the data's age is counted to.
    """

    request: Request
    root: Path
    study_file: Path
    n_jobs: int
    target_trials: int | None = None
    validate: bool = True
    accept_changes: bool = False
    moment: datetime

    @property
    def study_name(self) -> str:
        """The dated study."""
        return f"factor_opt_{self.moment:%Y%m%d}"


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes
    ----------
    decision
        In words: staged, or no change, and why.
    proposal
        The challenger against the incumbent; None without a feasible trial.
    """

    result: Optimised
    decision: str
    exit_code: ExitCode
    proposal: Proposal | None = None
    staged: Staged | None = None


def prepare(order: Order, log: Log) -> Session:
    """Read the data afresh and refuse what is not fit for a run.

    Raises
    ------
    ExoError
        For bad, stale or broken inputs.
    """
    listed = factors_of_study(order.study_file, order.study_name)
    session = open_session(order.request, log, listed)
    session.try_apart()
    warn_of_incumbent(session, log)
    path = order.root / INCUMBENT
    incumbent = read_factor_file(path) if path.exists() else None
    check_data(session, incumbent, order.moment.date())
    words = "none yet" if incumbent is None else f"{path} ({incumbent.content_hash[:12]})"
    log.note(f"incumbent  {words}")
    return session


def trials_of(order: Order, session: Session) -> int:
    """How many trials the study shall hold."""
    wanted = order.target_trials
    return session.settings.reoptimize.trials if wanted is None else wanted


def job_of(order: Order, session: Session) -> Job:
    """The search that an order asks for."""
    return Job(
        study_name=order.study_name,
        study_file=order.study_file,
        n_jobs=order.n_jobs,
        target_trials=trials_of(order, session),
        accept_changes=order.accept_changes,
        validate=order.validate,
        command="reoptimize",
        root=order.root,
    )


def foretell(order: Order, session: Session) -> Forecast:
    """What `reoptimize` would do; nothing is run, nothing is written.

    Raises
    ------
    ExoError
        As `only_run` and `reoptimize` before the first trial.
    """
    from mech_exo.system.locks import check_free

    check_free(*_lock(order.root))
    check_target(order.root / LOGS / "log", touch=False)
    found = forecast(replace(job_of(order, session), stage=True), session)
    return replace(found, files=(order.study_file, order.root / LOGS, order.root / STAGING))


def reoptimize(
    order: Order,
    session: Session,
    log: Log,
    listener: "Callable[[Event], None]",
    progress: "Progress | None" = None,
) -> Outcome:
    """Tune, judge, compare with the incumbent, and stage what is better.

    Raises
    ------
    ExoError
        As `optimise`, and where nothing could be staged; why there is no verdict, if one was
        asked for.
    """
    check_staging(order.root)
    remove_leftovers(order.root / STAGING)
    result = tuned(job_of(order, session), session, listener, progress)
    if result.outcome.interrupted:
        words = "interrupted; the same command goes on"
        return Outcome(result, words, ExitCode.INTERRUPTED)
    if result.trial is None or not result.feasible:
        words = "no change: no trial satisfies all constraints"
        return Outcome(result, words, ExitCode.NO_FEASIBLE_TRIAL)
    if result.verdict_failure is not None:
        raise result.verdict_failure
    return _decided(order, session, result, log)


def _decided(order: Order, session: Session, result: Optimised, log: Log) -> Outcome:
    """Stage the result unless something but its demo data speaks against it."""
    text = factor_file_text(repeatable(result))
    label = f"the best of study {order.study_name}"
    proposal = weigh(session, order.root, label, text, order.moment, order.study_file)
    against = [o.words for o in proposal.objections if o.kind != "demo"]
    if against:
        words = "; ".join(against)
        decision = words if words.startswith("no change") else f"no change: {words}"
        return Outcome(result, decision, ExitCode.DONE, proposal)
    made = datetime.fromisoformat(str(proposal.file.metadata["created_at"]))
    staged = stage_text(text, order.root, made, again=True)
    result = replace(result, files=replace(result.files, staged=staged))
    better = proposal.contest.reason if proposal.contest else proposal.remark
    log.note(f"staged     {staged.dated}")
    return Outcome(result, f"staged: {better}", ExitCode.DONE, proposal, staged)
