"""Cross-sectional scores: winsorise, then z-score."""

import numpy as np

from mech_exo.data.panel import BoolArray, FloatArray, IntArray

MIN_KNOWN = 2
"""Names with a known value below which a date has no scores."""

FLAT = 1e-12
"""A standard deviation below this share of the largest value is rounding, not information."""


def standardise(raw: FloatArray, tradable: BoolArray, winsorise: float) -> FloatArray:
    """Scores of one factor, date by date.

    The values of the names that are tradable that day are clipped at the `winsorise` and
    1 − `winsorise` quantiles (linear interpolation), less their mean, over their population
    standard deviation (ddof=0). A row's scores depend on that row alone, and not on how the
    arrays lie in memory.

    Parameters
    ----------
    raw
        [M, N] values; NaN is unknown, and so is an infinite value.
    tradable
        [M, N] names that take part.
    winsorise
        Share clipped at each tail, 0 (nothing) to below 0.5.

    Returns
    -------
    numpy.ndarray
        [M, N] scores of mean 0 and variance 1; NaN where unknown or not tradable, and for the
        whole date with fewer than `MIN_KNOWN` known values or no spread among them.
    """
    known = tradable & np.isfinite(raw)
    values = np.ascontiguousarray(np.where(known, raw, np.nan))
    count = np.count_nonzero(known, axis=1)
    if not values.size:
        return values
    # A power of two per date keeps squares in range and rounds nothing.
    _, exponent = np.frexp(np.max(np.where(known, np.abs(values), 0.0), axis=1, initial=0.0))
    values = np.ldexp(values, -exponent[:, None])
    values = _clip(values, count, winsorise)
    size = np.maximum(count, 1)
    mean = np.where(known, values, 0.0).sum(axis=1) / size
    centred = np.where(known, values - mean[:, None], 0.0)
    deviation = np.sqrt((centred * centred).sum(axis=1) / size)
    scored = (count >= MIN_KNOWN) & (deviation > FLAT)
    scores = np.full(values.shape, np.nan)
    np.divide(centred, deviation[:, None], out=scores, where=known & scored[:, None])
    return scores


def _clip(values: FloatArray, count: IntArray, share: float) -> FloatArray:
    """`values` [M, N] clipped at each row's own quantiles; NaN stays."""
    if share == 0.0:
        return values
    ordered = np.sort(values, axis=1)  # NaN last
    low = _quantile(ordered, count, share)
    high = _quantile(ordered, count, 1.0 - share)
    clipped: FloatArray = np.clip(values, low[:, None], high[:, None])
    return clipped


def _quantile(ordered: FloatArray, count: IntArray, share: float) -> FloatArray:
    """The `share` quantile of the first `count` values of each sorted row."""
    rows = np.arange(len(ordered))
    last = np.maximum(count - 1, 0)
    place = last * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, last)
    low, high = ordered[rows, below], ordered[rows, above]
    quantile: FloatArray = low + (high - low) * (place - below)
    return quantile
