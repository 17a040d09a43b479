"""From a tuned study to a result: which trial, what it is worth, and its factor file."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.data.likeness import Likeness
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import FactorFile
from mech_exo.system.installed import package_versions
from mech_exo.system.memory import in_pieces
from mech_exo.system.plain_values import plain
from mech_exo.verdict.holdout import HoldoutLedger
from mech_exo.workflow.appraiser import Appraisee
from mech_exo.workflow.figures import ConstraintValue
from mech_exo.workflow.incumbent import INCUMBENT, comparable, fit_of, incumbent_file
from mech_exo.workflow.optimised import Choice, Optimised
from mech_exo.workflow.provenance import git_commit
from mech_exo.workflow.remembered_verdicts import standing_of_trial
from mech_exo.workflow.trial_file import Export
from mech_exo.workflow.verdict_run import label_of, plateau_trial

if TYPE_CHECKING:
    from mech_exo.factor_file.document import Parameter
    from mech_exo.tuning.plan import StudyOutcome
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord
    from mech_exo.workflow.session import Session


def result_of(
    session: "Session",
    study_file: Path,
    outcome: "StudyOutcome",
    number: int | None = None,
    command: str = "optuna-run",
) -> Optimised:
    """The result of a run.

    Parameters
    ----------
    number
        Report this trial instead of the best.
    command
        What looks at the holdout.

    Raises
    ------
    ExoError
        If trial `number` is not a complete one of the current epoch.
    """
    study = outcome.study
    trial = _chosen(study, number)
    chosen: Choice = "best"
    if trial is not None and trial.feasible and number is None:
        chosen = session.settings.verdict.choose
    if chosen == "plateau":
        trial = plateau_trial(session, study)
    front = study.front() if len(study.directions) > 1 else ()
    bare = Optimised(session, study_file, outcome, trial, front=front, chosen=chosen)
    return bare if trial is None else _with_figures(bare, trial, command)


def _with_figures(bare: Optimised, trial: "TrialRecord", command: str) -> Optimised:
    """The result of a trial, with its figures and what stands beside them."""
    session, study, study_file = bare.session, bare.outcome.study, bare.study_file
    ledger = HoldoutLedger(study_file, session.panel, session.split)
    label = label_of(trial, bare.chosen)
    by = f"{command}: {label} of study {study.name}"
    asked = [Appraisee(label, trial.params, by)]
    incumbent, failure = _incumbent(session)
    if incumbent is not None:
        known = session.appraiser.space.meaningful(incumbent.params)
        # its look comes first, so that the best trial's count includes it
        beside = Appraisee(INCUMBENT, known, f"{command}: {INCUMBENT}", spare=True)
        asked.insert(0, beside)
    appraised = session.appraiser.appraise(asked, ledger)
    session.appraiser.let_go()
    found = replace(
        bare,
        best=appraised.portfolios[-1],
        universe=appraised.universe,
        constraints=_constraints(session, study, trial),
        standing=standing_of_trial(session, study_file, study, trial),
    )
    if incumbent is None or len(appraised.portfolios) == 1:
        return replace(found, incumbent_failure=appraised.failures.get(INCUMBENT, failure))
    fit = fit_of(incumbent, session)
    return replace(
        found,
        incumbent=appraised.portfolios[0],
        incumbent_fit=fit,
        starts_knowing=fit.words if _starts_from(study, asked[0].params) else "",
    )


def _incumbent(session: "Session") -> tuple[FactorFile | None, str]:
    """The incumbent if it can be compared; None with the reason if it has become unreadable.

    All other reasons were said before the search (`warn_of_incumbent`).
    """
    try:
        found = incumbent_file(session.cwd)
    except ExoError as error:  # the search is done: its result does not depend on this file
        return None, error.message
    return (found if found is not None and comparable(session, found) else None), ""


def _starts_from(study: "StudyRecord", params: Mapping[str, "Parameter"]) -> bool:
    """Whether the study's first given trial is this portfolio."""
    epoch = study.epoch
    given = (study.attributes.get("warm_start") or {}) if epoch is not None else {}
    vectors = given.get(str(epoch.number), ()) if epoch is not None else ()
    first = vectors[0] if vectors else {}
    return bool(first) and all(params.get(name) == value for name, value in first.items())


def _chosen(study: "StudyRecord", number: int | None) -> "TrialRecord | None":
    if number is None:
        if len(study.directions) > 1:
            return None
        return study.best() or study.least_violating()
    return complete_trial(study, number)


def complete_trial(study: "StudyRecord", number: int) -> "TrialRecord":
    """Trial `number` of the current epoch; an ExoError if there is no such complete trial."""
    for trial in study.current:
        if trial.number == number and trial.state == "COMPLETE":
            return trial
    raise ExoError(
        f"study {study.name!r} has no complete trial {number} in the current epoch.",
        hint=f"`exo study trials {study.name}` lists them.",
    )


def _constraints(
    session: "Session", study: "StudyRecord", trial: "TrialRecord"
) -> tuple[ConstraintValue, ...]:
    return tuple(
        ConstraintValue.of(name, session.spec.limits.get(name), distance, trial.metrics)
        for name, distance in zip(study.constraint_names, trial.constraints or (), strict=True)
    )


def factor_file_of(result: Optimised) -> FactorFile:
    """The factor file of a result's trial."""
    import numpy as np

    from mech_exo.tuning.samplers import pruner_of, sampler_class

    assert result.trial is not None
    assert result.best is not None
    session, study = result.session, result.outcome.study
    appraiser = session.appraiser
    tuning = session.settings.tuning
    sampler = sampler_class(tuning.sampler)
    file = Export(
        study=study,
        trial=result.trial,
        weights=result.best.weights,
        categories=appraiser.categories,
        hyperparameters=result.best.hyperparameters,
        parameters=result.best.parameters,
        portfolio=result.best.rules,
        data_points=sum(
            int(np.isfinite(part).sum()) for part in in_pieces(session.in_sample.returns)
        ),
        sampler=sampler.name,
        sampler_label=sampler.label,
        pruner=pruner_of(tuning, len(study.directions)),
        provenance=_provenance(result),
        out_of_sample=_out_of_sample(result),
        elapsed_seconds=result.outcome.elapsed_seconds,
        chosen=result.chosen,
    ).factor_file()
    present = result.standing.present
    return file if present is None else replace(file, verdict=dict(present.block))


def _provenance(result: Optimised) -> dict[str, Any]:
    from mech_exo.backtest.kernel import KERNEL_VERSION

    session = result.session
    panel, found = session.panel, session.checked.as_block()
    return {
        "data_source": panel.source,
        "data_fingerprint": session.data_fingerprint,
        "in_sample_fingerprint": session.in_sample_fingerprint,
        "data": session.data_identity.as_dict(),
        "data_start": str(panel.dates[0]),
        "data_end": str(panel.dates[-1]),
        "market": Likeness.of(session.market, session.settings.data.source).as_dict(),
        **({"data_findings": found} if found else {}),
        "in_sample_end": str(panel.dates[session.split - 1]),
        "objective_sha256": session.objective.sha256,
        "study_fingerprint": result.outcome.fingerprint or None,
        "kernel_version": KERNEL_VERSION,
        "seed": session.settings.tuning.seed,
        "settings": session.settings.as_dict(),
        "packages": package_versions(),
        "git_commit": git_commit(session.objective.path.parent, session.cwd),
    }


def _out_of_sample(result: Optimised) -> dict[str, Any] | None:
    session = result.session
    best, universe = result.best, result.universe
    if best is None or universe is None or best.out_of_sample is None:
        return None
    return {
        "start": str(session.panel.dates[session.split]),
        "end": str(session.panel.dates[-1]),
        "looks": result.looks,
        "metrics": plain(best.out_of_sample),
        "universe": plain(universe.out_of_sample or {}),
    }
