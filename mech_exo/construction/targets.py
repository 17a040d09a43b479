"""From scores to target weights: the one door."""

import numpy as np

from mech_exo.construction.caps import shared, within_sectors
from mech_exo.construction.chosen import choose
from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.mandate import Mandate
from mech_exo.construction.neutral import neutralised
from mech_exo.construction.picks import Picks
from mech_exo.construction.room import Room
from mech_exo.construction.sides import SIDES, Side
from mech_exo.construction.user_construct import constructed
from mech_exo.construction.vol_target import scaled_to
from mech_exo.construction.weightings import WEIGHTINGS
from mech_exo.data.panel import FloatArray


def target_weights(
    scores: FloatArray, data: DecisionData, room: Room, mandate: Mandate
) -> FloatArray:
    """The share of the portfolio that each name shall have, for all decisions at once.

    In this order, as far as the mandate asks for it: scores are neutralised; names are chosen on
    each side; they share it by the weighting, within the limits of a position and of a sector;
    the sides of a long_short portfolio are made equal, the larger one is cut; all is scaled to
    the wanted volatility. A user's `construct` stands in the place of choosing and sharing. What a
    position may be of a name's trading is no part of it: that depends on what the portfolio is
    worth when it trades.

    Parameters
    ----------
    scores
        [G, N] composite scores; NaN: not ranked, as is every name that is not tradable.

    Returns
    -------
    numpy.ndarray
        [G, N] signed; Σ|w| at most `max_gross`; 0 for names that are not ranked or not tradable.

    Raises
    ------
    ExoError
        For a `construct` that fails, or returns what cannot be held.
    """
    ranked = neutralised(scores, data, mandate.neutralise)
    build = _built if mandate.construct is None else constructed
    weights = build(ranked, data, room, mandate)
    if mandate.vol_target is not None:
        weights = scaled_to(weights, mandate.vol_target, mandate.max_gross, data)
    return weights


def _built(scores: FloatArray, data: DecisionData, room: Room, mandate: Mandate) -> FloatArray:
    """The weights of the built-in rules."""
    weights = np.zeros(scores.shape)
    sides = SIDES[mandate.side](scores, data.order, room, mandate)
    shares = [_side(side, data, room, mandate) for side in sides]
    totals = [picks.total(held) for picks, held in shares]
    smaller = np.minimum.reduce(totals)
    for side, (picks, held), total in zip(sides, shares, totals, strict=True):
        even = smaller / np.where(total > 0.0, total, 1.0)  # exactly 1 where there is one side
        weights[picks.row, picks.name] = side.sign * held * even[picks.row]
    return weights


def _side(side: Side, data: DecisionData, room: Room, mandate: Mandate) -> tuple[Picks, FloatArray]:
    """The names of one side, and the size of their weights [P]."""
    picks = Picks.of(choose(side, room.names, data, mandate))
    strength = WEIGHTINGS[mandate.weighting](picks, side, data)
    budget, most = np.full(picks.decisions, side.budget), mandate.max_sector_pct
    if most is None:
        return picks, shared(strength, picks, budget, room.largest)
    return picks, within_sectors(strength, picks, budget, room.largest, most, data)
