"""How the names of a side share it: a strength for each, in proportion to which they are held."""

from collections.abc import Callable

import numpy as np

from mech_exo.construction.decision_data import FLAT, DecisionData
from mech_exo.construction.picks import Picks
from mech_exo.construction.sides import Side
from mech_exo.data.panel import FloatArray


def _equal(picks: Picks, side: Side, data: DecisionData) -> FloatArray:
    del side, data
    return np.ones(len(picks.row))


def _score(picks: Picks, side: Side, data: DecisionData) -> FloatArray:
    """How far the score lies beyond the mean of all that are ranked on the date; 0 if it does not.

    A date on which no name chosen lies beyond it is shared equally.
    """
    del data
    ranked = ~np.isnan(side.composite)
    total = np.where(ranked, side.composite, 0.0).sum(axis=1)
    mean = total / np.maximum(np.count_nonzero(ranked, axis=1), 1)
    strength = np.maximum(side.sign * (picks.at(side.composite) - mean[picks.row]), 0.0)
    nobody = picks.count(strength > 0.0) == 0
    return np.where(nobody[picks.row], 1.0, strength)


def _rank(picks: Picks, side: Side, data: DecisionData) -> FloatArray:
    """k for the best of k names chosen, then k − 1, …, 1."""
    del data
    place = picks.places(side.sign * picks.at(side.composite), side.order)
    return (picks.count()[picks.row] - place).astype(np.float64)


def _inverse_volatility(picks: Picks, side: Side, data: DecisionData) -> FloatArray:
    """1 / volatility; an unknown one, or 0, counts as the median of those of the names chosen."""
    del side
    sigma = picks.at(data.volatility)
    known = sigma > FLAT
    sigma = np.where(known, sigma, np.inf)
    count = picks.count(known)
    start = np.cumsum(picks.count()) - picks.count()
    ascending = np.append(sigma[np.lexsort((sigma, picks.row))], 1.0)
    last = np.maximum(count - 1, 0)
    middle = (ascending[start + last // 2] + ascending[start + (last + 1) // 2]) / 2.0
    middle = np.where(count > 0, middle, 1.0)
    return 1.0 / np.where(known, sigma, middle[picks.row])


WEIGHTINGS: dict[str, Callable[[Picks, Side, DecisionData], FloatArray]] = {
    "equal": _equal,
    "score": _score,
    "inverse_volatility": _inverse_volatility,
    "rank": _rank,
}
"""Value of `portfolio.weighting` -> strengths [P], at least 0, of the names chosen on a side."""
