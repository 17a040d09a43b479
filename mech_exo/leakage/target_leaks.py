"""Does anything after a decision move its target weights? Cut what is known there, and compare."""

from collections.abc import Iterator, Mapping

import numpy as np

from mech_exo.backtest.selection import Selector
from mech_exo.config.settings import Settings
from mech_exo.construction.room import Room
from mech_exo.construction.targets import target_weights
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, Panel
from mech_exo.errors import ExoError
from mech_exo.factor_file.document import Parameter
from mech_exo.leakage.leak_finding import LeakFinding
from mech_exo.objective.evaluate import Evaluator
from mech_exo.objective.spec import ObjectiveSpec

DECISIONS_TRIED = 24
TOLERANCE = 1e-9  # of a weight; a truncated sum may round otherwise


def of_targets(
    settings: Settings,
    market: Market,
    panel: Panel,
    spec: ObjectiveSpec,
    params: Mapping[str, Parameter],
) -> Iterator[LeakFinding]:
    """At most one finding: the first decision at which the future moves a target weight.

    The scores and all that `ctx` holds end with the decision, and the portfolio is made of them
    again: by the file's own `construct`, or by the rules of the settings.

    Parameters
    ----------
    params
        Of one candidate of the file's space.

    Raises
    ------
    ExoError
        For a `construct` that fails on all of the data.
    """
    evaluator = Evaluator(spec, panel, settings, market)
    candidate = evaluator.candidate(params)
    kernel = evaluator.kernel(params)
    if candidate.mandate.plain or kernel.decisions is None:
        return
    scores, data = Selector(kernel.scores).composite(candidate), kernel.decisions
    room = Room(candidate.positions, candidate.invested, candidate.position_size_pct)
    whole = target_weights(scores, data, room, candidate.mandate)
    subject = "the portfolio" if candidate.mandate.construct is None else "construct"
    spread = np.linspace(0, len(scores) - 1, min(DECISIONS_TRIED, len(scores)))
    for g in sorted(set(spread.round().astype(int).tolist())):
        date = data.dates[g]
        try:
            known = target_weights(scores[: g + 1], data.until(g + 1), room, candidate.mandate)[g]
        except ExoError as error:
            message = f"cannot be computed from what was known at {date}: {error.message}"
            yield LeakFinding("leak", subject, message)
            return
        found = _moved(known, whole[g])
        if found is not None:
            yield LeakFinding(
                "leak",
                subject,
                f"what comes after {date} moves the weights of that date: that of "
                f"{data.symbols[found]} is {known[found]:.6g} from what was known then and "
                f"{whole[g, found]:.6g} with what came later.",
            )
            return


def _moved(known: FloatArray, whole: FloatArray) -> int | None:
    """The name whose weight differs the most; None if none does."""
    gap = np.abs(known - whole)
    worst = int(np.argmax(gap))
    return worst if gap[worst] > TOLERANCE else None
