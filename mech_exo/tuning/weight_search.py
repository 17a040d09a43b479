"""The search over factor weights, as the engine searches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

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
from mech_exo.system.memory import give_back_freed
from mech_exo.tuning.cube import to_json
from mech_exo.tuning.fingerprint import components_of
from mech_exo.tuning.plan import Search, WarmStart
from mech_exo.tuning.problem import Problem

if TYPE_CHECKING:
    from mech_exo.config import Settings
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.objective.objective_file import ObjectiveFile

OWN_OBJECTIVE = "objective"  # name of the value that the objective file computes


@dataclass(frozen=True)
class WeightSearch:
    """A search over the weights of factors, on some data.

    Parameters
    ----------
    settings
        The resolved settings; `tuning`, `backtest`, `holdout`, … are part of the fingerprint.
    objective
        The user's file, already read: its bytes are what every process runs.
    panel
        The in-sample panel; no trial sees the holdout.
    market
        The in-sample market, where the objective file defines factors of its own.
    warm_start
        As in `Search`.
    """

    settings: Settings
    objective: ObjectiveFile
    panel: Panel
    market: Market | None = None
    warm_start: tuple[WarmStart, ...] = ()

    def problem(self) -> Problem:
        """The objective file over the panel, rehearsed once, and its evaluator packed.

        Raises
        ------
        ExoError
            For a mistake in the objective file, with its line.
        """
        spec = self._spec
        evaluator = Evaluator(spec, self.panel, self.settings, self.market)
        rehearsal = rehearse(evaluator)
        if self.market is not None:
            market = known(self.market, self.panel)
            check_repeats(spec, market, evaluator.space.arguments(rehearsal.params))
        parts = evaluator.parts()
        problem = Problem(
            suggest=evaluator.space.suggest,
            evaluator=parts,
            directions=evaluator.directions,
            constraint_names=evaluator.constraint_names,
            objective_names=evaluator.objectives or (OWN_OBJECTIVE,),
            space={name: to_json(_range(d)) for name, d in rehearsal.distributions.items()},
            conditional=rehearsal.conditional,
            notes=rehearsal.notes,
        )
        del evaluator  # so that its arrays are moved into the parcel, and not copied
        give_back_freed()
        problem = replace(problem, evaluator=parts.packed())
        give_back_freed()
        return problem

    def search(self) -> Search:
        """For the engine.

        Raises
        ------
        ExoError
            As `problem`.
        """
        problem = self.problem()
        return Search(
            problem=problem,
            components=lambda space: self.components(problem, space),
            settings=self.settings,
            warm_start=self.warm_start,
            undivided=self.undivided,
        )

    def components(self, problem: Problem, space: Mapping[str, str]) -> dict[str, str]:
        """The components of the fingerprint, for the space of parameters."""
        spec = self._spec
        return components_of(
            self.settings,
            objective_sha256=self.objective.sha256,
            space=space,
            thresholds=spec.limits,
            objectives=[
                f"{direction} {name}"
                for name, direction in zip(problem.objective_names, problem.directions, strict=True)
            ],
            data=data_identity(self.panel, self.market, spec, self.settings),
            kernel_version=KERNEL_VERSION,
        )

    def undivided(self) -> str:
        """The one hash of the data, as the studies of kernel 1 have it."""
        return data_fingerprint(self.panel, self.market, self._spec)

    @property
    def _spec(self) -> ObjectiveSpec:
        return ObjectiveSpec.compile(self.objective.source, self.objective.label)


def _range(distribution: Distribution) -> BaseDistribution:
    d = distribution
    if d.kind == "categorical":
        return CategoricalDistribution(d.choices)
    if d.kind == "int":
        return IntDistribution(int(d.low), int(d.high), log=d.log, step=int(d.step or 1))
    return FloatDistribution(d.low, d.high, log=d.log, step=d.step)
