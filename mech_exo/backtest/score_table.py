"""The scores of a panel's decisions, laid out for one candidate after the other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.panel import BoolArray, FloatArray, IntArray, Panel
from mech_exo.system.memory import row_slices


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of the executed decisions, laid out for one trial after the other.

    Attributes
    ----------
    scores
        [G, K, N] standardised scores; 0 where unknown.
    coarse
        [G, K, N] the same in single precision, for a first look.
    largest
        [1] the largest absolute score.
    pattern
        [G, N] column of `known` that tells what is known of the name; uint16 if they fit.
    known
        [K, P] the distinct patterns of known factors (1.0 or 0.0); the last one is all zero and
        stands for a name that is not tradable.
    tradable
        [G, N] whether the name is tradable on the decision date.
    order
        [N] positions of the names in the order of their symbols.
    """

    scores: FloatArray
    coarse: NDArray[np.float32]
    largest: FloatArray
    pattern: NDArray[Any]
    known: FloatArray
    tradable: BoolArray
    order: IntArray


def lay_out(panel: Panel, segments: int) -> Scores:
    """Lay out the scores of the panel's first `segments` decisions."""
    z = panel.exposures[:segments]
    tradable = panel.tradable[:segments]
    factors = z.shape[2]
    known = np.empty(z.shape, dtype=np.bool_)
    scores = np.zeros((len(z), factors, z.shape[1]))
    for rows in row_slices(z):
        known[rows] = np.isfinite(z[rows]) & tradable[rows, :, None]
        np.copyto(scores[rows], z[rows].transpose(0, 2, 1), where=known[rows].transpose(0, 2, 1))
    packed = np.packbits(known, axis=2)
    words = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[2]))).ravel()
    distinct, pattern = np.unique(words, return_inverse=True)
    bits = distinct.view(np.uint8).reshape(len(distinct), -1)
    patterns = np.unpackbits(bits, axis=1, count=factors).astype(np.float64)
    patterns = np.vstack([patterns, np.zeros(factors)])
    pattern = np.where(tradable.ravel(), pattern, len(distinct))
    small = np.uint16 if len(patterns) <= np.iinfo(np.uint16).max else np.uint32
    return Scores(
        scores=scores,
        coarse=scores.astype(np.float32),
        largest=np.abs([max(scores.max(initial=0.0), -scores.min(initial=0.0))]),
        pattern=pattern.reshape(tradable.shape).astype(small),
        known=np.ascontiguousarray(patterns.T),
        tradable=np.ascontiguousarray(tradable),
        order=np.argsort(np.array(panel.symbols), kind="stable").astype(np.int64),
    )
