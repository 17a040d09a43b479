"""Capacity: how much capital a portfolio can carry before its own trading eats what it earns."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

from mech_exo.backtest.bankruptcy import ruined_on
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.construction.decision_data import DecisionData
from mech_exo.data.panel import Panel

USUAL_IMPACT = 1.0
"""Y where `backtest.impact` says none: about what studies of large orders find."""

SHOWN = tuple(10.0**exponent for exponent in range(5, 11))
"""Capitals at which the active return is given."""

LEAST = 1.0  # money whose trades move nothing
MOST = 1e13  # more than any market has room for
CLOSE = 1.01  # a ratio of two capitals that counts as one and the same


@dataclass(frozen=True)
class CapitalPoint:
    """A portfolio at one capital.

    Attributes
    ----------
    active_return
        A year, after costs and impact; NaN if it went bankrupt.
    """

    capital: float
    active_return: float


@dataclass(frozen=True)
class Capacity:
    """What a portfolio earns at which capital.

    Attributes
    ----------
    impact
        Y of the square-root impact.
    unmoved
        Active return a year of a capital whose trades move no price.
    half
        Capital at which half of it is left, in the currency of the prices, to within 1 %; None if
        there is nothing to lose, or if more than `MOST` would be needed.
    points
        In order of their capital.
    """

    impact: float
    unmoved: float
    half: float | None
    points: tuple[CapitalPoint, ...]


def capacity_of(kernel: Kernel, candidate: Candidate, panel: Panel) -> Capacity | None:
    """The capacity of a candidate's portfolio.

    None where nothing is known of the trading, and for a portfolio that loses everything even if
    its trades move nothing.

    Each capital is a backtest of its own, at the first execution's money and by the square-root
    impact of `backtest.impact`, or `USUAL_IMPACT`. The benchmark has no impact, and so an active
    return is measured against what a small investor can have.

    Parameters
    ----------
    kernel, panel
        On which the candidate is run, and what the kernel was prepared from.
    """
    if panel.adv is None or not (panel.adv[: len(kernel.schedule.executed)] > 0.0).any():
        return None
    arrays = kernel.arrays()
    if kernel.decisions is None:
        known = DecisionData.of(panel, len(kernel.schedule.executed))
        arrays |= {f"decisions.{f.name}": getattr(known, f.name) for f in fields(known)}
    impact = kernel.rules.impact or USUAL_IMPACT
    target = Kernel.from_arrays(arrays, kernel.rules).legs.targets(candidate)

    def earned(capital: float) -> float:
        rules = replace(kernel.rules, impact=impact, capital=capital)
        result = Kernel.from_arrays(arrays, rules).run_targets(target, candidate)
        lost = ruined_on(result.dates, result.returns) is not None
        return math.nan if lost else result.metric("active_return")

    unmoved = earned(LEAST)
    if math.isnan(unmoved):
        return None
    points = tuple(CapitalPoint(capital, earned(capital)) for capital in SHOWN)
    return Capacity(impact, unmoved, _half(earned, unmoved, points), points)


def _half(
    earned: Callable[[float], float], unmoved: float, points: Sequence[CapitalPoint]
) -> float | None:
    """The capital that keeps half; between the last point that keeps more and the next one."""
    wanted = 0.5 * unmoved
    if not unmoved > 0.0:
        return None
    low = max((p.capital for p in points if p.active_return > wanted), default=LEAST)
    high = min((p.capital for p in points if p.capital > low), default=MOST)
    if high == MOST and earned(MOST) > wanted:
        return None
    while high > CLOSE * low:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if earned(middle) > wanted else (low, middle)
    return math.sqrt(low * high)
