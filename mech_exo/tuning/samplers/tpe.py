"""`tpe`: Optuna's tree-structured Parzen estimator, multivariate, constraints included."""

from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from mech_exo.tuning.history import History
from mech_exo.tuning.samplers.base import Sampler, Seed, seed_words


class _QuickTPESampler(TPESampler):
    """TPESampler that reads past parameters from the history's arrays.

    Optuna converts every parameter of every trial at every ask, a third of its time at 1,000
    trials. The arrays hold the same numbers: a test compares the suggestions bit for bit with
    those of the plain sampler. Should a later Optuna not call this method, only time is lost.
    """

    def __init__(self, history: History) -> None:
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
    """Asks are independent of the trials in flight (`constant_liar=False`)."""

    name = "tpe"

    def __init__(self, window: int, history: History) -> None:
        super().__init__(window)
        self.optuna: _QuickTPESampler = _QuickTPESampler(history)

    def reseed(self, sequence: np.random.SeedSequence) -> None:
        """Take the random numbers of the next trial from `sequence`."""
        self.optuna.restart_from(seed_words(sequence))
