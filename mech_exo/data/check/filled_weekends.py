"""Stocks in calendar days: weekends that repeat Friday's close."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, in_percent
from mech_exo.data.check.finding import Finding

COPIES = 0.98
"""Share of the closes of two weekdays that are those of the day before, from which on they are
copies."""

REST = 0.5
"""Share of unchanged closes on the other days up to which prices otherwise move."""


def weekends_filled(examined: Examined) -> Iterator[Finding]:
    """Two days of each week on which no price ever moves, in a market of seven."""
    market = examined.market
    if not market.frequency.every_day:
        return
    both = examined.priced[1:] & examined.priced[:-1]
    still = both & (market.close[1:] == market.close[:-1])
    weekday = (market.dates[1:].astype("datetime64[D]").astype(np.int64) + 3) % 7  # Monday is 0
    pairs = [np.count_nonzero(rows[weekday == d]) for d in range(7) for rows in (still, both)]
    share = np.array(pairs[::2]) / np.maximum(pairs[1::2], 1)
    closed = np.sort(share)[-2:]
    if closed.min() < COPIES or np.sort(share)[:-2].max() > REST:
        return
    yield Finding(
        rule="weekends_filled",
        severity="warning",
        message=f"on two days of each week {in_percent(float(closed.min()))} of the closes are "
        "those of the day before: weekends are copies of Friday, on which portfolios are decided "
        "and traded.",
        remedy="Give the prices of trading days only.",
        figure=float(closed.min()),
    )
