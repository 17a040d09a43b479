"""From the units of an axis to places on the sheet."""

import math
from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import FloatArray


@dataclass(frozen=True)
class PlotScale:
    """A straight or logarithmic scale from [`low`, `high`] to [`start`, `end`] pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value; NaN stays NaN."""
        low, high, x = (
            (math.log(v) for v in (self.low, self.high, value))
            if self.log
            else (
                self.low,
                self.high,
                value,
            )
        )
        share = 0.5 if high == low else (x - low) / (high - low)
        return self.start + share * (self.end - self.start)

    def places(self, values: FloatArray) -> FloatArray:
        """The places of values [n]; NaN stays NaN."""
        x, low, high = values, self.low, self.high
        if self.log:
            x, low, high = np.log(values), math.log(low), math.log(high)
        if high == low:
            return np.where(np.isnan(x), np.nan, (self.start + self.end) / 2)
        return np.asarray(self.start + (x - low) / (high - low) * (self.end - self.start))


def extent(*values: FloatArray, include: tuple[float, ...] = ()) -> tuple[float, float]:
    """The least and greatest finite value of several arrays, a little apart if they are one.

    (0, 1) where no value is finite.
    """
    parts = [np.asarray(v, float).ravel() for v in values] + [np.asarray(include, float)]
    everything = np.concatenate(parts)
    finite = everything[np.isfinite(everything)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-12):
        pad = abs(low) * 0.05 or 0.5
        return low - pad, high + pad
    return low, high


def padded(low: float, high: float, share: float = 0.04) -> tuple[float, float]:
    """A range with some room at both ends."""
    room = (high - low) * share
    return low - room, high + room
