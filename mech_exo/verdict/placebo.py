"""The luck line: what the same search finds where nothing is to be found."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mech_exo.verdict.statistics import permutation_p


@dataclass(frozen=True)
class PlaceboSearch:
    """The real search against its placebos. The first two p-values are shown, the last decides.

    Attributes
    ----------
    placebos
        M.
    ratio, rank_t
        Of the real search's winner: annual ratio of the hedged active return in sample, and
        t-statistic of its score's information coefficients.
    luck_mean, luck_line
        Mean and 95 % point of the placebo winners' ratios: what luck finds, and rarely exceeds.
    p_ratio, p_rank
        (1 + #{placebo ≥ real}) / (M + 1) of each measure.
    p
        The one that decides: `p_rank`, or `p_ratio` where the winner's scores cannot be ranked.
    p_hedged
        As `p_rank`, of what the user's premia leave; None without a hedge.
    """

    placebos: int
    ratio: float
    rank_t: float
    luck_mean: float
    luck_line: float
    p_ratio: float
    p_rank: float
    p: float
    p_hedged: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        found = asdict(self)
        if self.p_hedged is None:
            del found["p_hedged"]
        return found


def compare(results: Sequence[Mapping[str, Any]]) -> PlaceboSearch:
    """The comparison from the payloads, the real one first.

    A search without a complete trial, or a winner that never trades, counts as one that reached
    the real result; as the real result it has p = 1.
    """
    ratios, ranks, hedged = (
        np.array([_number(r.get(name)) for r in results], dtype=np.float64)
        for name in ("ratio", "rank_t", "hedged_t")
    )
    known = ratios[1:][np.isfinite(ratios[1:])]
    p_ratio, p_rank = (permutation_p(float(x[0]), x[1:]) for x in (ratios, ranks))
    return PlaceboSearch(
        placebos=len(results) - 1,
        ratio=float(ratios[0]),
        rank_t=float(ranks[0]),
        luck_mean=float(known.mean()) if len(known) else float("nan"),
        luck_line=float(np.quantile(known, 0.95)) if len(known) else float("nan"),
        p_ratio=p_ratio,
        p_rank=p_rank,
        p=p_ratio if np.isnan(ranks).all() else p_rank,
        p_hedged=permutation_p(float(hedged[0]), hedged[1:]) if "hedged_t" in results[0] else None,
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
