"""The candidate: what one trial proposes."""

import math
from dataclasses import dataclass, field

import numpy as np

from mech_exo.construction.mandate import PLAIN, Mandate
from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError

MOST = 2**31  # more names than any market has


@dataclass(frozen=True, eq=False)
class Candidate:
    """Factor weights, the three trading hyperparameters, and the rules of the portfolio.

    Attributes
    ----------
    weights
        [K] weight of each factor's score, in the panel's order; finite.
    cash_pct
        Share of the portfolio that stays cash, 0 to 1.
    stop_loss_pct
        Loss since the reference at which a position is sold, above 0.
    position_size_pct
        Largest share of one position at a rebalance, above 0, at most 1.
    mandate
        How scores become a portfolio; the n best, long, equally weighted where it is `plain`.

    Raises
    ------
    ExoError
        If a value is outside its range.
    """

    weights: FloatArray
    cash_pct: float
    stop_loss_pct: float
    position_size_pct: float
    mandate: Mandate = field(default=PLAIN, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", np.asarray(self.weights, dtype=np.float64))
        if self.weights.ndim != 1 or not np.isfinite(self.weights).all():
            raise ExoError(f"weights must be a list of finite numbers, not {self.weights}.")
        _check("cash_pct", self.cash_pct, 0.0 <= self.cash_pct <= 1.0, "from 0 to 1")
        _check("stop_loss_pct", self.stop_loss_pct, self.stop_loss_pct > 0.0, "above 0")
        size = self.position_size_pct
        _check("position_size_pct", size, 0.0 < size <= 1.0, "above 0 and at most 1")

    @property
    def invested(self) -> float:
        """Share of the portfolio that is invested, q = 1 − cash_pct."""
        return 1.0 - self.cash_pct

    @property
    def positions(self) -> int:
        """Number n of names to hold: ⌈q / position_size_pct⌉, forgiving a rounding error."""
        return math.ceil(min(self.invested / self.position_size_pct - 1e-9, MOST))


def _check(name: str, value: float, holds: bool, allowed: str) -> None:
    if not holds:
        raise ExoError(f"{name} is {value}, must be {allowed}.", hint="Mend the space it is from.")
