"""Factors that know nothing, in the shape of the user's own."""

from dataclasses import replace

import numpy as np

from mech_exo.data.draws import Draws
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.data.standardise import standardise

FIRST_STREAM = 0x6E6F6973
"""Of the draws: factor k has the stream this far from 0 plus k."""

FEWEST_NAMES = 5
"""Known on two neighbouring dates, below which their correlation is not measured."""


def with_noise_factors(panel: Panel, seed: int) -> Panel:
    """The panel with noise in the place of every factor's scores; all else stays as it is.

    Each factor keeps what it knows when (the same scores are NaN) and how much of its ranking goes
    on from each rebalance to the next: z_m = ρ_m·z_{m−1} + √(1 − ρ_m²)·e_m, with e standard normal
    (`Draws`) and ρ_m the correlation of the user's scores of the two dates. Scores are standardised
    per date. Factors do not depend on each other.
    """
    noise = np.empty_like(panel.exposures)
    for k in range(len(panel.factor_names)):
        scores = panel.exposures[:, :, k]
        known = np.isfinite(scores)
        path = _path(persistence(scores), Draws(seed, FIRST_STREAM + k).normal(*scores.shape))
        noise[:, :, k] = standardise(path, known, 0.0)
    return replace(panel, exposures=noise)


def persistence(scores: FloatArray) -> FloatArray:
    """[M] correlation of each date's scores [M, N] with those of the date before; 0 for the first.

    Over the names known on both. Where these are fewer than `FEWEST_NAMES`, or do not differ, the
    mean of the other dates; 0 if there is none.
    """
    found = np.full(len(scores), np.nan)
    before, after = scores[:-1], scores[1:]
    both = np.isfinite(before) & np.isfinite(after)
    names = np.maximum(both.sum(axis=1), 1)[:, None]
    x, y = (np.where(both, s, 0.0) for s in (before, after))
    x, y = (np.where(both, s - s.sum(axis=1, keepdims=True) / names, 0.0) for s in (x, y))
    scale = np.sqrt((x * x).sum(axis=1) * (y * y).sum(axis=1))
    measured = (both.sum(axis=1) >= FEWEST_NAMES) & (scale > 1e-12)
    found[1:][measured] = ((x * y).sum(axis=1) / np.where(measured, scale, 1.0))[measured]
    usual = float(np.mean(found[1:][measured])) if measured.any() else 0.0
    found = np.clip(np.where(np.isnan(found), usual, found), -1.0, 1.0)
    found[:1] = 0.0
    return found


def _path(carried: FloatArray, draws: FloatArray) -> FloatArray:
    """[M, N] of variance 1 throughout, from fresh draws."""
    fresh = np.sqrt(1.0 - carried * carried)
    path = draws.copy()
    for m in range(1, len(path)):
        path[m] = carried[m] * path[m - 1] + fresh[m] * draws[m]
    return path
