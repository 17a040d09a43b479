"""The verdict once more, on what the user's premia leave."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from mech_exo.config.settings import VerdictSettings
from mech_exo.data.panel import FloatArray
from mech_exo.verdict.decision import Overall, Parts, decide, promise_kept
from mech_exo.verdict.evidence import Evidence, plain_p, robust_p
from mech_exo.verdict.hedge import Hedge
from mech_exo.verdict.placebo import PlaceboSearch
from mech_exo.verdict.shared_luck import SharedLuck


@dataclass(frozen=True)
class HedgedVerdict:
    """What becomes of the verdict when premia are hedged; portfolio and search are the same.

    Attributes
    ----------
    against
        What is hedged.
    overall, reason, p
        As of the verdict itself.
    placebo, walk_forward, holdout
        p-values of the parts; the holdout's is corrected for looks, None without one.
    coefficient
        Mean hedged information coefficient of a block out of sample; NaN where nothing is known.
    """

    against: tuple[str, ...]
    overall: Overall
    reason: str
    p: float
    placebo: float
    walk_forward: float
    holdout: float | None
    coefficient: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and YAML."""
        return asdict(self)


def hedged_verdict(
    hedge: Hedge | None,
    parts: Parts,
    placebo: PlaceboSearch | None,
    walked: Evidence,
    held: tuple[Evidence, SharedLuck] | None,
    settings: VerdictSettings,
) -> HedgedVerdict | None:
    """The decision on the hedged coefficients; None without a hedge, and for a quick verdict.

    Parameters
    ----------
    parts
        Of the verdict itself, whose active return and length stay.
    walked, held
        The joined walk-forward, and the holdout's evidence with what other looks showed.
    """
    if hedge is None or placebo is None:
        return None
    assert placebo.p_hedged is not None, "the searches were hedged"
    before, beyond = _known(walked.hedged), np.zeros(0)
    p_walked, corrected, promise = robust_p(before), None, None
    if held is not None:
        evidence, luck = held
        beyond = _known(evidence.hedged)
        corrected, _ = luck.corrected(robust_p(beyond))
        promise = promise_kept(*((plain_p(v), len(v)) for v in (before, beyond)))
    known = np.concatenate([before, beyond])
    found = replace(
        parts,
        placebo=placebo.p_hedged,
        walk_forward=p_walked,
        holdout=corrected,
        promise=promise,
    )
    decision = decide(found, settings)
    return HedgedVerdict(
        against=hedge.names,
        overall=decision.overall,
        reason=decision.reason,
        p=decision.p,
        placebo=placebo.p_hedged,
        walk_forward=p_walked,
        holdout=corrected,
        coefficient=float(known.mean()) if len(known) else float("nan"),
    )


def _known(values: FloatArray) -> FloatArray:
    return values[np.isfinite(values)]
