"""Names that lack a price again and again, where the others have one."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, in_percent, some
from mech_exo.data.check.finding import Finding
from mech_exo.data.panel import BoolArray

LEAST_SHARE = 0.2
"""Of a name's sessions that lack a price, its longest gap not counted."""

USUAL = 0.02
"""Largest such share of the median name in a market where that is odd."""

ITS_OWN = 4
"""Sessions from price to price of a name that is quoted each week or month."""

LEAST = 63
"""Sessions of a name that is looked at."""


def sparse(examined: Examined) -> Iterator[Finding]:
    """Names without a price on many single sessions: half a column was lost, or seldom trades.

    Weekends do not count, on which only some of the names of a mixed market trade, nor the longest
    gap: that is a hole. A name that is quoted each week or month is none.
    """
    dates = examined.market.dates
    alive = np.where(examined.ever, examined.last - examined.first + 1, 0)
    share = 1.0 - np.count_nonzero(examined.priced, axis=0) / np.maximum(alive, 1)
    suspects = np.flatnonzero((alive >= LEAST) & (share >= LEAST_SHARE))
    if not len(suspects) or float(np.median(share[examined.ever])) > USUAL:
        return
    looked = np.is_busday(dates) & (examined.counts >= 0.5 * examined.alive)
    for n in suspects.tolist():
        life = slice(examined.first[n], examined.last[n] + 1)
        absent = ~examined.priced[life, n][looked[life]]
        share[n] = (np.count_nonzero(absent) - _longest(absent)) / max(1, len(absent))
        if len(absent) >= ITS_OWN * np.count_nonzero(~absent):
            share[n] = 0.0
    found = suspects[share[suspects] >= LEAST_SHARE]
    if not len(found):
        return
    order = found[np.argsort(-share[found], kind="stable")].tolist()
    words = [f"{examined.market.symbols[n]} ({in_percent(share[n])})" for n in order]
    count = "a name lacks" if len(order) == 1 else f"{len(order)} names lack"
    yield Finding(
        rule="sparse",
        severity="warning",
        message=f"{count} a price on many sessions on which most others have one: {some(words)}.",
        remedy="Look for cells that were lost; a session without a price is one without trading.",
        symbol=examined.market.symbols[order[0]] if len(order) == 1 else "",
        figure=float(share[order[0]]),
    )


def _longest(absent: BoolArray) -> int:
    """Length of the longest run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], absent, [False]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))
