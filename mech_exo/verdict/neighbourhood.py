"""The candidate's surroundings in its own space: small moves, and portfolios drawn evenly."""

import math
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from mech_exo.backtest.result import BacktestResult
from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import WEIGHT
from mech_exo.objective.evaluate import Evaluator
from mech_exo.verdict.overfitting import probability_of_overfitting
from mech_exo.verdict.plateau import Plateau, look_around, robust_centre
from mech_exo.verdict.subject import Subject
from mech_exo.verdict.supplementary import RatioReport, Supplementary, report_ratio

if TYPE_CHECKING:
    from mech_exo.factor_file.document import Parameter
    from mech_exo.tuning.cube import Cube

SOBOL_KEY = 0x736F626F
MIDDLE = 0.5  # of an axis, for a parameter that neither the candidate nor the settings name


class Neighbourhood:
    """Evaluates points of the space around a subject's candidate, in sample."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._evaluator: Evaluator = subject.evaluator(subject.in_sample)
        found = self._evaluator.evaluate(subject.params, measure=False)
        self._bounded = found.feasible  # a candidate that is itself infeasible has no neighbours

    @cached_property
    def cube(self) -> "Cube":
        """The numeric axes of the space."""
        from mech_exo.tuning.axes import numeric_axes

        return numeric_axes(self._evaluator.space.suggest, self._subject.settings.tuning.seed)

    @cached_property
    def _full(self) -> "dict[str, Parameter]":
        """The candidate with a value for every axis."""
        middle = self.cube.values(np.full(len(self.cube), MIDDLE))
        defaults = self._subject.settings.hyperparameters
        space = self._evaluator.space
        windows: dict[str, Parameter] = {**space.windows, **space.mandates.standing}
        stated = {
            n: windows.get(n, getattr(defaults, n, 0.0 if n.startswith(WEIGHT) else v))
            for n, v in middle.items()
        }
        return {**stated, **self._subject.params}

    def value(self, params: Mapping[str, Any]) -> float:
        """The objective, larger better; NaN for a point that fails or violates a constraint."""
        found = self._evaluator.evaluate(params, measure=False)
        if found.state != "complete" or (self._bounded and not found.feasible):
            return math.nan
        first = self._evaluator.directions[0]
        return found.values[0] if first == "maximize" else -found.values[0]

    def plateau(self) -> Plateau:
        """How the objective falls off around the candidate."""
        settings = self._subject.settings
        return look_around(
            self._full, self.value, self.cube, settings.verdict.neighbours, settings.tuning.seed
        )

    def centre(self) -> "dict[str, Parameter]":
        """Parameters of the best robust region (`--choose plateau`); the candidate without one."""
        settings = self._subject.settings
        assert self._subject.study is not None
        found = robust_centre(
            self._subject.study,
            self.value,
            self.cube,
            settings.verdict.neighbours,
            settings.tuning.seed,
        )
        return found or dict(self._subject.params)

    def reported(self) -> Supplementary:
        """The figures that are shown and do not decide."""
        subject = self._subject
        settings = subject.settings
        result = self._evaluator.run(subject.params)
        active = result.returns - self._against(result)
        trials = subject.study.trials if subject.study is not None else ()
        overfitting, portfolios = self._overfitting()

        def report(returns: FloatArray, metric: str) -> RatioReport:
            ratios = [t.metrics.get(metric, math.nan) for t in trials]
            seed, frequency = settings.tuning.seed, subject.panel.frequency
            return report_ratio(returns, ratios, subject.looked_at, seed, frequency)

        return Supplementary(
            trials=subject.looked_at,
            observations=len(result.returns),
            sharpe=report(result.returns, "sharpe"),
            information_ratio=report(active, "information_ratio"),
            overfitting=overfitting,
            portfolios=portfolios,
        )

    def _overfitting(self) -> tuple[float, int]:
        """PBO of the active returns of portfolios drawn evenly from the space."""
        settings = self._subject.settings.verdict
        drawn = self._evaluator.run_all(self._even_points(settings.portfolios))
        columns = [r.returns - self._against(r) for r in drawn if not isinstance(r, ExoError)]
        length = min((len(c) for c in columns), default=0)  # a bankrupt path ends early
        blocks = settings.overfitting_blocks - settings.overfitting_blocks % 2
        if length < 2 * blocks or len(columns) < 2:
            return math.nan, len(columns)
        table = np.column_stack([c[:length] for c in columns])
        return probability_of_overfitting(table, blocks).probability, len(columns)

    def _even_points(self, portfolios: int) -> "list[dict[str, Parameter]]":
        """Points of a scrambled Sobol sequence; at least `portfolios`, a power of two."""
        from mech_exo.tuning.sobol import Sobol

        sequence = np.random.SeedSequence(
            self._subject.settings.tuning.seed, spawn_key=(SOBOL_KEY,)
        )
        generator = np.random.Generator(np.random.PCG64(sequence))
        points = Sobol(max(len(self.cube), 1), generator).points(
            2 ** math.ceil(math.log2(portfolios))
        )
        return [{**self._full, **self.cube.values(p[: len(self.cube)])} for p in points]

    def _against(self, result: BacktestResult) -> FloatArray:
        benchmark = self._subject.benchmark
        if benchmark is None:
            return result.benchmark_returns
        return benchmark[result.first : result.first + len(result.returns)]
