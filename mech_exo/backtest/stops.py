"""Stop-losses: which holdings end before the next execution, and how."""

import numpy as np

from mech_exo.backtest.entry_stops import since_entry
from mech_exo.backtest.exits import ANY_PRICE, AT_ONCE, GONE, HELD, WAITING, WITHIN, Exits
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.holdings import Carry, Holdings
from mech_exo.data.panel import BoolArray, FloatArray

SLACK = 1e-12  # a return this close to the stop is at the stop


def stop_out(
    growth: Growth,
    holdings: Holdings,
    stop_loss: FloatArray,
    reference: str,
    lag: int,
    carry: Carry,
) -> Exits:
    """Find the holdings that are stopped.

    Parameters
    ----------
    growth, holdings
        Prices and holdings.
    stop_loss
        [S] of each segment: loss since the reference that is a hit.
    reference
        `entry` or `rebalance`.
    lag
        `stop_lag`, 0 or 1.
    carry
        References and stops from before the first segment.
    """
    limit = (1.0 - stop_loss + SLACK).take(holdings.segment)
    return stop_at(growth, holdings, limit, reference, lag, carry)


def stop_at(
    growth: Growth, holdings: Holdings, limit: FloatArray, reference: str, lag: int, carry: Carry
) -> Exits:
    """`stop_out` where the growth since the reference that is a hit is at or below `limit` [H]."""
    if reference == "entry":
        return since_entry(growth, holdings, limit, carry)
    return _since_rebalance(growth, holdings, limit, lag, carry)


def _since_rebalance(
    growth: Growth, holdings: Holdings, limit: FloatArray, lag: int, carry: Carry
) -> Exits:
    """Stops against the last execution; each holding stands alone but for what is carried over."""
    cell = holdings.cell
    index = growth.index.ravel().take(cell)
    low, boundary = growth.low.ravel().take(cell), growth.boundary.ravel().take(cell)
    reference = index.copy()
    aside_name = holdings.name[holdings.aside]
    reference[holdings.aside] = growth.index[holdings.aside_root, aside_name]
    threshold, aside = limit.copy(), holdings.aside
    threshold[aside] = limit[aside] * reference[aside] / index[aside]
    within = low <= threshold
    over = ~within & (boundary <= threshold)
    late = np.zeros(len(cell), dtype=bool)
    if lag:
        late = ~within & ~over & (growth.end.ravel().take(cell) <= threshold)
    exits = Exits(
        kind=np.where(within, WITHIN, HELD).astype(np.int8),
        threshold=threshold,
        reference=reference,
        forced=np.zeros(growth.index.shape[1], dtype=np.int64),
    )
    _CarryOver(growth, holdings, exits).run(over, late, carry)
    return exits


class _CarryOver:
    """Stops that fall due at or after the next execution, in order of time."""

    def __init__(self, growth: Growth, holdings: Holdings, exits: Exits) -> None:
        self._low, self._boundary = growth.low.ravel(), growth.boundary.ravel()
        self._sold = growth.sold.ravel()
        self._holdings = holdings
        self._exits = exits
        self._settled = dict[int, int]()  # holdings whose end an earlier hit has decided

    def run(self, over: BoolArray, late: BoolArray, carry: Carry) -> None:
        """Decide all ends.

        Parameters
        ----------
        over
            [H] a hit that is carried out at the next execution's close.
        late
            [H] a hit at the next execution's close, which is carried out after it.
        carry
            Stops from before the first segment.
        """
        holdings, settled = self._holdings, self._settled
        names = holdings.name
        for h in np.flatnonzero(carry.forced[names[: holdings.opening]]).tolist():
            if carry.forced[names[h]] == WAITING:
                self._wait(h)
            else:
                settled[h] = AT_ONCE
        due = over | late
        due[holdings.aside] = True
        aside = set(holdings.aside.tolist())
        for h in np.flatnonzero(due).tolist():
            if h in settled:
                continue
            if h in aside and self._ended(int(holdings.previous[h])):
                settled[h] = GONE
            elif over[h]:
                self._at_once(h)
            elif late[h]:
                self._pass_on(h)
        if settled:
            self._exits.kind[list(settled)] = list(settled.values())

    def _ended(self, h: int) -> bool:
        return h >= 0 and self._settled.get(h, int(self._exits.kind[h])) != HELD

    def _at_once(self, h: int) -> None:
        """Sell at the next execution's close."""
        following = int(self._holdings.following[h])
        if following >= 0:
            self._settled[following] = AT_ONCE
        elif h >= self._holdings.closing:
            self._exits.forced[self._holdings.name[h]] = AT_ONCE

    def _pass_on(self, h: int) -> None:
        """Sell after the next execution, if the name is held on."""
        following = int(self._holdings.following[h])
        if following >= 0:
            self._wait(following)
        elif h >= self._holdings.closing and not self._sold[self._holdings.cell[h]]:
            self._exits.forced[self._holdings.name[h]] = WAITING

    def _wait(self, h: int) -> None:
        """Sell at the first close there is."""
        cell = self._holdings.cell[h]
        if self._low[cell] < np.inf:
            self._settled[h] = WITHIN
            self._exits.threshold[h] = ANY_PRICE
            return
        self._settled[h] = HELD
        if self._boundary[cell] < np.inf:
            self._at_once(h)
        else:
            self._pass_on(h)
