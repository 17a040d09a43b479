"""Independent uniform draws of a whole space at once: those of Optuna's RandomSampler."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from optuna._transform import _SearchSpaceTransform

from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.cube import Ranges, from_json, only, to_json
from mech_exo.tuning.samplers.base import Seed

KEPT = 64  # draws of a space


class EvenDraws:
    """Draws of a space whose parameters are asked for in its order, and no others.

    RandomSampler makes its transformation anew for every parameter of every trial, four fifths of
    its time. This is Optuna's own transformation, kept; a test compares the draws bit for bit. The
    first `KEPT` draws are kept, too: a verdict's searches all begin with the same.
    """

    def __init__(self, space: Ranges) -> None:
        self._space = space
        self._drawn = {name: d for name, d in space.items() if not d.single()}
        self._transform = _SearchSpaceTransform(self._drawn) if self._drawn else None
        self._rng = np.random.RandomState(0)
        self._kept: dict[bytes, Mapping[str, Parameter]] = {}

    def draw(self, words: Seed) -> Mapping[str, Parameter]:
        """Parameters, from the random state that `words` set; not to be changed."""
        key = words.tobytes()
        if key in self._kept:
            return self._kept[key]
        found = self._drawn_from(words)
        if len(self._kept) < KEPT:
            self._kept[key] = found
        return found

    def _drawn_from(self, words: Seed) -> dict[str, Parameter]:
        found: dict[str, Parameter] = {}
        if self._transform is not None:
            self._rng.seed(words)
            low, high = self._transform.bounds.T
            found = self._transform.untransform(self._rng.uniform(low, high))
        return {name: found[name] if name in found else only(d) for name, d in self._space.items()}


def even_draws(space: Ranges) -> EvenDraws:
    """The draws of a space: the same object for all searches of a process over it."""
    return _draws(tuple((name, to_json(d)) for name, d in space.items()))


@lru_cache(maxsize=8)
def _draws(space: tuple[tuple[str, str], ...]) -> EvenDraws:
    return EvenDraws({name: from_json(text) for name, text in space})
