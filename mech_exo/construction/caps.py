"""Limits of a position and of a sector: what is above one is shared by the others."""

import numpy as np

from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.picks import Picks
from mech_exo.data.panel import FloatArray

ROUNDING = 1.0 + 1e-12  # a share above its limit by no more than this is at the limit


def shared(strength: FloatArray, picks: Picks, budget: FloatArray, largest: float) -> FloatArray:
    """Weights [P] in proportion to the strengths, none above `largest`.

    What a name cannot take the others share in proportion to their strengths, until all are at the
    limit; what is left then is not held.

    Parameters
    ----------
    strength
        [P] at least 0; 0 is not held.
    budget
        [G] the sum of a decision's weights, where the limit lets it be reached.
    """
    full = np.zeros(len(strength), dtype=bool)
    while True:
        free = np.where(full, 0.0, strength)
        total = picks.total(free)
        left = np.maximum(budget - largest * picks.count(full), 0.0)
        unit = left / np.where(total > 0.0, total, 1.0)
        weights = np.where(full, largest, free * unit[picks.row])
        above = weights > largest
        if not above.any():
            return weights
        full |= above


def within_sectors(
    strength: FloatArray,
    picks: Picks,
    budget: FloatArray,
    largest: float,
    most: float,
    data: DecisionData,
) -> FloatArray:
    """As `shared`, with the weights of a sector adding up to `most` at most.

    A sector that is above it is cut to it, all of its names alike, and the names of the other
    sectors share what that leaves.
    """
    labels = max(1, len(data.sector_names))
    cell = picks.row * labels + data.sectors[picks.row, picks.name]
    fixed = np.zeros(len(strength))
    free = np.ones(len(strength), dtype=bool)
    while True:
        left = budget - picks.total(fixed)
        weights = fixed + shared(np.where(free, strength, 0.0), picks, left, largest)
        held = np.bincount(cell, weights)[cell]
        above = free & (held > most * ROUNDING)
        if not above.any():
            return weights
        fixed[above] = weights[above] * (most / held[above])
        free &= ~above
