"""What was public at a date: the point-in-time join."""

import numpy as np

from mech_exo.data.market import Vintage
from mech_exo.data.panel import DateArray, FloatArray, IntArray

MOST_KEYS = 2**62
"""Whole numbers below it fit an int64."""


class InForce:
    """The rows that were the newest when they came out, found once for all fields of a table."""

    def __init__(self) -> None:
        self._found: list[tuple[Vintage, IntArray]] = []

    def rows(self, vintage: Vintage) -> IntArray:
        """Their positions, by symbol and by the day on which they became public."""
        for known, rows in self._found:
            if known.of_one_table(vintage):
                return rows
        self._found = [(vintage, _in_force(vintage))]  # of one table: fields come by table
        return self._found[0][1]


def as_of(
    vintage: Vintage,
    dates: DateArray,
    names: int,
    max_age_days: int | None = None,
    in_force: InForce | None = None,
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
    in_force
        What the join of another field of the same table found.

    Returns
    -------
    numpy.ndarray
        [M, N]; NaN where nothing is known, or where the latest was published as missing.
    """
    known = np.full((len(dates), names), np.nan)
    rows = (in_force or InForce()).rows(vintage)
    if not len(rows):
        return known
    symbol, available = vintage.symbol[rows], _days(vintage.available[rows])
    day = _days(dates)
    first = int(available.min())
    span = int(available.max()) - first + 2
    # One sorted key holds symbol and day, so that a single search answers for all names. A day
    # before the first publication falls just below its symbol's own range.
    asked = np.clip(day - first, -1, span - 2)[:, None] + np.arange(names)[None, :] * span
    at = np.searchsorted(symbol * span + (available - first), asked, side="right") - 1
    found = (at >= 0) & (symbol[at] == np.arange(names)[None, :])
    if max_age_days is not None:
        found &= day[:, None] - available[at] <= max_age_days
    known[found] = vintage.value[rows[at[found]]]
    return known


def _in_force(vintage: Vintage) -> IntArray:
    """Positions of the rows that were the newest when they came out."""
    order = _by_publication(vintage)
    if not len(order):
        return order
    period, symbol = _days(vintage.period_end)[order], vintage.symbol[order]
    # Running maximum of the period within each symbol: lift every symbol above the one before.
    period += symbol * (int(period.max()) - int(period.min()) + 1)
    newest = period >= np.maximum.accumulate(period)
    return order if newest.all() else order[newest]


def _by_publication(vintage: Vintage) -> IntArray:
    """The rows by symbol, then by the day of publication, then by period."""
    period, available = _days(vintage.period_end), _days(vintage.available)
    if not len(period):
        return np.zeros(0, dtype=np.int64)
    size = 1
    for key in (vintage.symbol, available, period):
        size *= int(key.max()) - int(key.min()) + 1
    if size > MOST_KEYS:
        return np.lexsort((period, available, vintage.symbol))
    whole = vintage.symbol - vintage.symbol.min()
    for key in (available, period):
        whole *= int(key.max()) - int(key.min()) + 1
        whole += key
        whole -= key.min()
    if (whole[1:] >= whole[:-1]).all():
        return np.arange(len(whole))
    return np.argsort(whole, kind="stable")


def _days(dates: DateArray) -> IntArray:
    return dates.astype("datetime64[D]", copy=False).astype(np.int64)
