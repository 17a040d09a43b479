"""Stocks in calendar days: weekends that repeat Friday's close."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, in_percent
from mech_exo.data.check.finding import Finding
from mech_exo.data.panel import DateArray, FloatArray, IntArray

COPIES = 0.98
"""Share of the closes of two weekdays that are those of the day before, from which on they are
copies."""

REST = 0.5
"""Share of unchanged closes on the other days up to which prices otherwise move."""


def weekends_filled(examined: Examined) -> Iterator[Finding]:
    """Two days of each week on which no price ever moves, in a market of seven."""
    if not len(copied_weekdays(examined)):
        return
    share = float(_still(examined)[copied_weekdays(examined)].min())
    yield Finding(
        rule="weekends_filled",
        severity="warning",
        message=f"on two days of each week {in_percent(share)} of the closes are those of the day "
        "before: weekends are copies of Friday, on which portfolios are decided and traded.",
        remedy="Give the prices of trading days only.",
        figure=share,
    )


def copied_weekdays(examined: Examined) -> IntArray:
    """The two weekdays, counted from Monday, that are copies; none in any other market."""
    if not examined.market.frequency.every_day:
        return np.empty(0, dtype=np.int64)
    share = _still(examined)
    order = np.argsort(share, kind="stable")
    copied = share[order[-2]] >= COPIES and share[order[-3]] <= REST
    return np.sort(order[-2:]) if copied else order[:0]


def weekdays_of(dates: DateArray) -> IntArray:
    """The weekday of each date, Monday being 0."""
    days: IntArray = (dates.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return days


def _still(examined: Examined) -> FloatArray:
    """[7] share of the closes of each weekday that are those of the session before."""
    close, weekday = examined.market.close, weekdays_of(examined.market.dates[1:])
    both = examined.priced[1:] & examined.priced[:-1]
    still = both & (close[1:] == close[:-1])
    known, same = (np.bincount(weekday, rows.sum(axis=1), 7) for rows in (both, still))
    return same / np.maximum(known, 1.0)
