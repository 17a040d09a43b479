"""The luck line: what the same search finds where nothing is to be found."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mech_exo.data.panel import FloatArray
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
        Of both together, each in units of its deviation over all M + 1 searches.
    """

    placebos: int
    ratio: float
    rank_t: float
    luck_mean: float
    luck_line: float
    p_ratio: float
    p_rank: float
    p: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def compare(results: Sequence[Mapping[str, Any]]) -> PlaceboSearch:
    """The comparison from the payloads, the real one first.

    A search without a complete trial, or a winner that never trades, counts as one that reached
    the real result; as the real result it has p = 1.
    """
    table = np.array(
        [[_number(r["ratio"]), _number(r["rank_t"])] for r in results], dtype=np.float64
    )
    ratios, ranks = table[1:, 0], table[1:, 1]
    joint = _standardised(table[:, 0]) + _standardised(table[:, 1])
    known = ratios[np.isfinite(ratios)]
    return PlaceboSearch(
        placebos=len(results) - 1,
        ratio=float(table[0, 0]),
        rank_t=float(table[0, 1]),
        luck_mean=float(known.mean()) if len(known) else float("nan"),
        luck_line=float(np.quantile(known, 0.95)) if len(known) else float("nan"),
        p_ratio=permutation_p(float(table[0, 0]), ratios),
        p_rank=permutation_p(float(table[0, 1]), ranks),
        p=permutation_p(float(joint[0]), joint[1:]),
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _standardised(values: FloatArray) -> FloatArray:
    """Over all searches alike, the real one included, so that none is favoured."""
    known = values[np.isfinite(values)]
    deviation = float(known.std()) if len(known) else 0.0
    return (values - known.mean()) / deviation if deviation > 0.0 else np.zeros_like(values)
