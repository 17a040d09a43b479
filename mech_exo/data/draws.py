"""Random numbers that are the same on every machine."""

import math

import numpy as np

from mech_exo.data.panel import FloatArray

TAIL_SHARE = 0.05  # of draws from the wide component of `fat`
TAIL_SCALE = 3.0


class Draws:
    """A stream of random numbers made of integers, sums, products and square roots only.

    NumPy promises the raw integers of PCG64 for ever, and IEEE 754 the four operations and the
    root; no function of the C library takes part, whose last bits differ between machines.

    Parameters
    ----------
    seed, stream
        Streams of one seed are independent, so that one can change without moving the others.
    """

    def __init__(self, seed: int, stream: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence((seed, stream)))

    def uniform(self, *shape: int) -> FloatArray:
        """Uniform on [0, 1)."""
        raw = self._bits.random_raw(math.prod(shape))
        return ((raw >> np.uint64(11)).astype(np.float64) * 2.0**-53).reshape(shape)

    def normal(self, *shape: int) -> FloatArray:
        """Very nearly standard normal: twelve uniforms less six (Irwin-Hall)."""
        total: FloatArray = self.uniform(12, *shape).sum(axis=0) - 6.0
        return total

    def fat(self, *shape: int) -> FloatArray:
        """Mean 0, variance 1, kurtosis 7.6: one normal in twenty is three times as wide."""
        variance = 1.0 - TAIL_SHARE + TAIL_SHARE * TAIL_SCALE**2
        scale = np.where(self.uniform(*shape) < TAIL_SHARE, TAIL_SCALE, 1.0)
        return self.normal(*shape) * scale / math.sqrt(variance)

    def persistent(self, steps: int, memory: float, *shape: int) -> FloatArray:
        """[steps, *shape]: x_t = memory · x_{t−1} + noise, of variance 1 throughout."""
        path = self.normal(steps, *shape)
        noise = math.sqrt(1.0 - memory * memory)
        for t in range(1, steps):
            path[t] = memory * path[t - 1] + noise * path[t]
        return path
