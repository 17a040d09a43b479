"""Which names a candidate holds: composite scores, and the n best of each decision date."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.rules import Candidate
from mech_exo.data.panel import BoolArray, FloatArray, IntArray, Panel

GRID = 2.0**30  # scores are ranked in whole units of 1/GRID
HALF_KNOWN = 0.5 * (1.0 - 1e-12)  # share of the absolute weight that must be known
CELLS = 128 * 512  # names times dates that are scored at a time, to stay in the cache


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of the executed decisions, laid out for one trial after the other.

    Attributes
    ----------
    scores
        [G, K, N] standardised scores; 0 where unknown.
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
    pattern: NDArray[Any]
    known: FloatArray
    tradable: BoolArray
    order: IntArray


def lay_out(panel: Panel, segments: int) -> Scores:
    """Lay out the scores of the panel's first `segments` decisions."""
    z = panel.exposures[:segments]
    tradable = panel.tradable[:segments]
    known = np.isfinite(z) & tradable[:, :, None]
    factors = z.shape[2]
    packed = np.packbits(known, axis=2)
    words = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[2]))).ravel()
    distinct, pattern = np.unique(words, return_inverse=True)
    bits = distinct.view(np.uint8).reshape(len(distinct), -1)
    patterns = np.unpackbits(bits, axis=1, count=factors).astype(np.float64)
    patterns = np.vstack([patterns, np.zeros(factors)])
    pattern = np.where(tradable.ravel(), pattern, len(distinct))
    small = np.uint16 if len(patterns) <= np.iinfo(np.uint16).max else np.uint32
    return Scores(
        scores=np.ascontiguousarray(np.where(known, z, 0.0).transpose(0, 2, 1)),
        pattern=pattern.reshape(tradable.shape).astype(small),
        known=np.ascontiguousarray(patterns.T),
        tradable=np.ascontiguousarray(tradable),
        order=np.argsort(np.array(panel.symbols), kind="stable").astype(np.int64),
    )


def scales(scores: Scores, weights: FloatArray) -> FloatArray:
    """−GRID·Σ|w| / Σ|w| of the known factors, for each pattern [P]; NaN: not ranked.

    Negative, so that the best name comes first in ascending order and NaN comes last.
    """
    size = np.abs(weights)
    # einsum without `optimize` adds up factor by factor, in their order, and calls no BLAS
    known = np.einsum("k,kp->p", size, scores.known)
    total = float(np.einsum("k->", size))
    ranked = (known >= HALF_KNOWN * total) & (known > 0.0)
    return np.where(ranked, -GRID * (total / np.where(ranked, known, 1.0)), np.nan)


class Selector:
    """Chooses names, in buffers that are used again and again."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores
        segments, _, names = scores.scores.shape
        self._step = max(1, min(segments, CELLS // max(1, names)))
        self._composite = np.empty((self._step, names))
        self._scale = np.empty((self._step, names))  # and then the scores, partly ordered
        self._sorted = not (np.diff(scores.order) < 0).any()

    def choose(
        self, candidate: Candidate, start: int, stop: int, chosen: BoolArray, ranks: IntArray
    ) -> None:
        """Mark the names chosen for segments `start` to `stop` (exclusive).

        Parameters
        ----------
        candidate
            Its weights are [K].
        chosen
            [stop − start, N], overwritten.
        ranks
            [stop − start] number of names chosen, overwritten.
        """
        table = scales(self._scores, candidate.weights)
        n = candidate.positions
        if n == 0 or np.isnan(table).all():
            chosen[:] = False
            ranks[:] = 0
            return
        for low in range(start, stop, self._step):
            high = min(stop, low + self._step)
            rank = self._rank(candidate.weights, table, low, high)
            part = slice(low - start, high - start)
            self._best(rank, n, chosen[part], ranks[part])

    def _rank(self, weights: FloatArray, table: FloatArray, low: int, high: int) -> FloatArray:
        """Snapped scores [high − low, N], best first in ascending order, NaN: not ranked."""
        composite, scale = self._composite[: high - low], self._scale[: high - low]
        # one product for each date: its last bit is the processor's, and rounded away below
        np.matmul(weights, self._scores.scores[low:high], out=composite)
        table.take(self._scores.pattern[low:high], out=scale, mode="clip")
        np.multiply(composite, scale, out=composite)
        return np.rint(composite, out=composite)

    def _best(self, rank: FloatArray, n: int, chosen: BoolArray, ranks: IntArray) -> None:
        if n >= rank.shape[1]:
            np.isfinite(rank, out=chosen)
            np.add.reduce(chosen.view(np.int8), axis=1, dtype=np.int64, out=ranks)
            return
        ordered = self._scale[: len(rank)]
        np.copyto(ordered, rank)
        ordered.partition(n - 1, axis=1)
        last = ordered[:, n - 1].copy()
        last[np.isnan(last)] = np.inf  # fewer than n are ranked: all of them
        np.less_equal(rank, last[:, None], out=chosen)
        np.add.reduce(chosen.view(np.int8), axis=1, dtype=np.int64, out=ranks)
        for g in np.flatnonzero(ranks > n):
            self._break_tie(rank[g], last[g], n, chosen[g])
            ranks[g] = n

    def _break_tie(self, rank: FloatArray, last: float, n: int, chosen: BoolArray) -> None:
        """Of the names that tie for the last places, the first by symbol."""
        np.less(rank, last, out=chosen)
        places = n - np.count_nonzero(chosen)
        if self._sorted:
            tied = np.flatnonzero(rank == last)
        else:
            tied = self._scores.order[rank[self._scores.order] == last]
        chosen[tied[:places]] = True
