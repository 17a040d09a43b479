"""The day on which a portfolio is lost."""

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray

BANKRUPT = 1e-12  # a gross daily return at or below this is a total loss


def returns_of(gross: FloatArray) -> tuple[FloatArray, int]:
    """Simple returns, and the day of a bankruptcy (their number: none)."""
    returns = gross - 1.0
    if gross.min() > BANKRUPT:  # not so for NaN, which only a bankruptcy leaves behind
        return returns, len(returns)
    ruined = int(np.flatnonzero(gross <= BANKRUPT)[0])
    returns[ruined] = -1.0
    returns[ruined + 1 :] = 0.0
    return returns, ruined


def ruined_on(dates: DateArray, returns: FloatArray) -> np.datetime64 | None:
    """The date on which a portfolio was lost, by its returns [T]; None if it never was."""
    lost = np.flatnonzero(returns <= -1.0)
    return np.datetime64(dates[lost[0]], "D") if len(lost) else None
