"""`qmc`: trial i is the i-th point of a scrambled Sobol sequence."""

from collections.abc import Mapping
from typing import Self

import numpy as np

from mech_exo.factor_file.document import Parameter
from mech_exo.tuning.cube import Cube, Ranges
from mech_exo.tuning.samplers.base import Needs
from mech_exo.tuning.samplers.random import Random
from mech_exo.tuning.sobol import Sobol


class QMC(Random):
    """A trial depends on the seed and its number only."""

    name = "qmc"
    label = "QMCSampler"
    fixed_space = True

    @classmethod
    def load(cls) -> None:
        """Import what reads the sequence's table."""
        Sobol(1, np.random.default_rng(0))

    @classmethod
    def made(cls, needs: Needs) -> Self:
        """The sampler of a search."""
        return cls(needs.settings.window, needs.space, needs.settings.seed)

    def __init__(self, window: int, space: Ranges, seed: int) -> None:
        super().__init__(window, space)
        self._cube = Cube(space, self.name)
        # The scrambling, too, is the study's: drawn from its seed alone.
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
        self._sobol = Sobol(max(len(self._cube), 1), rng)

    def point(self, index: int) -> Mapping[str, Parameter]:
        """Parameters of trial `index`."""
        return self._cube.values(self._sobol.point(index)[: len(self._cube)])
