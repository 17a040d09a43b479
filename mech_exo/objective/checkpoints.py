"""A trial on its way: its objective at each checkpoint, and whether it is pruned there."""

from collections.abc import Callable, Mapping

from mech_exo.backtest.result import BacktestResult
from mech_exo.objective.evaluation import Direction

Score = Callable[[BacktestResult], tuple[tuple[float, ...], str]]


class Checkpoints:
    """Follows a run from checkpoint to checkpoint and ends it below the limit.

    Attributes
    ----------
    values
        Checkpoint -> objective up to it, where it has one.
    reason
        Why the run was ended; "" if it was not.
    """

    def __init__(self, score: Score, direction: Direction, limits: Mapping[int, float]) -> None:
        self.values: dict[int, float] = {}
        self.reason = ""
        self._score = score
        self._limits = limits
        self._sign = 1.0 if direction == "maximize" else -1.0

    def __call__(self, step: int, result: BacktestResult) -> bool:
        values, _ = self._score(result)
        if values:
            self.values[step] = values[0]
        if step not in self._limits or not self.values:
            return False
        sign, limit = self._sign, self._limits[step]
        best = sign * max(sign * value for value in self.values.values())
        if not sign * best < sign * limit:
            return False
        self.reason = f"pruned at {result.dates[-1]}: {best!r}, the limit is {limit!r}"
        return True
