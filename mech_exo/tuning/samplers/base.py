"""What the engine asks of a sampler."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray
from optuna.samplers import BaseSampler

from mech_exo.factor_file.document import Parameter
from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.study_record import TrialRecord

if TYPE_CHECKING:
    from mech_exo.config.settings import TuningSettings
    from mech_exo.tuning.cube import Ranges
    from mech_exo.tuning.told_trials import ToldTrials

Seed = NDArray[np.uint32]


def seed_words(sequence: np.random.SeedSequence) -> Seed:
    """[4] words that set a random state."""
    return sequence.generate_state(4).astype(np.uint32, copy=False)


class Needs(NamedTuple):
    """What a sampler can be made of.

    Attributes
    ----------
    space
        What the objective file suggested when it was tried; samplers that need all parameters
        beforehand (`fixed_space`) draw exactly these.
    history
        The told trials, for samplers of Optuna.
    """

    settings: TuningSettings
    space: Ranges
    directions: tuple[Direction, ...]
    history: ToldTrials


class Sampler(ABC):
    """Draws trial i from the first `needs(i)` trials and from SeedSequence(seed, i), no more.

    What a trial may depend on is decided here, never by what happens to have finished.

    Attributes
    ----------
    name
        As in `tuning.sampler`; the name of its file.
    label
        As in a factor file.
    optuna
        Draws what `point` leaves open.
    prunable
        Whether it can do with trials that ended early.
    fixed_space
        Whether every trial must have all parameters of the space that was found beforehand.
    window_setting
        What its window is called for the user.
    learns
        Whether what it asks depends on the trials before.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    optuna: BaseSampler
    prunable: ClassVar[bool] = True
    fixed_space: ClassVar[bool] = False
    window_setting: ClassVar[str] = "--window"
    learns: ClassVar[bool] = True

    def __init__(self, window: int) -> None:
        self.window = window

    @classmethod
    def check_installed(cls) -> None:
        """Raise an ExoError that names the extra if what it draws with is not installed."""
        return  # most need nothing more

    @classmethod
    def load(cls) -> None:
        """Import what it imports when it first draws."""
        return  # most draw with what is there

    @classmethod
    def made(cls, needs: Needs) -> Sampler:
        """The sampler of a search; one that needs more than a window says so here."""
        return cls(needs.settings.window)

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

    def evenly(self) -> Mapping[str, Parameter]:
        """What `drawing` would draw of the space, where it is asked for in its order.

        Quicker than to have it drawn; {} where that is not known.
        """
        return {}

    def drawing(self) -> BaseSampler:
        """Optuna's sampler, with the random numbers of the trial at hand."""
        return self.optuna

    def learn(self, record: TrialRecord) -> None:
        """See the next told trial; samplers of Optuna read the history instead."""
        del record


class GenerationWindow:
    """The window of a sampler that goes by generations: all trials of the earlier ones.

    They are not pruned: a generation crowds around its median, so that most of it would be.
    """

    window: int
    prunable: ClassVar[bool] = False
    window_setting: ClassVar[str] = "generation (tuning.population)"

    def needs(self, index: int) -> int:
        """How many trials have been told when trial `index` is asked."""
        return index // self.window * self.window
