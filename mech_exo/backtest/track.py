"""A backtested path: what its metrics are computed from, and what several of them share."""

import math
from functools import cached_property
from typing import Protocol

import numpy as np

from mech_exo.data.market import read_only
from mech_exo.data.panel import FloatArray


class PathFigures:
    """Figures of a path of simple returns, each computed when it is first asked for.

    Parameters
    ----------
    returns
        [T] without NaN; not changed afterwards.
    """

    def __init__(self, returns: FloatArray) -> None:
        self.returns = returns

    def __len__(self) -> int:
        return len(self.returns)

    @cached_property
    def mean(self) -> float:
        """Arithmetic mean; the path is not empty."""
        return float(self._mean)

    @cached_property
    def deviation(self) -> float:
        """Sample standard deviation (ddof = 1), to the bit as NumPy; NaN for fewer than two."""
        if len(self) < 2:
            return math.nan
        apart = self.returns - self._mean
        np.multiply(apart, apart, out=apart)
        return math.sqrt(float(np.add.reduce(apart)) / (len(self) - 1))

    @cached_property
    def growth(self) -> float:
        """Of the whole path, Π(1 + r)."""
        return float(np.multiply.reduce(self._gross))

    @cached_property
    def drawdowns(self) -> FloatArray:
        """[T] loss from the highest value so far, a positive fraction; the start counts."""
        wealth = np.multiply.accumulate(self._gross)
        peak = np.maximum.accumulate(wealth)
        np.maximum(peak, 1.0, out=peak)
        np.divide(wealth, peak, out=wealth)
        return read_only(np.subtract(1.0, wealth, out=wealth))

    @cached_property
    def _mean(self) -> np.float64:
        return np.add.reduce(self.returns) / len(self)  # type: ignore[no-any-return]

    @cached_property
    def _gross(self) -> FloatArray:
        return 1.0 + self.returns


Returns = FloatArray | PathFigures


def figures_of(returns: Returns) -> PathFigures:
    """The figures of returns [T], unless they are figures already."""
    return returns if isinstance(returns, PathFigures) else PathFigures(returns)


class Track(Protocol):
    """What a metric may be computed from."""

    @property
    def returns(self) -> FloatArray:
        """[T'] simple returns after costs, one a session."""

    @property
    def figures(self) -> PathFigures:
        """Of the returns."""

    @property
    def benchmark_returns(self) -> FloatArray:
        """[T'] of the equal-weighted universe."""

    @property
    def active(self) -> PathFigures:
        """Of the returns over the benchmark's."""

    @property
    def traded(self) -> FloatArray:
        """[M'] value traded at each execution and until the next one."""

    @property
    def risk_free(self) -> float:
        """A year's simple rate."""

    @property
    def periods_per_year(self) -> float:
        """Sessions a year."""
