"""The size of a whole portfolio, by its volatility as it was known."""

import numpy as np

from mech_exo.construction.decision_data import FEWEST, FLAT, KNOWN_PART, DecisionData
from mech_exo.data.panel import FloatArray


def portfolio_volatility(weights: FloatArray, data: DecisionData) -> FloatArray:
    """Volatility a year [G] that each target would have had over the last year.

    Sample standard deviation of Σ w_i r_i over the sessions up to the decision; a return that is
    not known counts as 0. NaN where fewer than a quarter of a year's sessions have been.
    """
    found = np.full(len(weights), np.nan)
    length = data.window
    for g, t in enumerate(data.rows.tolist()):
        window = data.returns[max(0, t - length + 1) : t + 1]
        if len(window) < max(FEWEST, length * KNOWN_PART):
            continue
        held = np.flatnonzero(weights[g])
        returns = np.nan_to_num(window[:, held])
        path = np.einsum("tn,n->t", returns, weights[g, held])
        found[g] = path.std(ddof=1) if len(held) else 0.0
    yearly: FloatArray = found * np.sqrt(data.periods_per_year)
    return yearly


def scaled_to(
    weights: FloatArray, target: float, max_gross: float, data: DecisionData
) -> FloatArray:
    """Weights [G, N] times target / volatility, Σ|w| at most `max_gross`.

    A portfolio whose volatility is not known, or is 0, stays as it is.
    """
    volatility = portfolio_volatility(weights, data)
    gross = np.abs(weights).sum(axis=1)
    known = (volatility > FLAT) & (gross > 0.0)
    factor = np.ones(len(weights))
    np.divide(target, volatility, out=factor, where=known)
    np.minimum(factor, max_gross / np.where(known, gross, 1.0), out=factor, where=known)
    result: FloatArray = weights * factor[:, None]
    return result
