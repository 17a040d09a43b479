"""Does the skill go on? Out of sample, year by year, and the two halves."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mech_exo.verdict.evidence import Evidence, autocorrelation, robust_t

FADING = 0.5
"""Share of the earlier half's t that the later half must reach, lest it be called fading."""

SEEN = 1.0
"""t of the earlier half from which there is something that can fade."""


@dataclass(frozen=True)
class YearRecord:
    """One calendar year out of sample.

    Attributes
    ----------
    year, blocks
        The year, and how many blocks begin in it.
    coefficient
        Mean of what decides (information coefficients, as a rule) over them.
    """

    year: int
    blocks: int
    coefficient: float


@dataclass(frozen=True)
class Decay:
    """How the skill went out of sample.

    Attributes
    ----------
    years
        Oldest first.
    earlier_t, later_t
        t-statistic of each half of the blocks (`robust_t`).
    autocorrelation
        Of neighbouring blocks; NaN with fewer than three.
    """

    years: tuple[YearRecord, ...]
    earlier_t: float
    later_t: float
    autocorrelation: float

    @property
    def fading(self) -> bool:
        """Whether the later half shows less than half of a skill that the earlier one had."""
        return self.earlier_t >= SEEN and not self.later_t >= FADING * self.earlier_t

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return {**asdict(self), "fading": self.fading}


def decay_of(outside: Evidence) -> Decay:
    """Of all dates out of sample, joined."""
    values = outside.deciding
    years = outside.days[outside.ranked].astype("datetime64[Y]").astype(np.int64) + 1970
    half = len(values) // 2
    return Decay(
        years=tuple(
            YearRecord(int(y), int((years == y).sum()), float(values[years == y].mean()))
            for y in np.unique(years)
        ),
        earlier_t=robust_t(values[:half]),
        later_t=robust_t(values[half:]),
        autocorrelation=autocorrelation(values),
    )
