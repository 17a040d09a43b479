"""The search over factor weights, as a problem for the engine."""

from __future__ import annotations

from collections.abc import Mapping

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from mech_exo.backtest.kernel import KERNEL_VERSION
from mech_exo.objective.distribution import Distribution
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.exposures import (
    check_repeats,
    data_fingerprint,
    data_identity,
    known,
)
from mech_exo.objective.rehearsal import rehearse
from mech_exo.objective.spec import ObjectiveSpec
from mech_exo.tuning.cube import to_json
from mech_exo.tuning.fingerprint import components_of
from mech_exo.tuning.plan import StudyPlan
from mech_exo.tuning.problem import Problem

OWN_OBJECTIVE = "objective"  # name of the value that the objective file computes


def problem_of(plan: StudyPlan) -> Problem:
    """The plan's objective file over its panel, rehearsed once.

    Raises
    ------
    ExoError
        For a mistake in the objective file, with its line.
    """
    spec = ObjectiveSpec.compile(plan.objective.source, plan.objective.label)
    evaluator = Evaluator(spec, plan.panel, plan.settings, plan.market)
    rehearsal = rehearse(evaluator)
    if plan.market is not None:
        market = known(plan.market, plan.panel)
        check_repeats(spec, market, evaluator.space.arguments(rehearsal.params))
    return Problem(
        suggest=evaluator.space.suggest,
        evaluator=evaluator.parts(),
        directions=evaluator.directions,
        constraint_names=evaluator.constraint_names,
        objective_names=evaluator.objectives or (OWN_OBJECTIVE,),
        space={name: to_json(_range(d)) for name, d in rehearsal.distributions.items()},
        conditional=rehearsal.conditional,
        notes=rehearsal.notes,
    )


def components_for(plan: StudyPlan, problem: Problem, space: Mapping[str, str]) -> dict[str, str]:
    """The components of the plan's fingerprint."""
    spec = ObjectiveSpec.compile(plan.objective.source, plan.objective.label)
    return components_of(
        plan.settings,
        objective_sha256=plan.objective.sha256,
        space=space,
        thresholds=spec.limits,
        objectives=[
            f"{direction} {name}"
            for name, direction in zip(problem.objective_names, problem.directions, strict=True)
        ],
        data=data_identity(plan.panel, plan.market, spec),
        kernel_version=KERNEL_VERSION,
    )


def undivided_data(plan: StudyPlan) -> str:
    """The one hash of the plan's data, as the studies of kernel 1 have it."""
    spec = ObjectiveSpec.compile(plan.objective.source, plan.objective.label)
    return data_fingerprint(plan.panel, plan.market, spec)


def _range(distribution: Distribution) -> BaseDistribution:
    d = distribution
    if d.kind == "categorical":
        return CategoricalDistribution(d.choices)
    if d.kind == "int":
        return IntDistribution(int(d.low), int(d.high), log=d.log, step=int(d.step or 1))
    return FloatDistribution(d.low, d.high, log=d.log, step=d.step)
