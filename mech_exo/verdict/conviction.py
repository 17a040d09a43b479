"""What a portfolio says of each name: the scores that the evidence is about."""

from typing import TYPE_CHECKING

import numpy as np

from mech_exo.backtest.score_table import Scores
from mech_exo.backtest.selection import GRID, scales
from mech_exo.data.panel import FloatArray

if TYPE_CHECKING:
    from mech_exo.backtest.candidate import Candidate
    from mech_exo.backtest.kernel import Kernel


def conviction(kernel: "Kernel", candidate: "Candidate") -> FloatArray:
    """[G, N] what the candidate says of each name at each decision; NaN where it says nothing.

    The composite score by which names are ranked. Where the mandate neutralises scores, what is
    left of them; where the user's `construct` decides, the target weights, 0 for a name that is
    known and not held. Weighting, limits and sides do not change it: they are how a view is used.
    """
    mandate = candidate.mandate
    if mandate.construct is not None:
        return np.where(kernel.scores.tradable, kernel.legs.targets(candidate), np.nan)
    scores = composite(kernel.scores, candidate.weights)
    if not mandate.neutralise:
        return scores
    from mech_exo.construction.neutral import neutralised

    assert kernel.decisions is not None, "a kernel knows what its candidates need"
    return neutralised(scores, kernel.decisions, mandate.neutralise)


def composite(scores: Scores, weights: FloatArray) -> FloatArray:
    """[G, N] score by which the kernel ranks; NaN where a name is not ranked."""
    scale = scales(scores, weights)[scores.pattern]
    summed: FloatArray = np.einsum("k,gkn->gn", weights, scores.scores) * scale / -GRID
    return summed
