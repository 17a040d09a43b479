"""The chance of a PASS as a function of the true ratio, and where it reaches what is wanted."""

from collections.abc import Sequence

import numpy as np

from mech_exo.data.panel import FloatArray
from mech_exo.verdict.detection import CONFIDENCE, DetectionFloor, PassRate
from mech_exo.verdict.statistics import normal_quantile

STEP = 0.01  # of the ratios that are tried for the floor
SLOPES = np.geomspace(0.05, 50.0, 400)  # growth of the chance's normal score with the ratio
BEYOND = 2.0  # times the largest ratio, up to which the fit is looked at
TINY = 1e-12


def detection_floor(
    ratios: Sequence[float], rates: Sequence[PassRate], power: float
) -> DetectionFloor:
    """Where a probit curve of the rates reaches `power`.

    Φ⁻¹(chance) = Φ⁻¹(power) + b·(ratio − floor) with b > 0, so that the chance grows with the ratio
    whatever the counts are. Floor and b of largest likelihood on a grid; where a whole stretch of
    floors is as likely (nothing is seen at one ratio, all at the next), its middle. The interval
    has the floors whose likelihood, with their best b, the likelihood-ratio test does not reject.
    """
    floors = np.arange(STEP, BEYOND * max(ratios) + STEP / 2, STEP)
    likelihood = _profile(np.asarray(ratios), rates, power, floors)
    best = floors[likelihood >= likelihood.max() - 1e-6]
    reach = normal_quantile(0.5 + CONFIDENCE / 2.0) ** 2 / 2.0
    kept = floors[likelihood >= likelihood.max() - reach]
    least, most = min(ratios), max(ratios)

    def shown(value: float) -> float | None:
        return None if value > most + STEP / 2 else round(max(value, least), 2)

    middle = float(best.mean())
    return DetectionFloor(
        ratio=shown(middle),
        low=shown(float(kept.min())),
        high=shown(float(kept.max())),
        least=least,
        most=most,
        power=power,
    )


def _profile(
    ratios: FloatArray, rates: Sequence[PassRate], power: float, floors: FloatArray
) -> FloatArray:
    """[F] log-likelihood of each floor with its best slope."""
    from scipy.special import ndtr

    total = np.zeros((len(floors), len(SLOPES)))
    for ratio, rate in zip(ratios, rates, strict=True):
        score = normal_quantile(power) + SLOPES[None, :] * (ratio - floors[:, None])
        total += rate.passed * np.log(np.maximum(ndtr(score), TINY))
        total += (rate.studies - rate.passed) * np.log(np.maximum(ndtr(-score), TINY))
    best: FloatArray = total.max(axis=1)
    return best
