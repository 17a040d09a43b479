"""Prices that are missing within the life of a name."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, some
from mech_exo.data.check.finding import Finding

LEAST = 21
"""Days without a price between two that have one,"""

LEAST_SESSIONS = 3
"""and sessions, where a market has fewer in that time."""


def holes(examined: Examined) -> Iterator[Finding]:
    """Names that vanish for long and come back: a backtest sells them in between."""
    alive = np.where(examined.ever, examined.last - examined.first + 1, 0)
    missing = alive - np.count_nonzero(examined.priced, axis=0)
    found = []
    least = examined.market.frequency.sessions(LEAST, LEAST_SESSIONS)
    for n in np.flatnonzero(missing >= least).tolist():
        rows = np.flatnonzero(examined.priced[:, n])
        gaps = np.diff(rows) - 1
        at = int(np.argmax(gaps))
        if gaps[at] >= max(least, 10.0 * float(np.median(gaps))):
            found.append((int(gaps[at]), n, int(rows[at])))
    if not found:
        return
    found.sort(key=lambda gap: (-gap[0], gap[1]))
    symbols = [
        f"{examined.market.symbols[n]} ({length} after {examined.day(row)})"
        for length, n, row in found
    ]
    count = "a name has" if len(found) == 1 else f"{len(found)} names have"
    yield Finding(
        rule="hole",
        severity="warning",
        message=f"{count} no price for {least} sessions or more, and then again: {some(symbols)}.",
        remedy="Fill in the prices, or give what came after the hole a symbol of its own.",
        figure=float(found[0][0]),
    )
