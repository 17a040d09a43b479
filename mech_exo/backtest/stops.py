"""Stop-losses: which holdings end before the next execution, and how."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.growth import Growth
from mech_exo.backtest.holdings import Carry, Holdings
from mech_exo.data.panel import BoolArray, FloatArray, IntArray

SLACK = 1e-12  # a return this close to the stop is at the stop

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


def stop_out(
    growth: Growth, holdings: Holdings, stop_loss: float, reference: str, lag: int, carry: Carry
) -> Exits:
    """Find the holdings that are stopped.

    Parameters
    ----------
    growth, holdings
        Prices and holdings.
    stop_loss
        Loss since the reference that is a hit.
    reference
        `entry` or `rebalance`.
    lag
        `stop_lag`, 0 or 1.
    carry
        References and stops from before the first segment.
    """
    return stop_at(growth, holdings, 1.0 - stop_loss + SLACK, reference, lag, carry)


def stop_at(
    growth: Growth, holdings: Holdings, limit: float, reference: str, lag: int, carry: Carry
) -> Exits:
    """`stop_out` where the growth since the reference that is a hit is at or below `limit`."""
    if reference == "entry":
        return _since_entry(growth, holdings, limit, carry)
    return _since_rebalance(growth, holdings, limit, lag, carry)


def _since_entry(growth: Growth, holdings: Holdings, limit: float, carry: Carry) -> Exits:
    """Stops against the first purchase of each unbroken run of holdings.

    One pass over all runs finds those that hit; only they are walked through, since a stop splits a
    run in two.
    """
    count = len(holdings.cell)
    order = holdings.by_name
    cell = holdings.cell[order]
    index = growth.index.ravel().take(cell)
    low = growth.low.ravel().take(cell) * index
    boundary = growth.boundary.ravel().take(cell) * index
    first = np.flatnonzero(holdings.previous[order] < 0)
    length = np.diff(first, append=count)
    entry = index[first]
    forced = np.zeros(len(first), dtype=bool)
    if holdings.start:
        opening = np.flatnonzero(order[first] < holdings.opening)
        name = holdings.name[order[first[opening]]]
        carried = carry.reference[name]
        entry[opening] = np.where(np.isnan(carried), entry[opening], carried)
        forced[opening] = carry.forced[name] != 0
    reference = np.repeat(entry, length)
    affected = forced.copy()
    hit = np.minimum(low, boundary) <= limit * reference
    affected[np.repeat(np.arange(len(first)), length)[hit]] = True
    kind = np.zeros(count, dtype=np.int8)
    if affected.any():
        aside = np.zeros(count, dtype=bool)
        aside[holdings.aside] = True
        inside = np.flatnonzero(np.repeat(affected, length))
        walk = _Walk(low[inside], boundary[inside], index[inside], aside[order[inside]], limit)
        walk.follow(length[affected], entry[affected], forced[affected])
        where = inside[walk.where]
        kind[where] = walk.kinds
        reference[where] = walk.references
    exits = no_stops(holdings, growth.index.shape[1])
    exits.kind[order] = kind
    exits.threshold[order] = limit * reference / index
    exits.reference[order] = reference
    ahead = (order >= holdings.closing) & (kind == HELD) & (boundary <= limit * reference)
    exits.forced[holdings.name[order[ahead]]] = AT_ONCE
    return exits


class _Walk:
    """Follows runs of holdings from stop to stop.

    Arrays are of the entries of these runs, in order of names and then segments. What it finds:
    `where` an entry ends otherwise than thought or has another reference, its kind and its
    reference.
    """

    def __init__(
        self,
        low: FloatArray,
        boundary: FloatArray,
        index: FloatArray,
        aside: BoolArray,
        limit: float,
    ) -> None:
        self._low, self._boundary = low.tolist(), boundary.tolist()
        self._index, self._aside = index.tolist(), aside.tolist()
        self._limit = limit
        self.where, self.kinds, self.references = list[int](), list[int](), list[float]()

    def follow(self, length: IntArray, entry: FloatArray, forced: BoolArray) -> None:
        """All runs, one after the other, of so many entries each."""
        end = np.cumsum(length)
        bounds = (end - length).tolist(), end.tolist()
        for run in zip(*bounds, entry.tolist(), forced.tolist(), strict=True):
            self._run(*run)

    def _run(self, begin: int, end: int, entry: float, at_once: bool) -> None:
        """One run from its first purchase: a stop ends it, the next purchase begins anew."""
        low, boundary, aside, limit = self._low, self._boundary, self._aside, self._limit
        holding, moved, threshold = True, False, limit * entry
        for k in range(begin, end):
            kind = HELD
            if at_once:
                kind, holding, at_once = AT_ONCE, False, False
            elif not holding and aside[k]:
                kind = GONE
            else:
                if not holding:
                    entry, holding, moved = self._index[k], True, True
                    threshold = limit * entry
                if low[k] <= threshold:
                    kind, holding = WITHIN, False
                else:
                    at_once = boundary[k] <= threshold
            if kind != HELD or moved:
                self.where.append(k)
                self.kinds.append(kind)
                self.references.append(entry)


def _since_rebalance(
    growth: Growth, holdings: Holdings, limit: float, lag: int, carry: Carry
) -> Exits:
    """Stops against the last execution; each holding stands alone but for what is carried over."""
    cell = holdings.cell
    index = growth.index.ravel().take(cell)
    low, boundary = growth.low.ravel().take(cell), growth.boundary.ravel().take(cell)
    reference = index.copy()
    aside_name = holdings.name[holdings.aside]
    reference[holdings.aside] = growth.index[holdings.aside_root, aside_name]
    threshold = np.full(len(cell), limit)
    threshold[holdings.aside] = limit * reference[holdings.aside] / index[holdings.aside]
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
