"""Which names a candidate holds: composite scores, and the n best of each decision date."""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.score_table import Scores
from mech_exo.data.panel import BoolArray, FloatArray, IntArray

GRID = 2.0**30  # scores are ranked in whole units of 1/GRID
HALF_KNOWN = 0.5 * (1.0 - 1e-12)  # share of the absolute weight that must be known
CELLS = 128 * 512  # names times dates that are scored at a time, to stay in the cache
TINY, HUGE = 1e-25, 1e25  # sizes of scores between which single precision is of use
POSITIVE = np.int32(0x7FFFFFFF)  # all bits of a single precision number but its sign
UNSURE = 4  # from one date in four on, all are ranked in double precision


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

    def ends(self, candidate: Candidate) -> tuple[BoolArray, BoolArray] | None:
        """Mark the n best and the n worst of each date, both [G, N].

        Ties go to the first symbol among the best, and to the last among the worst. None where it
        takes the rules to say who they are: many scores are nearly the same, a date has fewer than
        2n names with a score, or no name is wanted.
        """
        wanted = _Wanted.of(candidate, self._scores)
        segments, _, names = self._scores.scores.shape
        if not wanted.n:
            return None
        best, worst = np.empty((2, segments, names), dtype=bool)
        ranks = np.empty((2, segments), dtype=np.int64)
        for low in range(0, segments, self._step):
            high = min(segments, low + self._step)
            part = slice(low, high)
            margin = self._coarse_ranks(wanted, low, high)
            if margin is None:
                return None
            rank, spare = self._coarse[:, : high - low]
            ordered, n = spare.view(np.int32), wanted.n
            _up_to(rank, ordered, n, np.float32(margin), best[part], ranks[0, part])
            np.subtract(np.float32(6.0 * self._size), rank, out=rank)  # the worst come first
            bits = rank.view(np.int32)
            np.bitwise_and(bits, POSITIVE, out=bits)
            # the difference is rounded, too
            _up_to(rank, ordered, n, np.float32(2.0 * margin), worst[part], ranks[1, part])
            unsure = low + np.flatnonzero((ranks[:, part] != n).any(axis=0))
            if UNSURE * len(unsure) > high - low:
                return None
            for g in unsure.tolist():
                self._order_ends(wanted, g, best[g], worst[g])
        return None if (best & worst).any() else (best, worst)

    def _order_ends(self, wanted: _Wanted, g: int, best: BoolArray, worst: BoolArray) -> None:
        """Mark the n best and n worst of one date exactly; all of both where fewer are ranked."""
        (rank,), order = self._graded(wanted, g, g + 1)[0], self._scores.order
        ranked = np.count_nonzero(~np.isnan(rank))
        from_best = order[np.argsort(rank[order], kind="stable")]
        best[:] = worst[:] = ranked < 2 * wanted.n
        best[from_best[: wanted.n]] = True
        worst[from_best[max(0, ranked - wanted.n) : ranked]] = True

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
        margin = self._coarse_ranks(wanted, low, high)
        if margin is None:
            return [(low, high)]
        rank, spare = self._coarse[:, : high - low]
        ordered = spare.view(np.int32)
        _up_to(rank, ordered, wanted.n, np.float32(margin), chosen[part], ranks[part])
        unsure = np.flatnonzero(ranks[part] > wanted.n) + low
        if UNSURE * len(unsure) > high - low:
            return [(low, high)]
        return [(g, g + 1) for g in unsure.tolist()]

    def _coarse_ranks(self, wanted: _Wanted, low: int, high: int) -> float | None:
        """Rank in single precision, in the first buffer; above zero all, or NaN without a sign.

        Returns by how much rounding can bring two of them apart; None: single precision is of no
        use.
        """
        rank, spare = self._coarse[:, : high - low]
        size = self._size
        if not TINY < size < HUGE:
            return None
        np.matmul(wanted.weights.astype(np.float32), self._scores.coarse[low:high], out=rank)
        coarse_table = (wanted.table / GRID).astype(np.float32)
        coarse_table.take(self._scores.pattern[low:high], out=spare, mode="clip")
        np.multiply(rank, spare, out=rank)
        rank += np.float32(3.0 * size)
        factors = self._scores.scores.shape[1]
        error: float = (
            factors + 12
        ) * 2.0**-23 * size + 1.0 / GRID  # of a score, at most; twice over
        bits = rank.view(np.int32)
        np.bitwise_and(bits, POSITIVE, out=bits)  # a NaN may carry a sign
        return 2.0 * error

    @property
    def _size(self) -> float:
        """Size of any score, at most: a score is a mean of those of the factors."""
        return float(self._scores.largest[0])

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
