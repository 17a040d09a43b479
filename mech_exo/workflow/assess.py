"""From a tuned study to a result: which trial, what it is worth, and its factor file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mech_exo.data.likeness import Likeness
from mech_exo.errors import ExoError
from mech_exo.export.document import Export, defined
from mech_exo.export.provenance import git_commit, package_versions
from mech_exo.factor_file.document import FactorFile
from mech_exo.verdict.holdout import look
from mech_exo.verdict.validate import with_verdict
from mech_exo.workflow.incumbent import INCUMBENT, comparable, incumbent_file
from mech_exo.workflow.judgement import label_of, plateau_trial
from mech_exo.workflow.result import Choice, Constraint, Metrics, Optimised

if TYPE_CHECKING:
    from mech_exo.tuning.plan import StudyOutcome
    from mech_exo.tuning.study import StudyRecord, TrialRecord
    from mech_exo.workflow.session import Session


def assess(
    session: "Session", study_file: Path, outcome: "StudyOutcome", number: int | None = None
) -> Optimised:
    """The result of a run.

    Parameters
    ----------
    number
        Report this trial instead of the best.

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
    if trial is None:
        return Optimised(session, study_file, outcome, None, front=front)
    judge = session.judge
    incumbent = incumbent_file(session.cwd)
    return Optimised(
        session,
        study_file,
        outcome,
        trial,
        best=judge.portfolio(label_of(trial, chosen), trial.params),
        universe=judge.universe(trial.params),
        incumbent=None
        if incumbent is None or not comparable(session, incumbent)
        else judge.portfolio(INCUMBENT, judge.meaningful(incumbent.params)),
        constraints=_constraints(session, study, trial),
        front=front,
        looks=_look(
            session,
            study_file,
            trial,
            f"optuna-run: {label_of(trial, chosen)} of study {study.name}",
        ),
        chosen=chosen,
    )


def _look(session: "Session", study_file: Path, trial: "TrialRecord", origin: str) -> int:
    """Portfolios seen on this holdout so far, this one included; 0 without a holdout."""
    if session.holdout is None:
        return 0
    looks = look(
        study_file, session.judge.space, trial.params, session.panel, session.split, origin
    )
    return len({entry.content for entry in looks})


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
) -> tuple[Constraint, ...]:
    return tuple(
        Constraint(name, getattr(session.spec.thresholds, name), distance)
        for name, distance in zip(study.constraint_names, trial.constraints or (), strict=True)
    )


def factor_file_of(result: Optimised) -> FactorFile:
    """The factor file of a result's trial."""
    import numpy as np

    assert result.trial is not None
    assert result.best is not None
    session, study = result.session, result.outcome.study
    judge = session.judge
    tuning = session.settings.tuning
    prunes = len(study.directions) == 1 and tuning.sampler not in ("cmaes", "nsga2")
    file = Export(
        study=study,
        trial=result.trial,
        weights=result.best.weights,
        categories=judge.categories,
        hyperparameters=result.best.hyperparameters,
        parameters=result.best.parameters,
        data_points=int(np.isfinite(session.in_sample.returns).sum()),
        sampler=tuning.sampler,
        pruner=tuning.pruner if prunes else "none",
        provenance=_provenance(result),
        out_of_sample=_out_of_sample(result),
        elapsed_seconds=result.outcome.elapsed_seconds,
        chosen=result.chosen,
    ).factor_file()
    return file if result.verdict is None else with_verdict(file, result.verdict)


def _provenance(result: Optimised) -> dict[str, Any]:
    from mech_exo.backtest.kernel import KERNEL_VERSION

    session = result.session
    panel = session.panel
    return {
        "data_source": panel.source,
        "data_fingerprint": session.data_fingerprint,
        "in_sample_fingerprint": session.in_sample_fingerprint,
        "data": session.data_identity.as_dict(),
        "data_start": str(panel.dates[0]),
        "data_end": str(panel.dates[-1]),
        "market": Likeness.of(session.market, session.settings.data.source).as_dict(),
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
        "metrics": _defined(best.out_of_sample),
        "universe": _defined(universe.out_of_sample or {}),
    }


def _defined(metrics: Metrics) -> dict[str, float | None]:
    return {name: defined(value) for name, value in metrics.items()}
