"""How a holding ends before the next execution."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.holdings import Holdings
from mech_exo.data.panel import FloatArray, IntArray

HELD = 0  # to the next execution
AT_ONCE = 1  # sold at the execution's own close, after the rebalance
WITHIN = 2  # sold at the first close at or below its threshold
GONE = 3  # set aside on paper only: it was sold before
WAITING = 4  # a hit that is carried out at the first close there is
ANY_PRICE = 1e300  # threshold of a stop that is carried out whatever the price


@dataclass(eq=False)
class Exits:
    """How each of H holdings ends.

    Attributes
    ----------
    kind
        [H] HELD, AT_ONCE, WITHIN or GONE.
    threshold
        [H] growth since the execution at or below which the trigger sells.
    reference
        [H] price index at the stop's reference.
    forced
        [N] AT_ONCE or WAITING for the segment after the last one, else 0.
    """

    kind: NDArray[np.int8]
    threshold: FloatArray
    reference: FloatArray
    forced: IntArray


def no_stops(holdings: Holdings, names: int) -> Exits:
    """Every holding lasts."""
    count = len(holdings.cell)
    return Exits(
        kind=np.zeros(count, dtype=np.int8),
        threshold=np.full(count, -np.inf),
        reference=np.ones(count),
        forced=np.zeros(names, dtype=np.int64),
    )
