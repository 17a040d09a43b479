"""The order of trials for samplers that need one."""

import math

from mech_exo.tuning.study import TrialRecord


def rank(record: TrialRecord, sign: float) -> tuple[float, ...]:
    """Sort key of a trial of one objective, best first; `sign` is 1 to maximise, −1 to minimise.

    Feasible trials by value; then pruned ones by how far they came and their value there; then
    by the sum of violations; failed ones last. Equal trials compare equal: sort stably.
    """
    if record.state == "FAIL":
        return (3.0,)
    if not record.feasible:
        return (2.0, record.violation)
    if record.state == "PRUNED":
        step = max(record.intermediate, default=-1)
        value = record.intermediate.get(step, math.nan)
        return (1.0, -step, math.inf if math.isnan(value) else -sign * value)
    return (0.0, -sign * record.values[0])
