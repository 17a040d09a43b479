"""The sides of a portfolio: who is bought, and who is sold short."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mech_exo.construction.mandate import DEFAULT_GROSS, Mandate
from mech_exo.construction.room import Room
from mech_exo.data.panel import FloatArray, IntArray


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """One side: names are chosen by its own scores, the best first.

    Attributes
    ----------
    sign
        1.0 for what is bought, −1.0 for what is sold short.
    composite
        [G, N] the scores, of which this side wants the high ones or the low ones; NaN is not
        ranked.
    order
        [N] positions of the names in the order in which ties go.
    eligible
        [G] how many of the best can be chosen at all.
    budget
        Σ|w| of the side, at most.
    """

    sign: float
    composite: FloatArray
    order: IntArray
    eligible: IntArray
    budget: float

    @property
    def scores(self) -> FloatArray:
        """[G, N] higher is better on this side; NaN is not ranked."""
        return self.composite if self.sign > 0.0 else -self.composite


def _long(scores: FloatArray, order: IntArray, room: Room, mandate: Mandate) -> tuple[Side, ...]:
    ranked = np.count_nonzero(~np.isnan(scores), axis=1)
    return (Side(1.0, scores, order, ranked, min(room.invested, mandate.max_gross)),)


def half_of(room: Room, mandate: Mandate) -> float:
    """Σ|w| of each side of a long_short portfolio, at most."""
    gross = DEFAULT_GROSS if mandate.gross is None else mandate.gross
    return min(gross / 2.0 * room.invested, mandate.max_gross / 2.0)


def _long_short(
    scores: FloatArray, order: IntArray, room: Room, mandate: Mandate
) -> tuple[Side, ...]:
    """The better half of the names can be bought, the worse half sold short; ⌊ranked/2⌋ each.

    Ties go to the first symbol on the long side and to the last on the short one, so that both
    follow one order and no name is on both.
    """
    half = np.count_nonzero(~np.isnan(scores), axis=1) // 2
    budget = half_of(room, mandate)
    return (
        Side(1.0, scores, order, half, budget),
        Side(-1.0, scores, np.ascontiguousarray(order[::-1]), half, budget),
    )


SIDES: dict[str, Callable[[FloatArray, IntArray, Room, Mandate], tuple[Side, ...]]] = {
    "long": _long,
    "long_short": _long_short,
}
"""Value of `portfolio.side` -> the sides: an entry here is a kind of portfolio."""
