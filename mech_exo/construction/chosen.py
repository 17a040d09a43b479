"""Who is chosen on a side: the n best, fewer of a full sector, and whoever was chosen before."""

import math

import numpy as np

from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.mandate import Mandate
from mech_exo.construction.places import best, place_within, places
from mech_exo.construction.sides import Side
from mech_exo.data.panel import BoolArray, IntArray

FORGIVEN = 1e-9  # of a quotient that must be a whole number but for rounding


def choose(side: Side, n: int, data: DecisionData, mandate: Mandate) -> BoolArray:
    """Mark the names [G, N] of one side, n of them at most.

    With `max_sector_pct` the ranking is gone down, and a name is passed over if its sector has its
    number of names already: ⌊max_sector_pct·n / budget⌋ of the side, one at least. With `buffer` a
    name that was chosen at the decision before stays while its place among those not passed over
    is at most n·(1 + buffer); then the best fill up to n.
    """
    if mandate.max_sector_pct is None and not mandate.buffer:
        return best(side.composite, np.minimum(n, side.eligible), side.order, side.sign)
    names = side.composite.shape[1]
    place = places(side.scores, side.order)
    place = np.where(place < side.eligible[:, None], place, names)
    if mandate.max_sector_pct is not None:
        place = _by_quota(place, quota(mandate.max_sector_pct, n, side.budget), data)
    if not mandate.buffer:
        within: BoolArray = place < min(n, names)
        return within
    return _kept(place, n, math.floor(n * (1.0 + mandate.buffer) + FORGIVEN))


def quota(max_sector_pct: float, n: int, budget: float) -> int:
    """Names of one sector on a side of n names, at most."""
    if not budget:
        return n
    return max(1, math.floor(min(float(n), max_sector_pct * n / budget + FORGIVEN)))


def _by_quota(place: IntArray, most: int, data: DecisionData) -> IntArray:
    """Places among the first `most` of each sector; N for all others."""
    names = place.shape[1]
    sectors = max(1, len(data.sector_names))
    within = place_within(place, data.sectors.astype(np.int64), sectors)
    stays = (place < names) & (within < most)
    return _places_of(stays, place)


def _places_of(stays: BoolArray, place: IntArray) -> IntArray:
    """Places 0, 1, … among those that stay, in their order; N for the others."""
    names = place.shape[1]
    ordered = np.argsort(np.where(stays, place, names), axis=1, kind="stable")
    found = np.empty_like(place)
    numbers = np.broadcast_to(np.arange(names), place.shape)
    np.put_along_axis(found, ordered, numbers, axis=1)
    return np.where(stays, found, names)


def _kept(place: IntArray, n: int, zone: int) -> BoolArray:
    """Decision by decision: who was chosen before stays within the zone, the best fill up."""
    names = place.shape[1]
    chosen = np.zeros(place.shape, dtype=bool)
    before = np.zeros(names, dtype=bool)
    for g in range(len(place)):
        stays = before & (place[g] < min(zone, names))
        wanted = np.where(stays, names, place[g])
        missing = n - int(np.count_nonzero(stays))
        free = np.flatnonzero(wanted < names)
        fill = free[np.argsort(wanted[free])[:missing]]
        stays[fill] = True
        chosen[g] = before = stays
    return chosen
