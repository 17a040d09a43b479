"""`tpe`: the tree-structured Parzen estimator, multivariate, constraints included.

For one objective over parameters that every trial has, the estimator stands on arrays
(`parzen.py`), some twenty times quicker than Optuna's own class and equal to it within
1e-9 of each range (a test compares them). The first ten trials are drawn evenly. Several
objectives, spaces that differ between trials and those without a continuous parameter are asked of
Optuna's class itself.
"""

import math
from bisect import insort
from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from typing import Any, Self

import numpy as np
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.factor_file.document import Parameter
from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.cube import Ranges, only, to_json
from mech_exo.tuning.samplers.base import Needs, Sampler, Seed, seed_words
from mech_exo.tuning.samplers.better_trials import Better
from mech_exo.tuning.samplers.even_draws import even_draws
from mech_exo.tuning.samplers.other_trials import Others
from mech_exo.tuning.samplers.parzen import Axes, Axis, Steps
from mech_exo.tuning.study_record import TrialRecord
from mech_exo.tuning.told_trials import ToldTrials

STARTUP = 10  # trials drawn evenly from the space
MOST_BETTER = 25


class _QuickTPESampler(TPESampler):
    """TPESampler that reads past parameters from the history's arrays.

    Optuna converts every parameter of every trial at every ask, a third of its time at 1,000
    trials. The arrays hold the same numbers: a test compares the suggestions bit for bit with
    those of the plain sampler. Should a later Optuna not call this method, only time is lost.
    """

    def __init__(self, history: ToldTrials) -> None:
        super().__init__(constant_liar=False, seed=0)
        self._history = history

    def restart_from(self, words: Seed) -> None:
        """Be as a TPESampler newly made with this seed."""
        self._rng.rng.seed(words)
        self._random_sampler._rng.rng.seed(words)

    def _get_internal_repr(
        self, trials: list[FrozenTrial], search_space: dict[str, BaseDistribution], study: Study
    ) -> dict[str, np.ndarray[Any, Any]]:
        del study
        rows = np.fromiter((t.number for t in trials), dtype=np.int64, count=len(trials))
        block = np.array([self._history.column(name)[rows] for name in search_space])
        known = ~np.isnan(block).any(axis=0)
        return dict(zip(search_space, block[:, known], strict=True))


class TPE(Sampler):
    """Asks are independent of the trials in flight."""

    name = "tpe"
    label = "TPESampler"

    @classmethod
    def load(cls) -> None:
        """Import the distributions, which the first ten trials do without."""
        import_module("scipy.special")

    @classmethod
    def made(cls, needs: Needs) -> Self:
        """The sampler of a search."""
        return cls(needs.settings.window, needs.space, needs.directions, needs.history)

    def __init__(
        self, window: int, space: Ranges, directions: tuple[Direction, ...], history: ToldTrials
    ) -> None:
        super().__init__(window)
        self._history = history
        self._even = even_draws(space)
        self._rng = np.random.RandomState(0)
        self._words: Seed = np.zeros(4, dtype=np.uint32)
        served = len(directions) == 1 and Estimator.serves(space)
        self._estimator = Estimator(space, directions[0]) if served else None
        self._ranges = {name: to_json(d) for name, d in space.items()}

    def reseed(self, sequence: np.random.SeedSequence) -> None:
        """Take the random numbers of the next trial from `sequence`."""
        self._words = seed_words(sequence)

    def evenly(self) -> Mapping[str, Parameter]:
        """All parameters of the space, for the first trials."""
        return self._even.draw(self._words) if self._estimator is not None else {}

    @cached_property
    def optuna(self) -> _QuickTPESampler:  # type: ignore[override]
        """Optuna's sampler, made where it is to draw: most searches do without it."""
        return _QuickTPESampler(self._history)

    def drawing(self) -> _QuickTPESampler:
        """Optuna's sampler, with the random numbers of the trial at hand."""
        self.optuna.restart_from(self._words)
        return self.optuna

    def point(self, index: int) -> Mapping[str, Parameter]:
        """Parameters of trial `index`; none where Optuna's class is to draw them."""
        del index
        if self._estimator is None or self._estimator.count < STARTUP:
            return {}
        self._rng.seed(self._words)
        return self._estimator.suggest(self._rng)

    def learn(self, record: TrialRecord) -> None:
        """See the next told trial."""
        if self._estimator is None or record.state == "FAIL":
            return
        if dict(record.distributions) != self._ranges:
            self._estimator = None  # the space is conditional
            return
        self._estimator.learn(record)


class Estimator:
    """The trials of one space, split into the better ones and the others.

    Parameters
    ----------
    space
        What every trial has; a parameter of a single value is none to estimate.
    direction
        Of the one objective.
    """

    def __init__(self, space: Ranges, direction: Direction) -> None:
        drawn = {name: Axis.of(d) for name, d in sorted(space.items()) if not d.single()}
        self._single = {name: only(d) for name, d in space.items() if d.single()}
        self._numbers = {name: axis for name, axis in drawn.items() if not axis.choices}
        self._tables = {name: axis for name, axis in drawn.items() if axis.choices}
        self._axes = Axes([*self._numbers.values()])
        self._sign = -1.0 if direction == "maximize" else 1.0
        self._steps = Steps(list(self._numbers.values()))
        self._others = Others([*self._numbers.values()], [*self._tables.values()], self._steps)
        # rows by rank: complete and feasible, pruned and feasible, infeasible
        self._ranked: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        self._better: frozenset[int] = frozenset()
        self._new: list[int] = []  # rows that are in neither mixture yet

    @staticmethod
    def serves(space: Ranges) -> bool:
        """Whether a space has a continuous parameter.

        Without one, many candidates are equally good, and which of them is first depends on the
        rounding of every sum.
        """
        return any(
            isinstance(d, FloatDistribution) and d.step is None and not d.single()
            for d in space.values()
        )

    @property
    def count(self) -> int:
        """Trials that count."""
        return self._others.rows

    def learn(self, record: TrialRecord) -> None:
        """Take in a complete or pruned trial."""
        row = self.count
        values = np.array([record.params[name] for name in self._numbers], dtype=np.float64)
        choices = np.array(
            [
                int(axis.distribution.to_internal_repr(record.params[name]))
                for name, axis in self._tables.items()
            ],
            dtype=np.int64,
        )
        self._others.add(self._axes.coordinates(values), choices)
        self._new.append(row)
        kind, key = self._rank(record)
        insort(self._ranked[kind], (*key, row))

    def suggest(self, rng: np.random.RandomState) -> dict[str, Parameter]:
        """Parameters at which the better trials are densest, compared with the others."""
        points, chosen, gain = self.candidates(rng)
        return self.params(points, chosen, int(np.argmax(gain)))

    def candidates(self, rng: np.random.RandomState) -> tuple[FloatArray, IntArray, FloatArray]:
        """Coordinates [24, d], choices [24, c] and log ratio of the densities [24].

        Candidates so far from all trials that only the prior reaches them have the same ratio but
        for rounding, and any of them is as good.
        """
        self._split()
        rows = np.array(sorted(self._better), dtype=np.int64)
        better = Better([*self._tables.values()], *self._others.observed(rows))
        points, chosen = better.draw(rng)
        for j in self._steps.stepped:  # what is compared is what would be tried
            axis = self._steps.axis(j)
            points[:, j] = axis.coordinate(axis.value(points[:, j]))
        gain = better.log_density(points, self._steps, chosen)
        gain -= self._others.log_density(points, chosen)
        return points, chosen, gain

    def params(self, points: FloatArray, chosen: IntArray, at: int) -> dict[str, Parameter]:
        """Parameters of one candidate."""
        found: dict[str, Parameter] = dict(self._single)
        values = self._axes.values(points[at]).tolist()
        for (name, axis), value in zip(self._numbers.items(), values, strict=True):
            found[name] = axis.distribution.to_external_repr(value)
        for j, (name, axis) in enumerate(self._tables.items()):
            found[name] = axis.distribution.to_external_repr(int(chosen[at, j]))
        return found

    def _rank(self, record: TrialRecord) -> tuple[int, tuple[float, ...]]:
        """As Optuna ranks: by value; by the last step and its value; by the sum of violations."""
        kept = [math.inf if c != c else c for c in record.constraints or ()]
        violation = sum(c for c in kept if c > 0.0)
        if violation > 0.0:
            return 2, (violation,)
        if record.state == "COMPLETE":
            return 0, (self._sign * record.values[0],)
        if not record.intermediate:
            return 1, (1.0, 0.0)
        step, value = max(record.intermediate.items())
        return 1, (-step, math.inf if value != value else self._sign * value)

    def _split(self) -> None:
        """Move trials between the two mixtures where the ranks have changed."""
        wanted = min(math.ceil(0.1 * self.count), MOST_BETTER)
        rows: list[int] = []
        for ranked in self._ranked:
            rows += [entry[-1] for entry in ranked[: wanted - len(rows)]]
        better = frozenset(rows)
        for row in better - self._better:
            self._others.take(row)
        for row in (*self._new, *(self._better - better)):
            if row not in better:
                self._others.put(row)
        self._better, self._new = better, []
