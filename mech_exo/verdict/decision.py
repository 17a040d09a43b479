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

VERDICT_VERSION = "2"
"""Of the rules: a verdict says by which it was reached. It is part of the key of kept replicates.
Raise it when a result may change."""

Overall = Literal["PASS", "INCONCLUSIVE", "FAIL"]

PART_CORRELATION = 0.6
"""Of placebo search and walk-forward, which see the same dates (measured on data without skill: 0.2
to 0.4). The holdout's dates are its own."""

SUPPORT = {"placebo search": 0.4, "walk-forward": 0.4, "holdout": 0.25}
"""p-value of a part up to which it supports the others."""

PROMISE = 0.5
"""Share of what the walk-forward promised that the holdout must keep."""

FAILS_FROM = 0.5
"""Combined p-value from which a portfolio must not go into production, whatever `fail_above` is."""

USUAL_LEVEL = 0.05
"""A higher level is named wherever a verdict is."""

RATIOS_SHOWN = (0.5, 1.0, 1.5, 2.0)  # true ratios for which the power at this length is stated


@dataclass(frozen=True)
class Parts:
    """What the deciding parts say. None: the part could not be run.

    Attributes
    ----------
    placebo, walk_forward
        p-values, in-sample dates.
    holdout
        p-value, corrected for looks.
    active_mean
        Mean active return a year over the joined walk-forward and holdout dates.
    ratio, years
        Annual ratio of the hedged active return over those dates, and their length.
    promise
        What the holdout showed of what the walk-forward had promised (`promise_kept`); None where
        nothing was promised, or there is no holdout.
    """

    placebo: float | None
    walk_forward: float | None
    holdout: float | None
    active_mean: float
    ratio: float
    years: float
    promise: float | None = None

    def named(self) -> dict[str, float | None]:
        """The p-values by the parts' names."""
        values = (self.placebo, self.walk_forward, self.holdout)
        return dict(zip(SUPPORT, values, strict=True))


@dataclass(frozen=True)
class Reservation:
    """What must be known beside the p-value.

    Attributes
    ----------
    name
        Its kind: "survivors", "level", …
    words
        A sentence, which stands in the verdict's reason.
    forbids_pass
        Whether a PASS is not given while it stands.
    """

    name: str
    words: str
    forbids_pass: bool = False


@dataclass(frozen=True)
class Decision:
    """The overall verdict and what it rests on.

    Attributes
    ----------
    overall, reason
        The verdict, and why in a sentence or more.
    p, z
        Of the parts together.
    years_needed
        Out-of-sample years after which evidence that grows as it has so far would reach the level
        with the wanted power; inf where it does not grow.
    power_at_this_length
        True annual ratio -> chance that a plain test of the active return over these years would
        see it; what the verdict can do at its best without the scores' ranking.
    promise
        As `Parts` has it.
    reservations
        What must be known beside the p-value; all of them are in the reason.
    version
        Of the rules.
    """

    overall: Overall
    reason: str
    p: float
    z: float
    years: float
    years_needed: float
    power_at_this_length: dict[str, float]
    promise: float | None = None
    reservations: tuple[Reservation, ...] = ()
    version: str = VERDICT_VERSION

    def as_dict(self) -> dict[str, object]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def score_of(p: float) -> float:
    """The normal score of a p-value, Φ⁻¹(1 − p), finite at 0 and 1."""
    return normal_quantile(1.0 - min(max(p, 1e-12), 1.0 - 1e-12))


def combined_z(parts: Parts) -> float:
    """Stouffer's sum of the parts' normal scores, over its deviation under no skill [1]_.

    Two parts of the same dates are taken to be correlated by `PART_CORRELATION`; 0 without parts.
    """
    scores = [score_of(p) for p in parts.named().values() if p is not None]
    variance = float(len(scores))
    if parts.placebo is not None and parts.walk_forward is not None:
        variance += 2.0 * PART_CORRELATION
    return sum(scores) / math.sqrt(variance) if scores else 0.0


def promise_kept(walked: tuple[float, int], held: tuple[float, int]) -> float | None:
    """What a holdout showed, as a share of what the walk-forward promised for its length.

    z_h / (z_w·√(n_h/n_w)): evidence of the same skill grows with the root of the blocks. None where
    the walk-forward promised nothing (z_w ≤ 0).

    Parameters
    ----------
    walked, held
        p-value of one test by the plain t, not corrected for looks, and the number of its blocks.
        (By the robust t, whose error is itself uncertain, skill would break its promise more often:
        in 5 % of studies at a true ratio of 2, against none.)
    """
    (p_walked, n_walked), (p_held, n_held) = walked, held
    promised = score_of(p_walked) * math.sqrt(n_held / max(1, n_walked))
    return score_of(p_held) / promised if promised > 0.0 else None


def at_level(overall: str, level: float | None) -> str:
    """A verdict in words; a level above the usual one is named with it."""
    if level is None or level <= USUAL_LEVEL:
        return overall
    return f"{overall} at a level of {100 * level:g} %"


def decide(
    parts: Parts, settings: VerdictSettings, reservations: tuple[Reservation, ...] = ()
) -> Decision:
    """The overall verdict.

    PASS: the parts together are what luck shows with a chance of at most `level`, each of them
    supports it (`SUPPORT`), the holdout keeps `PROMISE` of what the walk-forward promised, the
    active return out of sample is above 0, and no reservation forbids it. FAIL: luck alone would
    show as much with a chance of `fail_above` or more. INCONCLUSIVE: all else, and whatever lacks
    a part.
    """
    z = combined_z(parts)
    p = normal_cdf(-z)
    overall, why = _judge(parts, p, settings)
    if overall == "PASS" and any(r.forbids_pass for r in reservations):
        overall, why = "INCONCLUSIVE", f"It looks like skill ({_chance(p)}), but is not called so."
    wanted = normal_quantile(1.0 - settings.level) + normal_quantile(settings.power)
    needed = parts.years * (wanted / z) ** 2 if z > 0.0 else math.inf
    power = {
        f"{ratio:g}": power_of_length(ratio, parts.years, settings.level) for ratio in RATIOS_SHOWN
    }
    return Decision(
        overall=overall,
        reason=" ".join([why, *(r.words for r in reservations)]),
        p=p,
        z=z,
        years=parts.years,
        years_needed=needed,
        power_at_this_length=power,
        promise=parts.promise,
        reservations=reservations,
    )


def _chance(p: float) -> str:
    return f"luck alone shows as much with a chance of {100 * p:.1f} %"


def _judge(parts: Parts, p: float, settings: VerdictSettings) -> tuple[Overall, str]:
    """The verdict and its reason, without reservations."""
    chance, named = _chance(p), parts.named()
    if p >= settings.fail_above:
        return "FAIL", f"Nothing here is better than luck: {chance}."
    missing = [name for name, value in named.items() if value is None]
    if missing:
        return "INCONCLUSIVE", f"{chance.capitalize()}, but there is no {' and no '.join(missing)}."
    if p > settings.level:
        need = f"a PASS needs {100 * settings.level:g} % or less"
        return "INCONCLUSIVE", f"{chance.capitalize()}; {need}."
    weak = [name for name, value in named.items() if value is not None and value > SUPPORT[name]]
    against = [f"{name} (p above {100 * SUPPORT[name]:.0f} %)" for name in weak]
    if against:
        verb = "does" if len(against) == 1 else "do"
        names = " and the ".join(against)
        return "INCONCLUSIVE", f"{chance.capitalize()}, but the {names} {verb} not support it."
    if parts.promise is not None and parts.promise < PROMISE:
        return (
            "INCONCLUSIVE",
            f"{chance.capitalize()}, but the holdout kept {100 * max(parts.promise, 0.0):.0f} % of "
            f"what the walk-forward promised, not {100 * PROMISE:.0f} %: the skill may have ended.",
        )
    if not parts.active_mean > 0.0:
        return (
            "INCONCLUSIVE",
            f"The scores rank the stocks ({chance}), but the holdings earned no active return "
            "out of sample.",
        )
    return "PASS", f"Skill: {chance}, and the holdings earned it out of sample."
