"""What comes of one trial."""

from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["maximize", "minimize"]  # of each value: which way is better


@dataclass(frozen=True)
class Evaluation:
    """What came of one trial.

    Attributes
    ----------
    values
        The user's objective, or one per metric of `tuning.objectives`; the last one reported for
        a pruned trial, () for a failed one.
    constraints
        In the order of `Evaluator.constraint_names`, satisfied at or below 0; up to the checkpoint
        for a pruned trial, () for a failed one.
    metrics
        All of docs/conventions.md, NaN where undefined; {} for a failed trial.
    intermediate
        Checkpoint -> objective up to it, where it has one.
    reason
        Why the trial failed or was pruned.
    """

    state: Literal["complete", "pruned", "fail"]
    values: tuple[float, ...] = ()
    constraints: tuple[float, ...] = ()
    metrics: dict[str, float] = field(default_factory=dict)
    intermediate: dict[int, float] = field(default_factory=dict)
    reason: str = ""

    @property
    def feasible(self) -> bool:
        """Whether the trial is complete and satisfies every constraint."""
        return self.state == "complete" and all(c <= 0.0 for c in self.constraints)
