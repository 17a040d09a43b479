"""Whether the numbers in a price file are prices at all."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined
from mech_exo.data.check.finding import Finding
from mech_exo.data.panel import FloatArray

BACK = -0.38
"""Correlation of a move with the next one under which numbers have no level that lasts.

It is −0.5 for returns, growth factors, and all that is drawn anew each day; volumes are near. That
of prices is about 0, and down to −0.3 where most of a move is the bounce between bid and ask.
"""

LEAST_MOVES, MOST_MOVES = 120, 1_000
"""Moves of a name that can tell, and that are looked at."""

LEAST_NAMES, MOST_NAMES = 3, 24
"""The same of the names."""


def not_prices(examined: Examined) -> Iterator[Finding]:
    """Returns, growth factors or volumes in the place of prices: each move is taken back."""
    names = np.flatnonzero(examined.ever)
    few = names[:: -(-len(names) // MOST_NAMES) or 1]
    found = [_correlation(examined.market.close[:, n]) for n in few.tolist()]
    known = np.array([value for value in found if value is not None])
    if len(known) < LEAST_NAMES or float(np.median(known)) > BACK:
        return
    yield Finding(
        rule="not-prices",
        severity="warning",
        message="half of each move is taken back on the next session, in most names (correlation "
        f"{np.median(known):.2f}): these are no prices, but returns, growth factors or volumes.",
        remedy="Give closes; those of returns are their running product.",
        figure=float(np.median(known)),
    )


def _correlation(close: FloatArray) -> float | None:
    """Of a name's moves with the next ones, by ranks, as a wrong price must not decide."""
    price = close[~np.isnan(close)]
    moves = np.diff(np.log(price[: MOST_MOVES + 1]))
    if len(moves) < LEAST_MOVES or np.count_nonzero(moves) < 0.5 * len(moves):
        return None
    ranks = np.argsort(np.argsort(moves)).astype(np.float64)
    return float(np.corrcoef(ranks[1:], ranks[:-1])[0, 1])
