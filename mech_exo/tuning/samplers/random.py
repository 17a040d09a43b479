"""`random`: independent uniform draws."""

import numpy as np
from optuna.samplers import RandomSampler

from mech_exo.tuning.samplers.base import Sampler, Seed, seed_words


class SeededRandomSampler(RandomSampler):
    """RandomSampler whose state can be set for each trial."""

    def restart_from(self, words: Seed) -> None:
        """Be as a RandomSampler newly made with this seed."""
        self._rng.rng.seed(words)


class Random(Sampler):
    """A trial depends on the seed and its number only."""

    name = "random"
    label = "RandomSampler"

    def __init__(self, window: int) -> None:
        super().__init__(window)
        self.optuna: SeededRandomSampler = SeededRandomSampler(seed=0)

    def reseed(self, sequence: np.random.SeedSequence) -> None:
        """Take the random numbers of the next trial from `sequence`."""
        self.optuna.restart_from(seed_words(sequence))
