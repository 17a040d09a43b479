"""Risk measures: pure functions of arrays.

Returns are daily and simple, without NaN; losses are positive fractions; an undefined measure is
NaN.
"""

import math

import numpy as np

from mech_exo.data.panel import FloatArray

ROUNDING = 1e-9  # keeps 100·(1 − 0.95) from being more than 5


def drawdown_now(returns: FloatArray) -> float:
    """Loss from the highest value so far to the last one; the start counts as a peak."""
    if not len(returns):
        return math.nan
    wealth = np.cumprod(1.0 + returns)
    return float(1.0 - wealth[-1] / max(1.0, float(wealth.max())))


def value_at_risk(returns: FloatArray, confidence: float) -> float:
    """Historical value at risk: the loss of the ⌈n(1 − confidence)⌉-th worst day.

    Negative if even that day gained. NaN with fewer than 1 / (1 − confidence) days.
    """
    tail = _tail(returns, confidence)
    return math.nan if tail is None else -float(tail[0][-1])


def expected_shortfall(returns: FloatArray, confidence: float) -> float:
    """Historical expected shortfall (Rockafellar and Uryasev 2002): mean of the worst days.

    The last of the n(1 − confidence) worst days counts with the fraction that is left. NaN with
    fewer than 1 / (1 − confidence) days.
    """
    tail = _tail(returns, confidence)
    if tail is None:
        return math.nan
    worst, days = tail
    whole = float(worst[:-1].sum())
    return -(whole + float(worst[-1]) * (days - (len(worst) - 1))) / days


def _tail(returns: FloatArray, confidence: float) -> tuple[FloatArray, float] | None:
    """The worst days, worst first, and their number n(1 − confidence); None: less than one."""
    days = len(returns) * (1.0 - confidence)
    if days < 1.0 - ROUNDING:
        return None
    count = math.ceil(days - ROUNDING)
    return np.sort(returns)[:count], days
