"""Scores without what sector, beta or size explain of them: a regression on each date."""

from collections.abc import Callable

import numpy as np

from mech_exo.construction.decision_data import DecisionData
from mech_exo.construction.places import in_cache
from mech_exo.data.panel import FloatArray

GRID = 2.0**30  # residuals are rounded to whole units of 1/GRID, as scores are
RANK_DEFICIENT = 1e-10  # share of a regressor's sum of squares that must be its own


def neutralised(scores: FloatArray, data: DecisionData, of: tuple[str, ...]) -> FloatArray:
    """The residuals of the scores of each date, regressed on what they shall not depend on.

    Ordinary least squares over the names that are ranked, all of equal weight. Sectors are dummies
    (a name alone in its sector has the residual 0); beta and the logarithm of size are numbers,
    and an unknown one counts as the mean of those known in the same sector (with `sector`), else
    of all. Without `sector` there is an intercept.

    Parameters
    ----------
    scores
        [G, N]; NaN is not ranked, and stays so.
    of
        Some of `NEUTRAL`.

    Returns
    -------
    numpy.ndarray
        [G, N], rounded to 2⁻³⁰, so that the last bit of a sum cannot change a holding.
    """
    if not of:
        return scores
    residuals = np.empty(scores.shape)
    for rows in in_cache(scores.shape):
        residuals[rows] = _residuals(scores[rows], data.on(rows), of)
    return residuals


def _residuals(scores: FloatArray, data: DecisionData, of: tuple[str, ...]) -> FloatArray:
    """As `neutralised`, of a few dates."""
    ranked = ~np.isnan(scores)
    group = np.where(ranked, data.sectors if "sector" in of else 0, -1)
    count = int(data.sectors.max(initial=0)) + 1 if "sector" in of else 1
    left = _centred(scores, group, count)
    regressors: list[FloatArray] = []
    for name, value in NEUTRAL.items():
        if name not in of or value is None:
            continue
        one = _centred(np.where(ranked, value(data), np.nan), group, count)
        whole = _dot(one, one)
        for other in regressors:
            one = one - _slope(one, other)[:, None] * other
        one = np.where((_dot(one, one) > RANK_DEFICIENT * whole)[:, None], one, 0.0)
        left = left - _slope(left, one)[:, None] * one
        regressors.append(one)
    rounded: FloatArray = np.where(ranked, np.rint(left * GRID) / GRID + 0.0, np.nan)
    return rounded


def _log_size(data: DecisionData) -> FloatArray:
    return np.log(np.where(data.size > 0.0, data.size, np.nan))


NEUTRAL: dict[str, Callable[[DecisionData], FloatArray] | None] = {
    "sector": None,  # dummies: the mean of each sector is taken out of everything first
    "beta": lambda data: data.beta,
    "size": _log_size,
}
"""What scores can be made neutral to -> the regressor [G, N], NaN where unknown."""


def _centred(values: FloatArray, group: np.ndarray, count: int) -> FloatArray:
    """Values [G, N] less the mean of their group on their date; 0 where unknown or in no group.

    That takes the dummies of the groups out (Frisch–Waugh–Lovell).
    """
    known = (group >= 0) & ~np.isnan(values)
    cell = np.arange(len(values))[:, None] * count + group
    cells, inside = cell[known], values[known]
    size = len(values) * count
    number = np.bincount(cells, minlength=size)
    mean = np.bincount(cells, inside, minlength=size) / np.maximum(number, 1)
    centred = np.zeros_like(values)
    centred[known] = inside - mean[cells]
    return centred


def _dot(one: FloatArray, other: FloatArray) -> FloatArray:
    product: FloatArray = np.einsum("gn,gn->g", one, other)
    return product


def _slope(values: FloatArray, regressor: FloatArray) -> FloatArray:
    """Least-squares slope [G] of centred values on a centred regressor; 0 on one that is 0."""
    size = _dot(regressor, regressor)
    slope = np.zeros(len(size))
    np.divide(_dot(values, regressor), size, out=slope, where=size > 0.0)
    return slope
