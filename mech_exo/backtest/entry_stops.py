"""Stops against the first purchase of a holding."""

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.exits import AT_ONCE, GONE, HELD, WITHIN, Exits, no_stops
from mech_exo.backtest.growth import Growth
from mech_exo.backtest.holdings import Carry, Holdings
from mech_exo.data.panel import BoolArray, FloatArray, IntArray

STEP = 100
"""Entries for each session of the longest run, from which on it is quicker to go in step."""


def since_entry(growth: Growth, holdings: Holdings, limit: FloatArray, carry: Carry) -> Exits:
    """Stops against the first purchase of each unbroken run of holdings.

    One pass over all runs finds those that hit; only they are followed from stop to stop, since a
    stop splits a run in two: a few one by one, many in step.

    Parameters
    ----------
    limit
        [H] growth since the reference at or below which a holding is hit; alike within a run.
    """
    count = len(holdings.cell)
    order = holdings.by_name
    cell, limit = holdings.cell[order], limit[order]
    index = growth.index.ravel().take(cell)
    low = growth.low.ravel().take(cell) * index
    boundary = growth.boundary.ravel().take(cell) * index
    first = np.flatnonzero(holdings.previous[order] < 0)
    length = np.diff(first, append=count)
    entry = index[first]
    forced = np.zeros(len(first), dtype=bool)
    if holdings.stint.start:
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
        lengths, limits = length[affected], limit[first[affected]]
        runs = _Runs(low[inside], boundary[inside], index[inside], aside[order[inside]], limits)
        many = len(inside) > STEP * int(lengths.max())
        follow = runs.in_step if many else runs.one_by_one
        kind[inside], reference[inside] = follow(lengths, entry[affected], forced[affected])
    exits = no_stops(holdings, growth.index.shape[1])
    exits.kind[order] = kind
    exits.threshold[order] = limit * reference / index
    exits.reference[order] = reference
    ahead = (order >= holdings.closing) & (kind == HELD) & (boundary <= limit * reference)
    exits.forced[holdings.name[order[ahead]]] = AT_ONCE
    return exits


class _Runs:
    """Unbroken runs of holdings, to be followed from stop to stop.

    Arrays [E] are of the entries of these runs, in order of names and then segments, `limit` [R] is
    of the runs. A stop ends a holding; what is bought after it begins anew; what could only be set
    aside after it is gone.
    """

    def __init__(
        self,
        low: FloatArray,
        boundary: FloatArray,
        index: FloatArray,
        aside: BoolArray,
        limit: FloatArray,
    ) -> None:
        self._low, self._boundary, self._index = low, boundary, index
        self._aside, self._limit = aside, limit

    def one_by_one(
        self, length: IntArray, entry: FloatArray, forced: BoolArray
    ) -> tuple[NDArray[np.int8], FloatArray]:
        """Kind and reference [E] of each entry.

        Parameters
        ----------
        length
            [R] entries of each run.
        entry
            [R] its first reference.
        forced
            [R] whether its first entry is sold at once.
        """
        low, boundary, index = self._low.tolist(), self._boundary.tolist(), self._index.tolist()
        aside = self._aside.tolist()
        kinds, references = list[int](), list[float]()
        end = np.cumsum(length)
        bounds = (end - length).tolist(), end.tolist()
        for begin, stop, reference, at_once, limit in zip(
            *bounds, entry.tolist(), forced.tolist(), self._limit.tolist(), strict=True
        ):
            holding, threshold = True, limit * reference
            for k in range(begin, stop):
                kind = HELD
                if at_once:
                    kind, holding, at_once = AT_ONCE, False, False
                elif not holding and aside[k]:
                    kind = GONE
                else:
                    if not holding:
                        reference, holding = index[k], True
                        threshold = limit * reference
                    if low[k] <= threshold:
                        kind, holding = WITHIN, False
                    else:
                        at_once = boundary[k] <= threshold
                kinds.append(kind)
                references.append(reference)
        return np.array(kinds, dtype=np.int8), np.array(references)

    def in_step(
        self, length: IntArray, entry: FloatArray, forced: BoolArray
    ) -> tuple[NDArray[np.int8], FloatArray]:
        """As `one_by_one`: the first entries of all runs, then the second ones, and so on."""
        kinds, references = np.empty(len(self._low), dtype=np.int8), np.empty(len(self._low))
        longest = np.argsort(-length, kind="stable")  # those that go on are the first ones
        length, begin = length[longest], (np.cumsum(length) - length)[longest]
        reference, at_once, limit = entry[longest], forced[longest], self._limit[longest]
        holding = np.ones(len(length), dtype=bool)
        for step in range(int(length[0])):
            runs = int(np.searchsorted(-length, -step, side="left"))
            k = begin[:runs] + step
            at_once, holding = at_once[:runs], holding[:runs]
            gone = ~at_once & ~holding & self._aside[k]
            anew = ~at_once & ~holding & ~gone
            reference = np.where(anew, self._index[k], reference[:runs])
            there = ~at_once & ~gone
            threshold = limit[:runs] * reference
            within = there & (self._low[k] <= threshold)
            kinds[k] = AT_ONCE * at_once + GONE * gone + WITHIN * within
            references[k] = reference
            at_once = there & ~within & (self._boundary[k] <= threshold)
            holding = there & ~within
        return kinds, references
