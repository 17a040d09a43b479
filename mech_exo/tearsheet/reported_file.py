"""From a factor file to what a tear sheet is made from."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.factor_file.read import read_factor_file
from mech_exo.tearsheet.reported import Reported
from mech_exo.tearsheet.stored_record import as_stored
from mech_exo.verdict.holdout import HoldoutLedger
from mech_exo.verdict.subject import file_subject
from mech_exo.workflow.appraiser import Appraisee
from mech_exo.workflow.figures import ConstraintValue, Metrics
from mech_exo.workflow.incumbent import INCUMBENT, comparable, fit_of, incumbent_file
from mech_exo.workflow.log import Log
from mech_exo.workflow.remembered_verdicts import standing_of_file
from mech_exo.workflow.reopen import reopen
from mech_exo.workflow.session import InputRequest, Session, open_session
from mech_exo.workflow.stated_mandate import check_construct
from mech_exo.workflow.verdict_run import study_of_file

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord
    from mech_exo.verdict.subject import Subject
    from mech_exo.workflow.appraiser import Params

COMMAND = "report"  # what looks at the holdout, for the ledger


def reported_file(path: Path, study_file: Path, inputs: InputRequest, log: Log) -> Reported:
    """A factor file, opened; a look at the holdout is entered before its figures.

    A file that is as it was exported needs no ledger where there is none: its export was the look.

    Raises
    ------
    ExoError
        For a file or data that cannot be read.
    """
    file = read_factor_file(path)
    stated = file.stated_settings is not None
    session = (
        reopen(str(path), file, inputs, log, refuse=False)
        if stated
        else open_session(inputs, log, refuse=False)
    )
    session.try_apart()
    study = study_of_file(file, study_file)
    whole = Reported(
        kind="file",
        name=str(path),
        label=path.name,
        study_file=study_file,
        study=study,
        trial=_trial_of(file, study),
        file=file,
        standing=standing_of_file(file, study_file, session.settings.verdict),
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
    ledger = None
    shown_files = [one for one in (file, beside) if one is not None]
    if whole.study_file.exists() or not all(one.hash_matches for one in shown_files):
        ledger = HoldoutLedger(whole.study_file, session.panel, session.split)
    found = appraiser.appraise(asked, ledger)
    incumbent = found.portfolios[0] if len(found.portfolios) > 1 else None
    return replace(
        whole,
        session=session,
        uncounted=ledger is None,
        cautions=(*whole.cautions, *_uncounted(whole, session, entered=ledger is not None)),
        subject=_subject(whole, file, session),
        params=params,
        best=found.portfolios[-1],
        universe=found.universe,
        incumbent=incumbent,
        incumbent_fit=None if incumbent is None or beside is None else fit_of(beside, session),
        constraints=_constraints(session, params, found.portfolios[-1].in_sample),
    )


def _uncounted(whole: Reported, session: Session, *, entered: bool) -> Iterator[str]:
    if session.holdout is not None and not entered:
        yield (
            f"There is no study file {whole.study_file}, so looks at the holdout are not counted: "
            "the export of the file was one, and it says how many there were by then."
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


def _constraints(
    session: Session, params: "Params", metrics: Metrics
) -> tuple[ConstraintValue, ...]:
    """What the portfolio has in sample, and the limits of the objective file."""
    from mech_exo.objective.rehearsal import rehearse

    evaluator = session.appraiser.in_sample
    if session.spec.own_constraints:
        rehearse(evaluator)
    distances = evaluator.evaluate(params, measure=False).constraints
    return tuple(
        ConstraintValue.of(name, session.spec.limits.get(name), distance, metrics)
        for name, distance in zip(evaluator.constraint_names, distances, strict=True)
    )
