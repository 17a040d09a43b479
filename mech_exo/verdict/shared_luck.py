"""How much luck several looks at one holdout share.

Who saw m portfolios on the same dates may judge the luckiest. How lucky the luckiest is depends on
how much they differ: fifty-two weeks of nearly the same weights are a few portfolios, ten unlike
ones are ten.

Without skill, what a block of dates showed could as well have had the other sign, for all
portfolios at once: the same coin for the same dates. Over many such flips one counts how many of
the m portfolios reach the judged one's t together, whenever any does; m over that number is how
many independent looks they are worth [1]_.

References
----------
.. [1] Westfall, Young (1993), Resampling-based multiple testing: the single-step adjustment by the
   largest statistic. P(any reaches t) = m·P(one does) / E(how many do, if any does).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.data.panel import FloatArray
from mech_exo.verdict.seen_skill import BlockSkill

if TYPE_CHECKING:
    from mech_exo.tuning.looks import Look

FLIPS = 20_000  # of all signs; each is used twice, the other way round as well
FEWEST = 50  # flips in which one look at least reaches a t, else a lower t is asked
SEED = 0x6C6F6F6B
_CLOSE = 1e-5  # of a correlation in single precision


@dataclass(frozen=True, eq=False)
class SharedLuck:
    """What all portfolios of a ledger showed on the blocks of the judged one.

    Attributes
    ----------
    series
        [B, m] the judged one's first.
    unknown
        How many others there are of which nothing was kept.
    """

    series: FloatArray
    unknown: int

    @classmethod
    def of(cls, own: BlockSkill, content: str, looks: "Sequence[Look]") -> "SharedLuck":
        """Of the judged portfolio, whose hash is `content`, and the looks at others.

        Only what was seen on these dates can have been chosen by its luck on them. So a portfolio
        that was seen on a part of them is taken to have gone on like the judged one.
        """
        columns, unknown = [own.evidence.deciding], 0
        for other in dict.fromkeys(entry.content for entry in looks):
            entries = [entry for entry in looks if entry.content == other]
            if other == content:
                continue
            if not all(_is_known(entry, entries) for entry in entries):
                unknown += 1
                continue
            shown = own
            for entry in entries:
                if entry.periods is not None:
                    shown = shown.seen_instead(entry.periods)
            columns.append(shown.evidence.deciding)
        return cls(np.column_stack(columns), unknown)

    def corrected(self, p: float) -> tuple[float, float]:
        """As `corrected_for_looks`, of a p-value that the judged portfolio has alone."""
        return corrected_for_looks(p, self.series, self.unknown)


def corrected_for_looks(p: float, series: FloatArray, unknown: int = 0) -> tuple[float, float]:
    """The chance that one of all looks shows as much by luck, and how many looks they are worth.

    Parameters
    ----------
    p
        Of the judged portfolio alone, by whatever test. It comes back as it is for one look.
    series
        [B, m] what each portfolio showed, the judged one's first, block by block, the same dates
        in a row. NaN is not allowed.
    unknown
        Further looks of which nothing is known: each counts in full (Bonferroni).

    Returns
    -------
    p, looks
        The corrected p-value, and the number of independent looks by which it would be the same
        (Šidák 1967: 1 − (1 − p)^looks), from 1 to m + unknown.
    """
    looks = float(series.shape[1] + unknown)
    if looks <= 1.0 or p >= 1.0:
        return p, looks
    factor = unknown + _worth(series, p)
    corrected = min(1.0, p * factor)
    if corrected >= 1.0 or p < 1e-9:
        return corrected, min(looks, factor)
    return corrected, min(looks, max(1.0, math.log1p(-corrected) / math.log1p(-p)))


def _worth(series: FloatArray, p: float) -> float:
    """P(any look reaches the t of `p`) over P(one does), under common flips; from 1 to m."""
    blocks, looks = series.shape
    if looks == 1 or blocks < 2:
        return float(looks)
    from scipy.special import stdtrit

    t = -float(stdtrit(blocks - 1, p))
    reached = t / math.sqrt(blocks - 1 + t * t)  # as a correlation of the signs with the series
    size = np.sqrt(blocks * (series * series).sum(axis=0))
    unit = (series / np.where(size > 0.0, size, 1.0)).astype(np.float32)
    generator = np.random.Generator(np.random.PCG64(SEED))
    signs = 2.0 * generator.integers(0, 2, (FLIPS, blocks), dtype=np.int8) - 1.0
    strength = signs.astype(np.float32) @ unit
    best = np.concatenate((strength.max(axis=1), -strength.min(axis=1)))
    often = float(np.partition(best, -FEWEST)[-FEWEST])
    highest = np.maximum(strength.max(axis=0), -strength.min(axis=0))  # of few blocks: all alike
    line = min(reached, often, float(highest[size > 0.0].min(initial=1.0))) - _CLOSE
    together = int((strength >= line).sum()) + int((strength <= -line).sum())
    return float(looks * int((best >= line).sum()) / together)


def _is_known(entry: "Look", entries: "Iterable[Look]") -> bool:
    """Whether what a look showed was kept, with it or with another that saw the same dates."""
    return any(
        e.periods is not None
        and e.first_date <= entry.first_date
        and entry.last_date <= e.last_date
        for e in entries
    )
