"""A whole search in memory: the same asking as a study's, no file, no workers.

The verdict repeats a study's search on other data hundreds of times. Trial i is asked by the same
`Asker`, from the same told trials and the same random numbers, so that on the study's own data the
repeated search is the study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from mech_exo.config.settings import TuningSettings
from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.asking import Asker
from mech_exo.tuning.preflight import try_once
from mech_exo.tuning.problem import EvaluatesTogether
from mech_exo.tuning.samplers import sampler_class
from mech_exo.tuning.study_record import State, StudyRecord, TrialRecord
from mech_exo.tuning.tally import Tally
from mech_exo.workforce.evaluation_work import Suggestion

if TYPE_CHECKING:
    from mech_exo.tuning.problem import Problem
    from mech_exo.workforce.evaluation_work import Evaluates, EvaluationLike

STATES: dict[str, State] = {"complete": "COMPLETE", "pruned": "PRUNED", "fail": "FAIL"}


def load(settings: TuningSettings) -> None:
    """Import all that a search needs: processes that are forked later do not do it each."""
    sampler_class(settings.sampler).load()


def search(
    problem: Problem,
    evaluator: Evaluates | EvaluatesTogether,
    settings: TuningSettings,
    trials: int | None,
    *,
    patience: int | None = None,
    warm_start: Sequence[Mapping[str, Parameter]] = (),
) -> StudyRecord:
    """Run trials one after the other.

    Parameters
    ----------
    problem
        Its `suggest` draws the candidates; its `evaluator` is not used.
    evaluator
        Evaluates on the data of this search.
    settings
        Sampler, seed, window and pruner: those of the study that is repeated.
    trials
        How many at the most; None: until the patience ends it.
    patience
        Trials without a better feasible one that end it; None: none do.
    warm_start
        Parameters of trials 0, 1, …, within the space.

    Returns
    -------
    StudyRecord
        In memory only; its trials have no times.
    """
    asker = Asker(problem, settings, try_once(problem, settings.seed), warm_start)
    records: list[TrialRecord] = []
    tally = Tally(problem.directions)
    while tally.ending(trials, patience) is None:
        # what can be asked by now is asked in one go, and evaluated in one go
        begun = len(records)
        certain = range(begun, begun + tally.left(trials, patience))
        asked = [*map(asker.ask, takewhile(asker.ready, certain))]
        for suggestion, evaluation in zip(asked, _evaluated(evaluator, asked), strict=True):
            record = _record(suggestion, evaluation).canonical()
            asker.add(record)
            tally.add(record)
            records.append(record)
    return StudyRecord(
        name="search",
        directions=problem.directions,
        kind="plain",  # every trial counts
        constraint_names=problem.constraint_names,
        objective_names=problem.objective_names,
        trials=tuple(records),
    )


def _evaluated(
    evaluator: Evaluates | EvaluatesTogether, asked: Sequence[Suggestion]
) -> Sequence[EvaluationLike]:
    if isinstance(evaluator, EvaluatesTogether):
        return evaluator.evaluate_all(asked)
    return [evaluator.evaluate(trial.params, trial.limits) for trial in asked]


def _record(suggestion: Suggestion, evaluation: EvaluationLike) -> TrialRecord:
    return TrialRecord(
        number=suggestion.index,
        state=STATES[evaluation.state],
        params=suggestion.params,
        distributions=suggestion.distributions,
        values=evaluation.values,
        constraints=evaluation.constraints or None,
        metrics=evaluation.metrics,
        intermediate=evaluation.intermediate,
        reason=evaluation.reason,
    )
