"""The holdings of a portfolio with two legs: names that are held, and names that are sold short."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.exits import Exits, no_stops
from mech_exo.backtest.grouping import Grouping
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.holdings import Carry, Holdings, list_holdings
from mech_exo.backtest.schedule import Stint
from mech_exo.backtest.scratch import Scratch
from mech_exo.backtest.stops import SLACK, stop_at
from mech_exo.data.panel import FloatArray, IntArray


@dataclass(eq=False)
class Legs:
    """H holdings of both legs.

    Attributes
    ----------
    holdings
        Of all segments; a name that changes its leg goes on in this list.
    sign
        [H] 1.0 or −1.0.
    weight
        [H] signed target weight, in the part of the portfolio that can be traded; 0 for a name that
        is set aside.
    """

    holdings: Holdings
    sign: FloatArray
    weight: FloatArray

    def leg(self, mine: IntArray) -> Holdings:
        """The holdings of one leg, in which a name that comes from the other begins anew."""
        whole = self.holdings
        if len(mine) == len(self.sign):
            return whole
        place = np.full(len(self.sign) + 1, -1)  # the last one is that of no holding
        place[mine] = np.arange(len(mine))
        segment = whole.segment[mine]
        aside = place[whole.aside]
        return Holdings(
            stint=whole.stint,
            segment=segment,
            name=whole.name[mine],
            cell=whole.cell[mine],
            by_segment=Grouping.of(segment, len(whole.stint.segment)),
            previous=place[whole.previous[mine]],
            following=place[whole.following[mine]],
            aside=aside[aside >= 0],
            aside_root=whole.aside_root[aside >= 0],
        )


def list_legs(growth: Growth, target: FloatArray, stint: Stint, scratch: Scratch) -> Legs:
    """List the holdings of target weights.

    Parameters
    ----------
    target
        [G, N] signed; 0 for what is not held.
    stint
        Of all segments.
    scratch
        Buffers.
    """
    held = target != 0.0
    holdings = list_holdings(growth, held, stint, Carry.nothing(target.shape[1]), scratch)
    weight = target.ravel().take(holdings.cell)
    sign = np.sign(weight)
    aside = holdings.aside
    weight[aside] = 0.0
    sign[aside] = np.sign(target[holdings.aside_root, holdings.name[aside]])
    return Legs(holdings, sign, weight)


def stop_legs(
    growth: Growth,
    mirror: Callable[[], Growth],
    legs: Legs,
    stop_loss: float,
    reference: str,
    lag: int,
) -> Exits:
    """Find the holdings that are stopped, each against its own side of the price.

    Parameters
    ----------
    mirror
        Makes the growth that a short's stop looks at (`mirror.mirrored`).
    stop_loss
        Loss since the reference that is a hit: a fall of what is held, a rise of what is short.
    reference, lag
        `stop_reference` and `stop_lag` of the settings.
    """
    names = growth.index.shape[1]
    exits = no_stops(legs.holdings, names)

    def stop(view: Growth, mine: IntArray, limit: float) -> None:
        leg, limits = legs.leg(mine), np.full(len(mine), limit)
        found = stop_at(view, leg, limits, reference, lag, Carry.nothing(names))
        exits.kind[mine] = found.kind
        exits.threshold[mine] = found.threshold

    short = legs.sign < 0.0
    held, sold = np.flatnonzero(~short), np.flatnonzero(short)
    if len(held):
        stop(growth, held, 1.0 - stop_loss + SLACK)
    if len(sold):
        stop(mirror(), sold, SLACK - (1.0 + stop_loss))
    return exits
