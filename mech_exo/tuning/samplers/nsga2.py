"""`nsga2`: Optuna's NSGA-II with constraints, generations counted by trial number."""

from typing import Self

import numpy as np
from optuna.samplers import NSGAIISampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from mech_exo.tuning.samplers.base import GenerationWindow, Needs, Sampler, Seed, seed_words


class _NumberedNSGAIISampler(NSGAIISampler):
    """NSGAIISampler whose generation g is the trials g·P … (g+1)·P − 1.

    Optuna counts completed trials instead, so that a failed trial or another process would move
    the border.
    """

    def __init__(self, population: int) -> None:
        super().__init__(population_size=population, seed=0)
        self._parents: list[list[FrozenTrial]] = [[]]  # by generation

    def restart_from(self, words: Seed) -> None:
        """Be as an NSGAIISampler newly made with this seed."""
        self._rng.rng.seed(words)
        self._random_sampler._rng.rng.seed(words)

    def get_trial_generation(self, study: Study, trial: FrozenTrial) -> int:
        """The generation of a trial."""
        del study
        assert self.population_size is not None
        return trial.number // self.population_size

    def get_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The completed trials of a generation."""
        assert self.population_size is not None
        first = generation * self.population_size
        trials = study.get_trials(deepcopy=False)[first : first + self.population_size]
        return [t for t in trials if t.state == TrialState.COMPLETE]

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The parents of a generation in number order.

        Optuna gives the first trial of a generation its parents in the order of selection and the
        others in number order, so that a resumed study would draw others.
        """
        while len(self._parents) <= generation:
            parents = self.select_parent(study, len(self._parents))
            self._parents.append(sorted(parents, key=lambda t: t.number))
        return self._parents[generation]


class NSGA2(GenerationWindow, Sampler):
    """The window is a generation."""

    name = "nsga2"
    label = "NSGAIISampler"

    @classmethod
    def made(cls, needs: Needs) -> Self:
        """The sampler of a search."""
        return cls(needs.settings.population)

    def __init__(self, population: int) -> None:
        super().__init__(population)
        self.optuna: _NumberedNSGAIISampler = _NumberedNSGAIISampler(population)

    def reseed(self, sequence: np.random.SeedSequence) -> None:
        """Take the random numbers of the next trial from `sequence`."""
        self.optuna.restart_from(seed_words(sequence))
