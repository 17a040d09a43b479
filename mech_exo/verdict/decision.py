"""From the parts' p-values to PASS, INCONCLUSIVE or FAIL.

References
----------
.. [1] Stouffer et al. (1949), The American soldier, vol. 1; for dependent statistics
   Hartung (1999), A note on combining dependent tests of significance.
"""

import math
from dataclasses import asdict, dataclass
from typing import Literal

from mech_exo.config.settings import VerdictSettings
from mech_exo.verdict.statistics import normal_cdf, normal_quantile, power_of_length

VERDICT_VERSION = "1"  # part of the key of kept replicates: raise it when a result may change

Overall = Literal["PASS", "INCONCLUSIVE", "FAIL"]

PART_CORRELATION = 1.0
"""Of placebo search and walk-forward, which see the same dates: the worst there can be, so that the
level holds whatever it is (measured on data without skill: 0.2 to 0.4). The holdout's dates are
its own."""

SUPPORT = 0.25  # p-value of a part up to which it supports the others

RATIOS_SHOWN = (0.5, 1.0, 1.5, 2.0)  # true ratios for which the power at this length is stated


@dataclass(frozen=True)
class Parts:
    """What the deciding parts say. None: the part could not be run.

    Attributes
    ----------
    placebo, walk_forward
        p-values, in-sample dates.
    holdout
        p-value, corrected for the number of looks.
    active_mean
        Mean active return a year over the joined walk-forward and holdout dates.
    ratio, years
        Annual ratio of the hedged active return over those dates, and their length.
    """

    placebo: float | None
    walk_forward: float | None
    holdout: float | None
    active_mean: float
    ratio: float
    years: float


@dataclass(frozen=True)
class Decision:
    """The overall verdict and what it rests on.

    Attributes
    ----------
    overall, reason
        The verdict, and why in a sentence.
    p, z
        Of the parts together.
    years_needed
        Out-of-sample years after which evidence that grows as it has so far would reach the level
        with the wanted power; inf where it does not grow.
    power_at_this_length
        True annual ratio -> chance that a plain test of the active return over these years would
        see it; what the verdict can do at its best without the scores' ranking.
    """

    overall: Overall
    reason: str
    p: float
    z: float
    years: float
    years_needed: float
    power_at_this_length: dict[str, float]

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def combined_z(parts: Parts) -> float:
    """Stouffer's sum of the parts' normal scores, over its deviation under no skill [1]_.

    Two parts of the same dates are taken to be correlated by `PART_CORRELATION`; 0 without parts.
    """
    scores = {
        name: normal_quantile(1.0 - min(max(p, 1e-12), 1.0 - 1e-12))
        for name, p in (
            ("placebo", parts.placebo),
            ("walk_forward", parts.walk_forward),
            ("holdout", parts.holdout),
        )
        if p is not None
    }
    variance = float(len(scores))
    if "placebo" in scores and "walk_forward" in scores:
        variance += 2.0 * PART_CORRELATION
    return sum(scores.values()) / math.sqrt(variance) if scores else 0.0


def corrected_for_looks(p: float, looks: int) -> float:
    """Bonferroni: the holdout was looked at `looks` times, each a chance to be lucky."""
    return min(1.0, p * max(1, looks))


def decide(parts: Parts, settings: VerdictSettings) -> Decision:
    """The overall verdict.

    PASS: the parts together are what luck shows with a chance of at most `level`, each of them
    supports it (p of 25 % or less), and the active return out of sample is above 0. FAIL: luck
    alone would show as much with a chance of `fail_above` or more. INCONCLUSIVE: all else, and
    whatever lacks a part.
    """
    z = combined_z(parts)
    p = normal_cdf(-z)
    overall, reason = _judge(parts, p, settings)
    wanted = normal_quantile(1.0 - settings.level) + normal_quantile(settings.power)
    needed = parts.years * (wanted / z) ** 2 if z > 0.0 else math.inf
    power = {
        f"{ratio:g}": power_of_length(ratio, parts.years, settings.level) for ratio in RATIOS_SHOWN
    }
    return Decision(overall, reason, p, z, parts.years, needed, power)


def _judge(parts: Parts, p: float, settings: VerdictSettings) -> tuple[Overall, str]:
    chance = f"luck alone shows as much with a chance of {100 * p:.1f} %"
    if p >= settings.fail_above:
        return "FAIL", f"Nothing here is better than luck: {chance}."
    named = {
        "placebo search": parts.placebo,
        "walk-forward": parts.walk_forward,
        "holdout": parts.holdout,
    }
    missing = [name for name, value in named.items() if value is None]
    if missing:
        return "INCONCLUSIVE", f"{chance.capitalize()}, but there is no {' and no '.join(missing)}."
    if p > settings.level:
        return (
            "INCONCLUSIVE",
            f"{chance.capitalize()}; a PASS needs {100 * settings.level:.0f} % or less.",
        )
    against = [n for n, value in named.items() if value is not None and value > SUPPORT]
    if against:
        return (
            "INCONCLUSIVE",
            f"{chance.capitalize()}, but the {' and the '.join(against)} "
            f"{'does' if len(against) == 1 else 'do'} not support it "
            f"(p above {100 * SUPPORT:.0f} %).",
        )
    if not parts.active_mean > 0.0:
        return (
            "INCONCLUSIVE",
            f"The scores rank the stocks ({chance}), but the holdings earned no active return "
            "out of sample.",
        )
    return "PASS", f"Skill: {chance}, and the holdings earned it out of sample."
