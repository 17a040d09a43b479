"""What a backtest lets one expect of the next sessions."""

from dataclasses import dataclass

import numpy as np

from mech_exo.data.frequency import DAILY, Frequency
from mech_exo.data.panel import FloatArray

BLOCK = 21  # days; keeps a month's dependence between them
DRAWS = 2000
SEED = 42
LEVEL = 0.90  # of the band
FEWEST = 2 * BLOCK  # days below which a path says nothing,
FEWEST_RETURNS = 24  # and returns, where a market has fewer in that time


@dataclass(frozen=True)
class Band:
    """The middle `LEVEL` of the returns that the backtest makes likely.

    Attributes
    ----------
    low, median, high
        Quantiles of the total return over the sessions.
    percentile
        Share of the drawn returns below the live one.
    """

    sessions: int
    low: float
    median: float
    high: float
    percentile: float
    live: float

    @property
    def inside(self) -> bool:
        """Whether the live return lies in the band."""
        return self.low <= self.live <= self.high


def expectation(
    history: FloatArray, sessions: int, live: float, frequency: Frequency = DAILY
) -> Band | None:
    """Circular block bootstrap (Politis and Romano 1992) of the total return over `sessions`.

    Parameters
    ----------
    history
        [T] returns of the backtest, one a session, from before the live sessions.
    live
        Total return of the live sessions.
    frequency
        Of the sessions: a block is a month of them.

    Returns
    -------
    Band or None
        None without sessions, or with too short a history. The same for the same arguments,
        always.
    """
    block, fewest = frequency.sessions(BLOCK), frequency.sessions(FEWEST, FEWEST_RETURNS)
    if sessions < 1 or len(history) < fewest:
        return None
    growth = np.log1p(np.maximum(history, -1.0 + 1e-12))
    rng = np.random.default_rng(SEED)
    blocks = -(-sessions // block)
    starts = rng.integers(len(growth), size=(DRAWS, blocks))
    days = (starts[:, :, None] + np.arange(block)).reshape(DRAWS, -1)[:, :sessions]
    totals = np.expm1(growth[days % len(growth)].sum(axis=1))
    low, median, high = np.quantile(totals, [(1.0 - LEVEL) / 2, 0.5, (1.0 + LEVEL) / 2])
    below = float(np.mean(totals < live))
    return Band(sessions, float(low), float(median), float(high), below, live)
