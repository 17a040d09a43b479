"""`cmaes`: CMA-ES of the `cmaes` library, driven by trial number.

Optuna's own CmaEsSampler ignores constraints and keeps pickles in the study. Here the state is
rebuilt from the trials: generation g is the trials g·P … (g+1)·P − 1, told in number order.
"""

import sys
from collections.abc import Mapping
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import Parameter
from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.cube import Cube, Ranges
from mech_exo.tuning.samplers.base import GenerationWindow, Needs
from mech_exo.tuning.samplers.random import Random
from mech_exo.tuning.study_record import TrialRecord

if TYPE_CHECKING:
    from cmaes import CMA

INITIAL_SIGMA = 0.25  # of the unit cube


class CMAES(GenerationWindow, Random):
    """The window is a generation."""

    name = "cmaes"
    learns = True
    label = "CMAES"
    fixed_space = True

    @classmethod
    def load(cls) -> None:
        """Import the library."""
        _cma()

    @classmethod
    def made(cls, needs: Needs) -> Self:
        """The sampler of a search."""
        return cls(needs.settings.population, needs.space, needs.directions, needs.settings.seed)

    def __init__(
        self, population: int, space: Ranges, directions: tuple[Direction, ...], seed: int
    ) -> None:
        super().__init__(population, space)
        if len(directions) != 1:
            raise ExoError(
                "--sampler cmaes has one objective only.", hint="Use --sampler nsga2 or tpe."
            )
        self._sign = 1.0 if directions[0] == "maximize" else -1.0
        self._cube = Cube(space, self.name)
        self._seed = seed
        self._word = 0
        self._generation: list[TrialRecord] = []
        self._count = 0
        self._cma = self._start(np.full(len(self._cube), 0.5))

    def reseed(self, sequence: np.random.SeedSequence) -> None:
        """Take the random numbers of the next trial from `sequence`."""
        super().reseed(sequence)
        self._word = int(sequence.generate_state(1)[0])

    def point(self, index: int) -> Mapping[str, Parameter]:
        """Parameters of trial `index`, drawn from the state after the earlier generations."""
        del index
        if not len(self._cube):
            return self._cube.single
        self._cma.reseed_rng(self._word)
        return self._cube.values(self._cma.ask())

    def learn(self, record: TrialRecord) -> None:
        """See the next told trial; the state moves with the last of a generation."""
        self._generation.append(record)
        if len(self._generation) < self.window or not len(self._cube):
            return
        ranked = sorted(self._generation, key=lambda r: rank(r, self._sign))
        self._cma.tell([(self._cube.point(r.params), float(i)) for i, r in enumerate(ranked)])
        self._generation = []
        self._count += 1
        if self._cma.should_stop():
            self._cma = self._start(self._restart_mean())

    def _start(self, mean: FloatArray) -> "CMA":
        bounds = np.tile([0.0, 1.0], (len(self._cube), 1))
        return _cma()(
            mean=mean if len(mean) else np.array([0.5]),
            sigma=INITIAL_SIGMA,
            bounds=bounds if len(mean) else None,
            seed=0,
            population_size=self.window,
        )

    def _restart_mean(self) -> FloatArray:
        """Where a search that has converged begins anew: a point of the generation's number."""
        sequence = np.random.SeedSequence(self._seed, spawn_key=(self._count, 1))
        return np.random.Generator(np.random.PCG64(sequence)).uniform(size=len(self._cube))


def _cma() -> "type[CMA]":
    """The library's CMA, from its own module where that can be loaded alone.

    The package imports all its other algorithms, and with them scipy.stats: half a second.
    """
    name = "cmaes._cma"
    if name not in sys.modules:
        package = find_spec("cmaes")  # without running it
        folders = package.submodule_search_locations if package is not None else None
        file = Path(next(iter(folders or ()), "")) / "_cma.py"
        spec = spec_from_file_location(name, file) if file.is_file() else None
        if spec is None or spec.loader is None:
            from cmaes import CMA

            return CMA  # type: ignore[no-any-return]
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    return sys.modules[name].CMA  # type: ignore[no-any-return]


def rank(record: TrialRecord, sign: float) -> tuple[float, ...]:
    """Sort key of a trial of one objective, best first; `sign` is 1 to maximise, −1 to minimise.

    Feasible trials by value; then by the sum of violations; failed ones last. Equal trials compare
    equal: sort stably.
    """
    if record.state != "COMPLETE":
        return (2.0,)
    if not record.feasible:
        return (1.0, record.violation)
    return (0.0, -sign * record.values[0])
