"""What was public at a date: the point-in-time join."""

import numpy as np

from mech_exo.data.market import Vintage
from mech_exo.data.panel import DateArray, FloatArray, IntArray


def as_of(
    vintage: Vintage, dates: DateArray, names: int, max_age_days: int | None = None
) -> FloatArray:
    """Each name's value as it was known at the close of each date.

    Of all values with `available` ≤ date, the one of the latest `period_end` counts; of several
    for that period (restatements), the one that became available last. An older period that is
    published later never displaces a newer one.

    Parameters
    ----------
    vintage
        Values by date of publication, in any order.
    dates
        [M] datetime64[D].
    names
        N, the number of symbols.
    max_age_days
        A value that became available more than this many calendar days before the date is
        unknown; None: it stays known until the next.

    Returns
    -------
    numpy.ndarray
        [M, N]; NaN where nothing is known, or where the latest was published as missing.
    """
    known = np.full((len(dates), names), np.nan)
    symbol, available, value = _in_force(vintage)
    if not len(symbol):
        return known
    day = dates.astype("datetime64[D]").astype(np.int64)
    first = int(available.min())
    span = int(available.max()) - first + 2
    # One sorted key holds symbol and day, so that a single search answers for all names. A day
    # before the first publication falls just below its symbol's own range.
    asked = np.clip(day - first, -1, span - 2)[:, None] + np.arange(names)[None, :] * span
    at = np.searchsorted(symbol * span + (available - first), asked, side="right") - 1
    found = (at >= 0) & (symbol[at] == np.arange(names)[None, :])
    if max_age_days is not None:
        found &= day[:, None] - available[at] <= max_age_days
    known[found] = value[at[found]]
    return known


def _in_force(vintage: Vintage) -> tuple[IntArray, IntArray, FloatArray]:
    """Symbol, available day and value of those that were the newest when they came out."""
    period = vintage.period_end.astype("datetime64[D]").astype(np.int64)
    available = vintage.available.astype("datetime64[D]").astype(np.int64)
    order = np.lexsort((period, available, vintage.symbol))
    symbol, period, available = vintage.symbol[order], period[order], available[order]
    if not len(order):
        return symbol, available, vintage.value
    # Running maximum of the period within each symbol: lift every symbol above the one before.
    lift = symbol * (int(period.max()) - int(period.min()) + 1)
    newest = period + lift >= np.maximum.accumulate(period + lift)
    return symbol[newest], available[newest], vintage.value[order][newest]
