"""What the engine asks of a sampler."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from optuna.samplers import BaseSampler

from mech_exo.tuning.study_record import Parameter, TrialRecord

Seed = NDArray[np.uint32]


def seed_words(sequence: np.random.SeedSequence) -> Seed:
    """[4] words that set a random state."""
    return sequence.generate_state(4).astype(np.uint32, copy=False)


class Sampler(ABC):
    """Draws trial i from the first `needs(i)` trials and from SeedSequence(seed, i), no more.

    What a trial may depend on is decided here, never by what happens to have finished.
    """

    name: str
    optuna: BaseSampler  # draws what `point` leaves open
    prunable = True  # whether it can do with trials that ended early

    def __init__(self, window: int) -> None:
        self.window = window

    def needs(self, index: int) -> int:
        """How many trials have been told when trial `index` is asked."""
        return max(0, index - self.window + 1)

    @abstractmethod
    def reseed(self, sequence: np.random.SeedSequence) -> None:
        """Take the random numbers of the next trial from `sequence`."""

    def point(self, index: int) -> Mapping[str, Parameter]:
        """Parameters of trial `index` that are decided without Optuna."""
        del index
        return {}

    def learn(self, record: TrialRecord) -> None:
        """See the next told trial; samplers of Optuna read the history instead."""
        del record


class GenerationWindow:
    """The window of a sampler that goes by generations: all trials of the earlier ones.

    They are not pruned: a generation crowds around its median, so that most of it would be.
    """

    window: int
    prunable = False

    def needs(self, index: int) -> int:
        """How many trials have been told when trial `index` is asked."""
        return index // self.window * self.window
