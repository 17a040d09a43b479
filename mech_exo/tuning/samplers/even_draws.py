"""Independent uniform draws of a whole space at once: those of Optuna's RandomSampler."""

from collections.abc import Mapping

import numpy as np
from optuna._transform import _SearchSpaceTransform

from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.cube import Ranges, only
from mech_exo.tuning.samplers.base import Seed


class EvenDraws:
    """Draws of a space whose parameters are asked for in its order, and no others.

    RandomSampler makes its transformation anew for every parameter of every trial, four fifths of
    its time. This is Optuna's own transformation, kept; a test compares the draws bit for bit.
    """

    def __init__(self, space: Ranges) -> None:
        self._space = space
        self._drawn = {name: d for name, d in space.items() if not d.single()}
        self._transform = _SearchSpaceTransform(self._drawn) if self._drawn else None
        self._rng = np.random.RandomState(0)

    def draw(self, words: Seed) -> Mapping[str, Parameter]:
        """Parameters, from the random state that `words` set."""
        found: dict[str, Parameter] = {}
        if self._transform is not None:
            self._rng.seed(words)
            low, high = self._transform.bounds.T
            found = self._transform.untransform(self._rng.uniform(low, high))
        return {name: found[name] if name in found else only(d) for name, d in self._space.items()}
