"""Parzen estimators over a space of parameters, on arrays: the two mixtures that TPE compares.

The mathematics is that of Optuna's multivariate estimator [1]_: a truncated normal kernel for each
trial and parameter, whose width is the distance to the farther neighbour, clipped ("magic clip"),
and one wide prior kernel; a smoothed table for a categorical parameter. Coordinates are shares of a
parameter's range (of its logarithm where it has one), so that widths and constants of kernels are
of the same size whatever the units. What does not change from one ask to the next is kept.

References
----------
.. [1] Bergstra, Bardenet, Bengio, Kégl (2011), Algorithms for hyper-parameter optimization;
   Falkner, Klein, Hutter (2018), BOHB, for the multivariate form.
"""

import math
from dataclasses import dataclass

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.tuning.cube import edges

CANDIDATES = 24  # drawn from the better trials at each ask
FULL_WEIGHT = 25  # latest trials of full weight; earlier ones fade linearly
CLIP = 100.0  # a kernel is at least 1/CLIP of the range wide
LOG_ROOT_TAU = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class Axis:
    """One parameter: its range, and its coordinate from 0 to 1.

    Attributes
    ----------
    low, high
        Ends of the coordinate, half a step beyond the values of a parameter that has steps; in
        logarithms where `log`.
    step
        0 for a continuous parameter.
    choices
        Number of categories; 0 for a number.
    """

    distribution: BaseDistribution
    low: float
    high: float
    step: float
    log: bool
    choices: int

    @classmethod
    def of(cls, distribution: BaseDistribution) -> "Axis":
        """The axis of a range."""
        if isinstance(distribution, CategoricalDistribution):
            return cls(distribution, 0.0, 1.0, 0.0, False, len(distribution.choices))
        assert isinstance(distribution, (FloatDistribution, IntDistribution))
        step, log = float(distribution.step or 0.0), bool(distribution.log)
        return cls(distribution, *edges(distribution), step, log, 0)

    def coordinate(self, value: FloatArray) -> FloatArray:
        """Share of the range at values in Optuna's internal form."""
        plain = np.log(value) if self.log else value
        shares: FloatArray = (plain - self.low) / (self.high - self.low)
        return shares

    def value(self, coordinate: FloatArray) -> FloatArray:
        """Values within the range, on its steps, at coordinates."""
        plain = self.low + coordinate * (self.high - self.low)
        value = np.exp(plain) if self.log else plain
        low, high = float(self.distribution.low), float(self.distribution.high)  # type: ignore[attr-defined]
        if self.step:
            value = low + np.round((value - low) / self.step) * self.step
        clipped: FloatArray = np.clip(value, low, high)
        return clipped


def log_mass(low: FloatArray, high: FloatArray) -> FloatArray:
    """Log of the standard normal's mass from `low` to `high`, in either tail or across 0."""
    from scipy.special import log_ndtr, ndtr

    right = low > 0.0
    a, b = np.where(right, -high, low), np.where(right, -low, high)
    across = b > 0.0
    mass = np.empty(np.shape(a))
    mass[across] = np.log1p(-ndtr(a[across]) - ndtr(-b[across]))
    left = ~across
    if left.any():
        upper, lower = log_ndtr(b[left]), log_ndtr(a[left])
        mass[left] = upper + np.log1p(-np.exp(lower - upper))
    return mass


def widths(padded: FloatArray) -> FloatArray:
    """Widths [..., n] of kernels at sorted coordinates, padded by 0 in front and 1 at the end.

    The farther neighbour counts; the outermost trials look at their only neighbour, unless there
    is none.
    """
    gaps = np.diff(padded, axis=-1)
    found = np.maximum(gaps[..., :-1], gaps[..., 1:])
    count = found.shape[-1]
    if count >= 2:
        found[..., 0] = gaps[..., 1]
        found[..., -1] = gaps[..., -2]
    return np.clip(found, 1.0 / min(CLIP, 2.0 + count), 1.0, out=found)


def fading(count: int) -> FloatArray:
    """Weights [count + 1] of trials in their order and of the prior, summing to 1."""
    weights = np.ones(count + 1)
    if count > FULL_WEIGHT:
        faded = count - FULL_WEIGHT
        weights[:faded] = np.linspace(1.0 / count, 1.0, faded)
    weights /= weights.sum()
    return weights


def ordered_widths(coordinates: FloatArray) -> FloatArray:
    """Widths [n, d] of kernels at coordinates [n, d], each parameter by itself."""
    count, number = coordinates.shape
    order = np.argsort(coordinates, axis=0)
    padded = np.empty((number, count + 2))
    padded[:, 0], padded[:, -1] = 0.0, 1.0
    padded[:, 1:-1] = np.take_along_axis(coordinates, order, axis=0).T
    found = np.empty((count, number))
    np.put_along_axis(found, order, widths(padded).T, axis=0)
    return found


class Better:
    """The mixture of the better trials: few, made anew at each ask, drawn from.

    Parameters
    ----------
    tables
        Axes of the categories.
    coordinates
        [n, d] of the numbers.
    categories
        [n, c] positions of the choices.
    """

    def __init__(self, tables: list[Axis], coordinates: FloatArray, categories: IntArray) -> None:
        count, width = coordinates.shape
        self.weights = fading(count)
        self.centre = np.vstack([coordinates, np.full((1, width), 0.5)])
        self.sigma = np.vstack([ordered_widths(coordinates), np.ones((1, width))])
        self.low = -self.centre / self.sigma
        self.high = (1.0 - self.centre) / self.sigma
        self.mass = log_mass(self.low, self.high)
        self.tables = [chances(categories[:, j], axis.choices) for j, axis in enumerate(tables)]

    def draw(self, rng: np.random.RandomState) -> tuple[FloatArray, IntArray]:
        """Coordinates [24, d] and choices [24, c]: Optuna's draws from the same random state."""
        from scipy.special import log_ndtr, ndtri_exp

        edges = np.cumsum(self.weights)
        edges /= edges[-1]
        kernel = edges.searchsorted(rng.random_sample(CANDIDATES), side="right")
        chosen = np.empty((CANDIDATES, len(self.tables)), dtype=np.int64)
        for j, table in enumerate(self.tables):
            reached = np.cumsum(table[kernel], axis=1)
            reached[:, -1] = 1.0
            chosen[:, j] = (reached < rng.random_sample(CANDIDATES)[:, None]).sum(axis=1)
        width = self.centre.shape[1]
        if not width:
            return np.empty((CANDIDATES, 0)), chosen
        share = rng.random_sample((width, CANDIDATES)).T
        low, high, mass = self.low[kernel], self.high[kernel], self.mass[kernel]
        left = low < 0.0
        with np.errstate(divide="ignore"):
            tail = np.where(left, log_ndtr(low), log_ndtr(-high))
            inside = np.where(left, np.log(share), np.log1p(-share)) + mass
        quantile = ndtri_exp(np.logaddexp(tail, inside))
        quantile = np.where(left, quantile, -quantile)
        points = np.clip(quantile * self.sigma[kernel] + self.centre[kernel], 0.0, 1.0)
        return points, chosen

    def log_density(self, points: FloatArray, steps: "Steps", chosen: IntArray) -> FloatArray:
        """Log density [24] at candidates, but for a constant."""
        smooth = steps.smooth
        centre, sigma = self.centre[:, smooth], self.sigma[:, smooth]
        distance = (points[:, None, smooth] - centre) / sigma
        constant = np.log(self.weights) - (np.log(sigma) + self.mass[:, smooth]).sum(axis=1)
        terms = constant - 0.5 * (distance * distance).sum(axis=2) - LOG_ROOT_TAU * len(smooth)
        for j in steps.stepped:
            terms += steps.log_mass(j, points[:, j], self.centre[:, j], self.sigma[:, j])
        for j, table in enumerate(self.tables):
            terms += np.log(table[:, chosen[:, j]]).T
        return log_sum(terms)


class Steps:
    """Which numbers are continuous, and the mass of a step of the others."""

    def __init__(self, numbers: list[Axis]) -> None:
        self._numbers = numbers
        self.smooth = [j for j, axis in enumerate(numbers) if not axis.step]
        self.stepped = [j for j, axis in enumerate(numbers) if axis.step]

    def axis(self, j: int) -> Axis:
        """The axis of number `j`."""
        return self._numbers[j]

    def log_mass(
        self, j: int, points: FloatArray, centre: FloatArray, sigma: FloatArray
    ) -> FloatArray:
        """Log mass [24, n] of each candidate's step of number `j` under each kernel."""
        axis = self._numbers[j]
        values, place = np.unique(axis.value(points), return_inverse=True)
        kernels, back = np.unique(np.stack([centre, sigma]), axis=1, return_inverse=True)
        mean, deviation = kernels
        low = axis.coordinate(values - axis.step / 2)[:, None]
        high = axis.coordinate(values + axis.step / 2)[:, None]
        inside = log_mass((low - mean) / deviation, (high - mean) / deviation)
        inside -= log_mass(-mean / deviation, (1.0 - mean) / deviation)
        found: FloatArray = inside[np.ix_(place.ravel(), back.ravel())]
        return found


def chances(observed: IntArray, choices: int) -> FloatArray:
    """Chance [n + 1, choices] of each category under each kernel, the last being the prior."""
    kernels = len(observed) + 1
    table = np.full((kernels, choices), 1.0 / kernels)
    table[np.arange(len(observed)), observed] += 1.0
    if not len(observed):
        table[:] = 1.0 / choices
    table /= table.sum(axis=1, keepdims=True)
    return table


def log_sum(terms: FloatArray) -> FloatArray:
    """Log of the sum of exponentials along the last axis; `terms` is used up."""
    top = terms.max(axis=1)
    terms -= top[:, None]
    summed: FloatArray = top + np.log(np.exp(terms, out=terms).sum(axis=1))
    return summed


class Others:
    """The mixture of all other trials: many, of which few change from one ask to the next.

    Row 0 is the prior, row i + 1 trial i; a trial that is among the better ones keeps its row and
    has no weight. For continuous parameters the coordinates are kept sorted, and the constants of
    a kernel are computed when its width has changed.
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
        self._sorted = np.empty((self._width, 66))
        self._sigma = np.empty((self._width, 64))
        self._order = np.empty((self._width, 64), dtype=np.int64)
        self._slopes = np.zeros((2 * self._width, 65))  # finite also where a row has no weight
        self._terms = np.zeros((65, self._width))
        self._constant = np.zeros(65)
        self._sorted[:, 0] = 0.0
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
        count = self._count
        for j, place in enumerate(self._places(row)):
            values, orders, sigmas = self._sorted[j], self._order[j], self._sigma[j]
            values[place + 2 : count + 2] = values[place + 1 : count + 1].copy()
            orders[place + 1 : count + 1] = orders[place:count].copy()
            sigmas[place + 1 : count + 1] = sigmas[place:count].copy()
            value = self._points[row, self._steps.smooth[j]]
            values[place + 1], orders[place], sigmas[place] = value, row, np.nan
            self._tied[j] |= place < count and values[place + 2] == value
        self._inside[row] = True
        self._count += 1

    def take(self, row: int) -> None:
        """Have a trial outside the mixture."""
        count = self._count
        for j, first in enumerate(self._places(row)):
            values, orders, sigmas = self._sorted[j], self._order[j], self._sigma[j]
            place = first + int(np.flatnonzero(orders[first:count] == row)[0])
            values[place + 1 : count] = values[place + 2 : count + 1].copy()
            orders[place : count - 1] = orders[place + 1 : count].copy()
            sigmas[place : count - 1] = sigmas[place + 1 : count].copy()
        self._inside[row] = False
        self._count -= 1

    def log_density(self, points: FloatArray, chosen: IntArray) -> FloatArray:
        """Log density [24] at candidates, but for a constant."""
        self._refresh()
        rows = self._rows
        weights = np.zeros(rows + 1)
        faded = fading(self._count)
        weights[0] = faded[-1]
        inside = np.flatnonzero(self._inside[:rows])
        weights[inside + 1] = faded[:-1]
        with np.errstate(divide="ignore"):
            constant = np.log(weights) - self._constant[: rows + 1]
        x = points[:, self._steps.smooth]
        terms = np.hstack([x * x, x]) @ self._slopes[:, : rows + 1]
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
            sigma = np.append(ordered_widths(observed[:, None])[:, 0], 1.0)
            centre = np.append(observed, 0.5)
            terms[:, kernels] += self._steps.log_mass(j, points[:, j], centre, sigma)
        for j, axis in enumerate(self._tables):
            table = chances(self._choices[inside, j], axis.choices)
            terms[:, kernels] += np.log(table[:, chosen[:, j]]).T

    def _places(self, row: int) -> list[int]:
        """Where the coordinates of a trial stand, or would stand, among the sorted ones."""
        stop = self._count + 1
        values = self._points[row, self._steps.smooth]
        return [int(self._sorted[j, 1:stop].searchsorted(v)) for j, v in enumerate(values)]

    def _refresh(self) -> None:
        """Compute anew the kernels whose width has changed."""
        count = self._count
        for j in np.flatnonzero(self._tied):  # equal coordinates: the order of Optuna's own sort
            rows = np.flatnonzero(self._inside[: self._rows])
            order = rows[np.argsort(self._points[rows, self._steps.smooth[j]])]
            moved = order != self._order[j, :count]
            self._order[j, :count] = order
            self._sigma[j, :count][moved] = np.nan
        self._sorted[:, count + 1] = 1.0
        fresh = widths(self._sorted[:, : count + 2])
        column, place = np.nonzero(fresh != self._sigma[:, :count])
        if not len(column):
            return
        self._sigma[:, :count] = fresh
        row = self._order[column, place]
        centre = self._sorted[column, place + 1]
        self._fill(column, row, centre, fresh[column, place])

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
        changed = np.unique(at)
        self._constant[changed] = self._terms[changed].sum(axis=1)

    def _grow(self) -> None:
        size = len(self._inside)
        for name in ("_inside", "_points", "_choices", "_terms", "_constant"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(self, name)[:size]]))
        for name in ("_sorted", "_sigma", "_order", "_slopes"):
            setattr(
                self,
                name,
                np.concatenate([getattr(self, name), getattr(self, name)[:, :size]], axis=1),
            )
