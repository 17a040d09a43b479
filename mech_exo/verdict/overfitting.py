"""Probability of backtest overfitting by combinatorially symmetric cross-validation.

References
----------
.. [1] Bailey, Borwein, López de Prado, Zhu (2017), The probability of backtest overfitting.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mech_exo.data.panel import BoolArray, FloatArray

CELLS = 2**16  # scores of splits and strategies that are computed at a time


def training_blocks(blocks: int, chosen: int) -> BoolArray:
    """[C(blocks, chosen), blocks]: which blocks each split takes, in lexicographic order."""
    splits = list(combinations(range(blocks), chosen))
    member = np.zeros((len(splits), blocks), dtype=np.bool_)
    for row, split in enumerate(splits):
        member[row, list(split)] = True
    return member


@dataclass(frozen=True)
class Overfitting:
    """Outcome of CSCV.

    Attributes
    ----------
    probability
        PBO: share of splits in which the winner of one half is at or below the median of the
        other. One half in pure noise, near 0 where the winner's lead is real.
    logits
        [splits] log(ω/(1 − ω)) of the winner's relative rank ω in the other half.
    """

    probability: float
    logits: FloatArray


def probability_of_overfitting(performance: FloatArray, blocks: int = 16) -> Overfitting:
    """PBO of a family of strategies by CSCV [1]_.

    Parameters
    ----------
    performance
        [T, S] returns per observation of S strategies, no NaN. They should cover the space evenly:
        a sampler's own trials crowd around its winner and leave the test without power.
    blocks
        Even number of contiguous blocks of (nearly) equal length; every choice of half of them is
        a split. The first T mod `blocks` blocks are one longer.

    Raises
    ------
    ValueError
        For an odd number of blocks, fewer than two rows a block, or one strategy only.

    Notes
    -----
    The score of a strategy on a half is its Sharpe ratio, from sums per block. Ties share the
    average rank; a strategy without variance on a half has the score −inf there.
    """
    rows, strategies = performance.shape
    if blocks < 2 or blocks % 2 or rows < 2 * blocks or strategies < 2:
        raise ValueError(
            f"{rows} rows of {strategies} strategies cannot be compared in {blocks} blocks"
        )
    centre = performance.mean(axis=0)
    centred = performance - centre  # the variance below is a difference of sums
    sizes = np.full(blocks, rows // blocks)
    sizes[: rows % blocks] += 1
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    sums = np.add.reduceat(centred, starts, axis=0)
    squares = np.add.reduceat(centred**2, starts, axis=0)
    parts = (sums, squares, sizes.astype(np.float64), centre)
    inside = training_blocks(blocks, blocks // 2).astype(np.float64)
    logits = np.empty(len(inside))
    # what a split leaves out is what the split as far from the other end takes: one score serves
    # both, and the two are looked at while they are in the cache
    complement = len(inside) - 1 - np.arange(len(inside) // 2)
    step = max(1, CELLS // strategies)
    for low in range(0, len(complement), step):
        other = complement[low : low + step]
        rows = slice(low, low + len(other))
        one, two = _half_sharpe(inside[rows], *parts), _half_sharpe(inside[other], *parts)
        logits[rows], logits[other] = _logits(one, two), _logits(two, one)
    return Overfitting(float(np.mean(logits <= 0.0)), logits)


def _logits(trained: FloatArray, tested: FloatArray) -> FloatArray:
    """[splits] of the relative rank that the winner of one half has in the other, [splits, S]."""
    winner = np.argmax(trained, axis=1)
    reached = tested[np.arange(len(tested)), winner][:, None]
    below, ties = (np.count_nonzero(c, axis=1) for c in (tested < reached, tested == reached))
    relative = (below + (ties + 1) / 2) / (tested.shape[1] + 1)
    return np.log(relative / (1.0 - relative))  # type: ignore[no-any-return]


def _half_sharpe(
    member: FloatArray, sums: FloatArray, squares: FloatArray, sizes: FloatArray, centre: FloatArray
) -> FloatArray:
    """[splits, S] Sharpe ratios over the blocks of each split."""
    count = (member @ sizes)[:, None]
    # in place: there are millions of them in all
    mean: FloatArray = member @ sums
    mean /= count
    deviation: FloatArray = member @ squares
    deviation -= count * np.square(mean)
    deviation /= count - 1.0
    np.sqrt(np.maximum(deviation, 0.0, out=deviation), out=deviation)
    flat = deviation < 1e-12
    deviation[flat] = 1.0
    mean += centre
    mean /= deviation
    mean[flat] = -np.inf
    return mean
