"""Below which value a trial is pruned, known before it is evaluated.

The rule is that of `optuna.pruners.MedianPruner`: at each step, a trial whose best intermediate
value so far is worse than the median of the completed trials at that step ends there. A step
without a value prunes nothing (MedianPruner prunes a trial that has reported nothing but NaN; here
a short path may just have no Sharpe yet). The median is computed
when the trial is asked, from the trials told by then, and goes with the trial to its worker: so
the decision depends neither on speed nor on the number of jobs.
"""

import bisect
import math

from mech_exo.tuning.study_record import TrialRecord

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
        """Step -> the value that a trial's best so far must reach there; {}: nothing is pruned."""
        if self._complete < max(self._startup_trials, 1):
            return {}
        return {step: _median(values) for step, values in sorted(self._values.items()) if values}


def _median(ordered: list[float]) -> float:
    """The median by the formula of numpy.percentile, whose last bit Optuna's decision has."""
    below = ordered[(len(ordered) - 1) // 2]
    above = ordered[len(ordered) // 2]
    return below if below == above else above - (above - below) * 0.5
