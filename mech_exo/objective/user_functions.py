"""Calling the objective and the constraints of the user's file on a result."""

import math
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from mech_exo.backtest.result import BacktestResult
from mech_exo.objective.constraints import own_distances
from mech_exo.objective.spec import ObjectiveSpec


def returned_by(
    spec: ObjectiveSpec, function: Callable[[BacktestResult], Any], result: BacktestResult
) -> tuple[Any, str]:
    """What a function of the objective file returns for a result, or None and why nothing."""
    returned, error = outcome_of(function, result)
    return returned, "" if error is None else spec.reason(error)


def outcome_of(
    function: Callable[[BacktestResult], Any], result: BacktestResult
) -> tuple[Any, BaseException | None]:
    """What a function of the objective file returns for a result, or None and what it raises."""
    try:
        with np.errstate(all="ignore"):
            return function(result), None
    except MemoryError:  # the machine's failure, not the candidate's
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is the outcome
        return None, error


def distances_of(spec: ObjectiveSpec, result: BacktestResult) -> tuple[dict[str, float], str]:
    """What the file's own constraints say of a result, or {} and the reason why nothing."""
    returned, wrong = returned_by(spec, spec.constraints, result)
    if wrong:
        return {}, wrong
    own, wrong = own_distances(returned)
    return own, f"constraints {wrong}" if wrong else ""


def not_a_value(returned: Any) -> str:
    """Why what an objective returned is no value; '' if it is one."""
    if isinstance(returned, bool) or not isinstance(returned, numbers.Real):
        shown = "None" if returned is None else f"{returned!r:.60} ({type(returned).__name__})"
        return f"objective returned {shown}, expected a number"
    try:
        number = float(returned)
    except OverflowError:
        return "objective returned a number too large"
    return "" if math.isfinite(number) else f"objective returned {number}"
