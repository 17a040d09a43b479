"""What a search has found so far, counted trial by trial."""

from __future__ import annotations

from typing import Self

from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.plan import Ending
from mech_exo.tuning.study_record import StudyRecord, TrialRecord, dominates, losses_of


class Tally:
    """What is known of the epoch so far: counts, and the best feasible trial or the front.

    `stalled` counts the trials since the last that was better than all feasible ones before it (or
    entered the front).
    """

    def __init__(self, directions: tuple[Direction, ...]) -> None:
        self._directions = directions
        self._sign = 1.0 if directions[0] == "maximize" else -1.0
        self._single = len(directions) == 1
        self._front: list[tuple[float, ...]] = []  # losses of trials that no other dominates
        self.best: TrialRecord | None = None
        self.finished = self.complete = self.feasible = self.stalled = 0

    def add(self, record: TrialRecord) -> None:
        """Count the next trial, in number order."""
        self.finished += 1
        self.stalled += 1
        if record.state != "COMPLETE":
            return
        self.complete += 1
        if not record.feasible:
            return
        self.feasible += 1
        if not self._single:
            self._enter_front(losses_of(record.values, self._directions))
        elif self.best is None or self._sign * record.values[0] > self._sign * self.best.values[0]:
            self.best, self.stalled = record, 0

    def exhausts(self, patience: int | None) -> bool:
        """Whether the last `patience` trials brought nothing better; never without one."""
        return patience is not None and self.stalled >= patience

    def ending(self, goal: int | None, patience: int | None) -> Ending | None:
        """What ends the search here; None: it goes on."""
        if goal is not None and self.finished >= goal:
            return "goal"
        return "patience" if self.exhausts(patience) else None

    def left(self, goal: int | None, patience: int | None) -> int:
        """Trials that come before the end whatever they bring; one of `goal`, `patience` is set."""
        ends = (
            (None if goal is None else goal - self.finished),
            (None if patience is None else patience - self.stalled),
        )
        return min(end for end in ends if end is not None)

    @classmethod
    def of(cls, study: StudyRecord) -> Self:
        """Of the current epoch of a study."""
        tally = cls(study.directions)
        for record in study.current:
            tally.add(record)
        return tally

    @property
    def front(self) -> int | None:
        """Trials on the Pareto front; None for a single objective."""
        return None if self._single else len(self._front)

    def _enter_front(self, losses: tuple[float, ...]) -> None:
        if not any(dominates(other, losses) for other in self._front):
            self._front = [other for other in self._front if not dominates(losses, other)]
            self._front.append(losses)
            self.stalled = 0
