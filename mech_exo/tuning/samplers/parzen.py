"""Kernels of Parzen estimators over a space of parameters, on arrays.

The mathematics is that of Optuna's multivariate estimator [1]_: a truncated normal kernel for each
trial and parameter, whose width is the distance to the farther neighbour, clipped ("magic clip"),
and one wide prior kernel; a smoothed table for a categorical parameter. Coordinates are shares of a
parameter's range (of its logarithm where it has one), so that widths and constants of kernels are
of the same size whatever the units. The two mixtures that TPE compares are made of them:
`better_trials.py` and `other_trials.py`.

References
----------
.. [1] Bergstra, Bardenet, Bengio, Kégl (2011), Algorithms for hyper-parameter optimization;
   Falkner, Klein, Hutter (2018), BOHB, for the multivariate form.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from mech_exo.data.market import read_only
from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.tuning.cube import edges

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


class Axes:
    """The axes of several numbers, taken together: bit for bit what each gives by itself."""

    def __init__(self, numbers: Sequence[Axis]) -> None:
        self._low = np.array([axis.low for axis in numbers])
        self._span = np.array([axis.high - axis.low for axis in numbers])
        self._log = np.array([axis.log for axis in numbers], dtype=np.bool_)
        self._step = np.array([axis.step for axis in numbers])
        self._stepped = np.flatnonzero(self._step)
        ends = [(a.distribution.low, a.distribution.high) for a in numbers]  # type: ignore[attr-defined]
        self._first, self._last = np.array(ends, dtype=np.float64).reshape(-1, 2).T

    def coordinates(self, values: FloatArray) -> FloatArray:
        """[d] shares of the ranges at values [d]."""
        if self._log.any():
            values = values.copy()
            values[self._log] = np.log(values[self._log])
        shares: FloatArray = (values - self._low) / self._span
        return shares

    def values(self, coordinates: FloatArray) -> FloatArray:
        """[d] values within the ranges, on their steps, at coordinates [d]."""
        found: FloatArray = self._low + coordinates * self._span
        if self._log.any():
            found[self._log] = np.exp(found[self._log])
        if len(j := self._stepped):
            first, step = self._first[j], self._step[j]
            found[j] = first + np.round((found[j] - first) / step) * step
        np.maximum(found, self._first, out=found)
        return np.minimum(found, self._last, out=found)


def log_mass(low: FloatArray, high: FloatArray) -> FloatArray:
    """Log of the standard normal's mass from `low` to `high`, in either tail or across 0."""
    from scipy.special import log_ndtr, ndtr

    right = low > 0.0
    a, b = low, high
    if right.any():
        a, b = np.where(right, -high, low), np.where(right, -low, high)
    across = b > 0.0
    if across.all():  # of a kernel within the range always
        whole: FloatArray = np.log1p(-ndtr(a) - ndtr(-b))
        return whole
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
    gaps = padded[..., 1:] - padded[..., :-1]
    found = np.maximum(gaps[..., :-1], gaps[..., 1:])
    count = found.shape[-1]
    if count >= 2:
        found[..., 0] = gaps[..., 1]
        found[..., -1] = gaps[..., -2]
    np.maximum(found, 1.0 / min(CLIP, 2.0 + count), out=found)
    return np.minimum(found, 1.0, out=found)


@lru_cache(maxsize=64)
def fading(count: int) -> FloatArray:
    """Weights [count + 1] of trials in their order and of the prior, summing to 1; read-only."""
    weights = np.ones(count + 1)
    if count > FULL_WEIGHT:
        faded = count - FULL_WEIGHT
        weights[:faded] = np.linspace(1.0 / count, 1.0, faded)
    weights /= weights.sum()
    return read_only(weights)


@lru_cache(maxsize=64)
def log_fading(count: int) -> FloatArray:
    """Logarithm of `fading`; read-only."""
    return read_only(np.log(fading(count)))


def ordered_widths(coordinates: FloatArray) -> FloatArray:
    """Widths [d, n] of kernels at coordinates [d, n], each parameter by itself."""
    number, count = coordinates.shape
    order, each = np.argsort(coordinates, axis=1), np.arange(number)[:, None]
    padded = np.empty((number, count + 2))
    padded[:, 0], padded[:, -1] = 0.0, 1.0
    padded[:, 1:-1] = coordinates[each, order]
    found = np.empty((number, count))
    found[each, order] = widths(padded)
    return found


class Steps:
    """Which numbers are continuous, and the mass of a step of the others."""

    def __init__(self, numbers: list[Axis]) -> None:
        self._numbers = numbers
        self.smooth = [j for j, axis in enumerate(numbers) if not axis.step]
        self.stepped = [j for j, axis in enumerate(numbers) if axis.step]

    def smooth_rows(self, values: FloatArray) -> FloatArray:
        """Of values [d, …] those of the continuous numbers; not to be changed."""
        return values[self.smooth] if self.stepped else values

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
