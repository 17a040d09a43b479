"""TPE's mixture of the better trials: few, made anew at each ask, drawn from."""

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.tuning.samplers.parzen import (
    LOG_ROOT_TAU,
    Axis,
    Steps,
    chances,
    fading,
    log_fading,
    log_mass,
    log_sum,
    ordered_widths,
)

CANDIDATES = 24  # drawn at each ask


class Better:
    """The mixture of the better trials.

    Parameters
    ----------
    tables
        Axes of the categories.
    coordinates
        [n, d] of the numbers.
    categories
        [n, c] positions of the choices.

    Attributes
    ----------
    centre, sigma, mass
        [d, n + 1] of the kernels, the prior's last; the logarithm of their mass in the range.
    """

    def __init__(self, tables: list[Axis], coordinates: FloatArray, categories: IntArray) -> None:
        count, width = coordinates.shape
        self.weights = fading(count)
        self._kernels = np.empty((4, width, count + 1))
        self.centre, self.sigma, self._log_below, self.mass = self._kernels
        self.centre[:, :count], self.centre[:, count] = coordinates.T, 0.5
        self.sigma[:, :count], self.sigma[:, count] = ordered_widths(coordinates.T), 1.0
        self.low = -self.centre / self.sigma
        self.high = (1.0 - self.centre) / self.sigma
        self.mass[:] = log_mass(self.low, self.high)
        self.tables = [chances(categories[:, j], axis.choices) for j, axis in enumerate(tables)]

    def draw(self, rng: np.random.RandomState) -> tuple[FloatArray, IntArray]:
        """Coordinates [24, d] and choices [24, c]: Optuna's draws from the same random state."""
        from scipy.special import log_ndtr, ndtri_exp

        edges = np.add.accumulate(self.weights)
        edges /= edges[-1]
        kernel = edges.searchsorted(rng.random_sample(CANDIDATES), side="right")
        chosen = np.empty((CANDIDATES, len(self.tables)), dtype=np.int64)
        for j, table in enumerate(self.tables):
            reached = np.cumsum(table[kernel], axis=1)
            reached[:, -1] = 1.0
            chosen[:, j] = (reached < rng.random_sample(CANDIDATES)[:, None]).sum(axis=1)
        width = len(self.centre)
        if not width:
            return np.empty((CANDIDATES, 0)), chosen
        share = rng.random_sample((width, CANDIDATES))
        log_ndtr(self.low, out=self._log_below)
        centre, sigma, below, mass = self._kernels.take(kernel, axis=2)
        left = self.low < 0.0
        with np.errstate(divide="ignore"):
            if left.all():
                quantile = ndtri_exp(np.logaddexp(below, np.log(share) + mass))
            else:  # of a kernel at the lower end of the range
                left = left[:, kernel]
                tail = np.where(left, below, log_ndtr(-self.high)[:, kernel])
                inside = np.where(left, np.log(share), np.log1p(-share)) + mass
                quantile = ndtri_exp(np.logaddexp(tail, inside))
                quantile = np.where(left, quantile, -quantile)
        points = quantile * sigma + centre
        np.maximum(points, 0.0, out=points)
        return np.minimum(points, 1.0, out=points).T, chosen

    def log_density(self, points: FloatArray, steps: Steps, chosen: IntArray) -> FloatArray:
        """Log density [24] at candidates, but for a constant."""
        centre, sigma = steps.smooth_rows(self.centre), steps.smooth_rows(self.sigma)
        mass, x = steps.smooth_rows(self.mass), steps.smooth_rows(points.T)
        distance = x[:, :, None] - centre[:, None, :]
        distance /= sigma[:, None, :]
        np.multiply(distance, distance, out=distance)
        constant = log_fading(len(self.weights) - 1) - (np.log(sigma) + mass).sum(axis=0)
        terms = constant - 0.5 * distance.sum(axis=0) - LOG_ROOT_TAU * len(x)
        for j in steps.stepped:
            terms += steps.log_mass(j, points[:, j], self.centre[j], self.sigma[j])
        for j, table in enumerate(self.tables):
            terms += np.log(table[:, chosen[:, j]]).T
        return log_sum(terms)
