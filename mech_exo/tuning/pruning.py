"""Below which value a trial is pruned, known before it is evaluated.

The rule is that of `optuna.pruners.MedianPruner`: at each step, a trial whose best intermediate
value so far is below the median of the completed trials at that step ends there. It is computed
when the trial is asked, from the trials told by then, and goes with the trial to its worker: so
the decision depends neither on speed nor on the number of jobs.
"""

import bisect
import math

from mech_exo.tuning.study import TrialRecord

STARTUP_TRIALS = 5  # complete trials before anything is pruned, Optuna's default


class MedianLimits:
    """Running medians of the intermediate values of complete trials, by step."""

    def __init__(self, startup_trials: int = STARTUP_TRIALS) -> None:
        self._startup_trials = startup_trials
        self._complete = 0
        self._values: dict[int, list[float]] = {}

    def learn(self, record: TrialRecord) -> None:
        """See the next told trial."""
        if record.state != "COMPLETE":
            return
        self._complete += 1
        for step, value in record.intermediate.items():
            values = self._values.setdefault(step, [])
            if not math.isnan(value):
                bisect.insort(values, value)

    def limits(self) -> dict[int, float]:
        """Step -> value; a trial is pruned unless its best value so far is at or above it.

        A step at which no trial has a number yet has the limit −∞: only a trial without any
        number so far (all NaN) is pruned there, as MedianPruner does.
        """
        if self._complete < max(self._startup_trials, 1):
            return {}
        return {step: _median(values) for step, values in sorted(self._values.items())}


def _median(ordered: list[float]) -> float:
    """The median by the formula of numpy.percentile, whose last bit Optuna's decision has."""
    if not ordered:
        return -math.inf
    below = ordered[(len(ordered) - 1) // 2]
    above = ordered[len(ordered) // 2]
    return below if below == above else above - (above - below) * 0.5
