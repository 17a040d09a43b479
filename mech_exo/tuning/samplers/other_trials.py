"""TPE's mixture of all other trials: many, of which few change from one ask to the next.

What does not change is kept.
"""

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.tuning.samplers.parzen import (
    LOG_ROOT_TAU,
    Axis,
    Steps,
    chances,
    log_fading,
    log_mass,
    log_sum,
    ordered_widths,
    widths,
)


class Others:
    """The mixture of all trials but the better ones.

    Row 0 is the prior, row i + 1 trial i; a trial that is among the better ones keeps its row and
    has no weight. For continuous parameters the kernels are kept in the order of their coordinates,
    and the constants of a kernel are computed when its width has changed.
    """

    def __init__(self, numbers: list[Axis], tables: list[Axis], steps: Steps) -> None:
        self._steps, self._tables = steps, tables
        self._width = len(steps.smooth)
        self._rows = 0  # trials added
        self._count = 0  # of them in this mixture
        self._tied = np.zeros(self._width, dtype=np.bool_)
        self._inside = np.zeros(64, dtype=np.bool_)
        self._points = np.empty((64, len(numbers)))
        self._choices = np.empty((64, len(tables)), dtype=np.int64)
        # of the kernels in order, from 1 on: coordinate (0 in front of them), width, trial
        self._kernels = np.empty((self._width, 3, 66))
        self._slopes = np.zeros((2 * self._width, 65))  # finite also where a row has no weight
        self._terms = np.zeros((65, self._width))
        self._constant = np.zeros(65)
        self._kernels[:, 0, 0] = 0.0
        self._fill(np.arange(self._width), np.full(self._width, -1), np.full(self._width, 0.5), 1.0)

    def add(self, points: FloatArray, choices: IntArray) -> None:
        """Take in the next trial, outside the mixture until `put` says otherwise."""
        if self._rows == len(self._inside):
            self._grow()
        self._points[self._rows], self._choices[self._rows] = points, choices
        self._inside[self._rows] = False
        self._rows += 1

    @property
    def rows(self) -> int:
        """Trials taken in, those outside the mixture included."""
        return self._rows

    def observed(self, rows: IntArray) -> tuple[FloatArray, IntArray]:
        """Coordinates [n, d] and choices [n, c] of trials."""
        return self._points[rows], self._choices[rows]

    def put(self, row: int) -> None:
        """Have a trial in the mixture."""
        end, values = self._count + 1, self._smooth_point(row)
        for j, (kernels, value) in enumerate(zip(self._kernels, values, strict=True)):
            place = int(kernels[0, 1:end].searchsorted(value)) + 1
            kernels[:, place + 1 : end + 1] = kernels[:, place:end]
            kernels[0, place], kernels[1, place], kernels[2, place] = value, np.nan, row
            if place < end and kernels[0, place + 1] == value:
                self._tied[j] = True
        self._inside[row] = True
        self._count += 1

    def take(self, row: int) -> None:
        """Have a trial outside the mixture, if it is not."""
        if not self._inside[row]:
            return
        end, values = self._count + 1, self._smooth_point(row)
        for kernels, value in zip(self._kernels, values, strict=True):
            place = int(kernels[0, 1:end].searchsorted(value)) + 1
            while kernels[2, place] != row:  # of equal coordinates
                place += 1
            kernels[:, place : end - 1] = kernels[:, place + 1 : end]
        self._inside[row] = False
        self._count -= 1

    def log_density(self, points: FloatArray, chosen: IntArray) -> FloatArray:
        """Log density [24] at candidates, but for a constant."""
        self._refresh()
        rows = self._rows
        inside = np.flatnonzero(self._inside[:rows])
        faded = log_fading(self._count)
        constant = np.full(rows + 1, -np.inf)  # no weight
        constant[0], constant[inside + 1] = faded[-1], faded[:-1]
        constant -= self._constant[: rows + 1]
        x = self._steps.smooth_rows(points.T)
        powers = np.empty((2 * len(x), x.shape[1]))
        np.multiply(x, x, out=powers[: len(x)])
        powers[len(x) :] = x
        terms: FloatArray = powers.T @ self._slopes[:, : rows + 1]
        terms += constant
        if self._steps.stepped or self._tables:
            self._add_discrete(terms, inside, points, chosen)
        return log_sum(terms)

    def _add_discrete(
        self, terms: FloatArray, inside: IntArray, points: FloatArray, chosen: IntArray
    ) -> None:
        kernels = np.append(inside + 1, 0)  # the prior last
        for j in self._steps.stepped:
            observed = self._points[inside, j]
            sigma = np.append(ordered_widths(observed[None])[0], 1.0)
            centre = np.append(observed, 0.5)
            terms[:, kernels] += self._steps.log_mass(j, points[:, j], centre, sigma)
        for j, axis in enumerate(self._tables):
            table = chances(self._choices[inside, j], axis.choices)
            terms[:, kernels] += np.log(table[:, chosen[:, j]]).T

    def _smooth_point(self, row: int) -> list[float]:
        """Coordinates of a trial in the continuous parameters."""
        point: list[float] = self._steps.smooth_rows(self._points[row]).tolist()
        return point

    def _refresh(self) -> None:
        """Compute anew the kernels whose width has changed."""
        end = self._count + 1
        if self._tied.any():
            self._order_ties()
        self._kernels[:, 0, end] = 1.0
        fresh = widths(self._kernels[:, 0, : end + 1])
        sigma = self._kernels[:, 1, 1:end]
        column, place = np.nonzero(fresh != sigma)
        if not len(column):
            return
        sigma[:] = fresh
        kept = self._kernels[column, :, place + 1]
        self._fill(column, kept[:, 2].astype(np.int64), kept[:, 0], kept[:, 1])

    def _order_ties(self) -> None:
        """Bring equal coordinates into the order of Optuna's own sort."""
        rows = np.flatnonzero(self._inside[: self._rows])
        for j in np.flatnonzero(self._tied):
            order = rows[np.argsort(self._points[rows, self._steps.smooth[j]])]
            _, sigma, place = self._kernels[j, :, 1 : self._count + 1]
            sigma[order != place] = np.nan
            place[:] = order

    def _fill(
        self, column: IntArray, row: IntArray, centre: FloatArray, sigma: FloatArray | float
    ) -> None:
        """Constants of kernels: log density = −x²/2σ² + xμ/σ² − (μ²/2σ² + log σ + log mass)."""
        precision = 1.0 / np.square(sigma)
        at = row + 1
        self._slopes[column, at] = -0.5 * precision
        self._slopes[self._width + column, at] = centre * precision
        self._terms[at, column] = (
            0.5 * centre * centre * precision
            + np.log(sigma)
            + log_mass(-centre / sigma, (1.0 - centre) / sigma)
            + LOG_ROOT_TAU
        )
        changed = np.flatnonzero(np.bincount(at))
        self._constant[changed] = self._terms[changed].sum(axis=1)

    def _grow(self) -> None:
        size = len(self._inside)
        for name in ("_inside", "_points", "_choices", "_terms", "_constant"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(self, name)[:size]]))
        for name in ("_kernels", "_slopes"):
            old = getattr(self, name)
            setattr(self, name, np.concatenate([old, old[..., :size]], axis=-1))
