"""Which names a candidate holds: composite scores, and the n best of each decision date."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.candidate import Candidate
from mech_exo.data.panel import BoolArray, FloatArray, IntArray, Panel
from mech_exo.system.memory import row_slices

GRID = 2.0**30  # scores are ranked in whole units of 1/GRID
HALF_KNOWN = 0.5 * (1.0 - 1e-12)  # share of the absolute weight that must be known
CELLS = 128 * 512  # names times dates that are scored at a time, to stay in the cache
TINY, HUGE = 1e-25, 1e25  # sizes of scores between which single precision is of use
POSITIVE = np.int32(0x7FFFFFFF)  # all bits of a single precision number but its sign
UNSURE = 4  # from one date in four on, all are ranked in double precision


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


def scales(scores: Scores, weights: FloatArray) -> FloatArray:
    """−GRID over Σ|w| of the known factors, for each pattern [P]; NaN: not ranked.

    Negative, so that the best name comes first in ascending order and NaN comes last. The weights
    [K] are `scaled`.
    """
    size = np.abs(weights)
    # einsum without `optimize` adds up factor by factor, in their order, and calls no BLAS
    known = np.einsum("k,kp->p", size, scores.known)
    total = float(np.einsum("k->", size))
    ranked = (known >= HALF_KNOWN * total) & (known > 0.0)
    return np.where(ranked, -GRID / np.where(ranked, known, 1.0), np.nan)


def scaled(weights: FloatArray) -> FloatArray:
    """Weights [K] times the power of two that brings the largest into [½, 1): no bit is lost.

    Scores are a mean over weights, so that only the ratios count; this keeps their sums from
    overflowing, and the smallest of weights from being rounded away.
    """
    _, exponent = math.frexp(np.abs(weights).max(initial=0.0))
    return np.ldexp(weights, -exponent)


@dataclass(eq=False, slots=True)
class _Wanted:
    """What a candidate wants: weights [K] (`scaled`), their `scales` [P], and n names."""

    weights: FloatArray
    table: FloatArray
    n: int

    @classmethod
    def of(cls, candidate: Candidate, scores: Scores) -> Self:
        weights = scaled(candidate.weights)
        return cls(weights, scales(scores, weights), candidate.positions)


class Selector:
    """Chooses names, in buffers that are used again and again.

    A first look at the scores in single precision settles nearly every date: the n best are certain
    if no other name comes closer to the last of them than rounding could have moved it. The other
    dates are ranked in double precision.
    """

    def __init__(self, scores: Scores) -> None:
        self._scores = scores
        segments, _, names = scores.scores.shape
        self._step = max(1, min(segments, CELLS // max(1, names)))
        # a score, and then the scores partly ordered; twice
        self._coarse = np.empty((2, self._step, names), dtype=np.float32)
        self._fine = np.empty((2, self._step, names))
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
        wanted = _Wanted.of(candidate, self._scores)
        if wanted.n == 0 or np.isnan(wanted.table).all():
            chosen[:] = False
            ranks[:] = 0
            return
        for low in range(start, stop, self._step):
            high = min(stop, low + self._step)
            for first, last in self._look(wanted, low, high, chosen, ranks, start):
                part = slice(first - start, last - start)
                self._choose_exactly(wanted, first, last, chosen[part], ranks[part])

    def composite(self, candidate: Candidate) -> FloatArray:
        """Composite scores [G, N] on the grid; NaN where a name is not ranked."""
        wanted = _Wanted.of(candidate, self._scores)
        segments, _, names = self._scores.scores.shape
        found = np.empty((segments, names))
        for low in range(0, segments, self._step):
            high = min(segments, low + self._step)
            rank, _ = self._graded(wanted, low, high)
            np.multiply(rank, -1.0 / GRID, out=found[low:high])
        found += 0.0  # of a score of 0 the sign, too
        return found

    def tied(self, candidate: Candidate) -> BoolArray:
        """[G] decisions at which names tied for the last places, so that their symbols decided."""
        wanted = _Wanted.of(candidate, self._scores)
        segments, _, names = self._scores.scores.shape
        found = np.zeros(segments, dtype=bool)
        for low in range(0, segments if wanted.n else 0, self._step):
            high = min(segments, low + self._step)
            chosen, ranks = (
                np.empty((high - low, names), dtype=bool),
                np.empty(high - low, np.int64),
            )
            self._rank(wanted, low, high, chosen, ranks)
            found[low:high] = ranks > wanted.n
        return found

    def _look(
        self,
        wanted: _Wanted,
        low: int,
        high: int,
        chosen: BoolArray,
        ranks: IntArray,
        start: int,
    ) -> list[tuple[int, int]]:
        """Choose in single precision; returns the segments, as ranges, that this cannot settle."""
        part = slice(low - start, high - start)
        rank, spare = self._coarse[:, : high - low]
        size = float(self._scores.largest[0])  # of any score, at most: a mean of them
        if not TINY < size < HUGE:
            return [(low, high)]
        np.matmul(wanted.weights.astype(np.float32), self._scores.coarse[low:high], out=rank)
        coarse_table = (wanted.table / GRID).astype(np.float32)
        coarse_table.take(self._scores.pattern[low:high], out=spare, mode="clip")
        np.multiply(rank, spare, out=rank)
        rank += np.float32(3.0 * size)  # above zero all
        factors = self._scores.scores.shape[1]
        error = (factors + 12) * 2.0**-23 * size + 1.0 / GRID  # of a score, at most; twice over
        bits = rank.view(np.int32)
        np.bitwise_and(bits, POSITIVE, out=bits)  # a NaN may carry a sign
        ordered = spare.view(np.int32)
        _up_to(rank, ordered, wanted.n, np.float32(2.0 * error), chosen[part], ranks[part])
        unsure = np.flatnonzero(ranks[part] > wanted.n) + low
        if UNSURE * len(unsure) > high - low:
            return [(low, high)]
        return [(g, g + 1) for g in unsure.tolist()]

    def _choose_exactly(
        self,
        wanted: _Wanted,
        low: int,
        high: int,
        chosen: BoolArray,
        ranks: IntArray,
    ) -> None:
        """Choose by the scores on their grid, ties by symbol."""
        rank, last = self._rank(wanted, low, high, chosen, ranks)
        for g in np.flatnonzero(ranks > wanted.n):
            self._break_tie(rank[g], last[g], wanted.n, chosen[g])
            ranks[g] = wanted.n

    def _rank(
        self,
        wanted: _Wanted,
        low: int,
        high: int,
        chosen: BoolArray,
        ranks: IntArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Mark the n best on the grid and all that tie with the last; ranks, and the last's."""
        rank, spare = self._graded(wanted, low, high)
        return rank, _up_to(rank, spare, wanted.n, np.float64(0.0), chosen, ranks)

    def _graded(self, wanted: _Wanted, low: int, high: int) -> tuple[FloatArray, FloatArray]:
        """Scores of segments `low` to `high` in negative units of the grid, and a buffer."""
        rank, spare = self._fine[:, : high - low]
        # one product for each date: its last bit is the processor's, and rounded away below
        np.matmul(wanted.weights, self._scores.scores[low:high], out=rank)
        wanted.table.take(self._scores.pattern[low:high], out=spare, mode="clip")
        np.multiply(rank, spare, out=rank)
        np.rint(rank, out=rank)
        return rank, spare

    def _break_tie(self, rank: FloatArray, last: float, n: int, chosen: BoolArray) -> None:
        """Of the names that tie for the last places, the first by symbol."""
        np.less(rank, last, out=chosen)
        places = n - np.count_nonzero(chosen)
        if self._sorted:
            tied = np.flatnonzero(rank == last)
        else:
            tied = self._scores.order[rank[self._scores.order] == last]
        chosen[tied[:places]] = True


def _up_to(
    rank: NDArray[Any],
    ordered: NDArray[Any],
    n: int,
    margin: np.floating[Any],
    chosen: BoolArray,
    ranks: IntArray,
) -> NDArray[Any]:
    """Mark the names whose rank is at most that of the n-th best plus a margin, and count them.

    Ranks [G, N] ascend from the best and are NaN where there is none; returns the n-th [G], inf
    where fewer than n are ranked. `ordered` is a buffer [G, N] of the same type, or of integers of
    the same size if no rank has a sign: their bits then order as they do, and NumPy puts them in
    order three times as fast.
    """
    last = np.full(len(rank), np.inf, dtype=rank.dtype)
    if n < rank.shape[1]:
        np.copyto(ordered, rank.view(ordered.dtype))
        ordered.partition(n - 1, axis=1)
        nth = ordered[:, n - 1].view(rank.dtype)
        np.copyto(last, nth, where=~np.isnan(nth))
    np.less_equal(rank, (last + margin)[:, None], out=chosen)
    np.add.reduce(chosen.view(np.int8), axis=1, dtype=np.int64, out=ranks)
    return last
