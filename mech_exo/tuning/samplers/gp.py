"""`gp`: Optuna's Gaussian process, where torch is installed."""

import importlib.util

import numpy as np
from optuna.samplers import GPSampler

from mech_exo.errors import ExoError
from mech_exo.tuning.samplers.base import Sampler


class GP(Sampler):
    """A GPSampler is made for each trial: it carries fitted kernels from one ask to the next,
    which a resumed study would not have."""

    name = "gp"
    label = "GPSampler"

    @classmethod
    def check_installed(cls) -> None:
        """Raise an ExoError if there is no torch."""
        if importlib.util.find_spec("torch") is None:
            raise ExoError(
                "--sampler gp needs torch, which is not installed.",
                hint="Install the extra: pip install 'mech-exo[gp]'; or use --sampler tpe.",
            )

    def __init__(self, window: int) -> None:
        super().__init__(window)
        self.check_installed()
        import torch  # type: ignore[import-not-found, unused-ignore]

        torch.set_num_threads(1)  # sums depend on the number of threads
        self.optuna = GPSampler(seed=0)

    def reseed(self, sequence: np.random.SeedSequence) -> None:
        """Take the random numbers of the next trial from `sequence`."""
        self.optuna = GPSampler(seed=int(sequence.generate_state(1)[0]))
