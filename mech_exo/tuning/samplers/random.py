"""`random`: independent uniform draws."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from optuna.samplers import RandomSampler

from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.cube import Ranges
from mech_exo.tuning.samplers.base import Needs, Sampler, Seed, seed_words
from mech_exo.tuning.samplers.even_draws import even_draws


class SeededRandomSampler(RandomSampler):
    """RandomSampler whose state can be set for each trial."""

    def restart_from(self, words: Seed) -> None:
        """Be as a RandomSampler newly made with this seed."""
        self._rng.rng.seed(words)


class Random(Sampler):
    """A trial depends on the seed and its number only."""

    name = "random"
    learns = False
    label = "RandomSampler"

    @classmethod
    def made(cls, needs: Needs) -> Self:
        """The sampler of a search."""
        return cls(needs.settings.window, needs.space)

    def __init__(self, window: int, space: Ranges) -> None:
        super().__init__(window)
        self.optuna: SeededRandomSampler = SeededRandomSampler(seed=0)
        self._even = even_draws(space)
        self._words: Seed = np.zeros(4, dtype=np.uint32)

    def reseed(self, sequence: np.random.SeedSequence) -> None:
        """Take the random numbers of the next trial from `sequence`."""
        self._words = seed_words(sequence)

    def evenly(self) -> Mapping[str, Parameter]:
        """All parameters of the space."""
        return self._even.draw(self._words)

    def drawing(self) -> SeededRandomSampler:
        """Optuna's sampler, with the random numbers of the trial at hand."""
        self.optuna.restart_from(self._words)
        return self.optuna
