"""What a study holds: trials, epochs, and which trial is the best.

Plain frozen objects. Nothing here imports Optuna or SQLAlchemy, so a reader starts quickly.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal

from mech_exo.factor_file.document import Parameter
from mech_exo.objective.evaluation import Direction

State = Literal["COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING"]
FINISHED: tuple[State, ...] = ("COMPLETE", "PRUNED", "FAIL")
Kind = Literal["exo", "plain"]

NO_EPOCH = -1  # the epoch of a trial that exo did not make


@dataclass(frozen=True)
class TrialRecord:
    """One trial, as it is stored and as it is read back.

    Parameters
    ----------
    number
        Position in the study, from 0, without gaps.
    state
        exo writes finished states only; RUNNING and WAITING occur in studies of plain Optuna.
    params
        Parameter values by name, in the order in which they were suggested.
    distributions
        Range of each parameter, in Optuna's JSON form.
    values
        The true objective values (never the ones stored for Optuna's own readers, see
        docs/operations.md); the last value reported for a pruned trial; () for a failed one.
    constraints
        One number per constraint, satisfied at or below 0; None when they were not computed.
    metrics
        Figures of the backtest by name; NaN where undefined.
    intermediate
        Objective value up to each checkpoint, by step.
    reason
        Why the trial failed or was pruned; "" otherwise.
    epoch
        Number of the epoch it belongs to; `NO_EPOCH` for a trial that exo did not make.
    started, completed
        UTC.
    """

    number: int
    state: State
    params: Mapping[str, Parameter] = field(default_factory=dict)
    distributions: Mapping[str, str] = field(default_factory=dict)
    values: tuple[float, ...] = ()
    constraints: tuple[float, ...] | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    intermediate: Mapping[int, float] = field(default_factory=dict)
    reason: str = ""
    epoch: int = 0
    started: datetime | None = None
    completed: datetime | None = None
    _canonical: bool = field(default=False, init=False, repr=False, compare=False)

    @property
    def feasible(self) -> bool:
        """Whether it is complete and violates no constraint; a NaN is a violation.

        A pruned trial is counted as pruned and never as feasible: it was stopped before all its
        dates were known.
        """
        return self.state == "COMPLETE" and self.keeps_limits

    @property
    def keeps_limits(self) -> bool:
        """Whether no constraint is violated, as far as it was run; never for a failed trial."""
        return self.state in ("COMPLETE", "PRUNED") and all(
            c <= 0.0 for c in self.constraints or ()
        )

    @property
    def violation(self) -> float:
        """Sum of the positive constraint values, the measure that Optuna's samplers use too."""
        excess = [c for c in self.constraints or () if not c <= 0.0]
        return math.inf if any(math.isnan(c) for c in excess) else math.fsum(excess)

    @property
    def finished(self) -> bool:
        """Whether the trial has its final state."""
        return self.state in FINISHED

    def canonical(self) -> "TrialRecord":
        """The same trial as it will be read back: plain types, no −0.0, times in UTC.

        Tell a sampler these values and a resumed study sees the same numbers.

        Raises
        ------
        ValueError
            A complete trial without values, or a value that is NaN.
        """
        if self._canonical:
            return self
        values = () if self.state == "FAIL" else tuple(_plain_float(v) for v in self.values)
        if self.state == "COMPLETE" and not values:
            raise ValueError(f"trial {self.number} is COMPLETE and has no value")
        if any(math.isnan(v) for v in values):
            raise ValueError(f"trial {self.number} has the value NaN: it must be FAIL")
        made = replace(
            self,
            number=int(self.number),
            params={name: _plain_parameter(v) for name, v in self.params.items()},
            distributions=dict(self.distributions),
            values=values,
            constraints=None
            if self.constraints is None
            else tuple(_plain_float(c) for c in self.constraints),
            metrics={name: _plain_float(v) for name, v in self.metrics.items()},
            intermediate={int(step): _plain_float(v) for step, v in self.intermediate.items()},
            started=_utc(self.started),
            completed=_utc(self.completed),
        )
        object.__setattr__(made, "_canonical", True)
        return made


@dataclass(frozen=True)
class Epoch:
    """A run of trials made under one fingerprint; a study begins with epoch 0."""

    number: int
    fingerprint: str
    components: Mapping[str, str]
    first_trial: int
    created: datetime


@dataclass(frozen=True)
class StudyRecord:
    """A study as read from its file at one moment.

    Parameters
    ----------
    kind
        "plain" for a study that was not made by exo.
    version
        Version of exo's own record in the study; None for a plain one.
    attributes
        What was given to `create_study`, and for a plain study all user attributes.
    trials
        By number, those of every epoch.
    """

    name: str
    directions: tuple[Direction, ...]
    kind: Kind = "exo"
    version: int | None = None
    epochs: tuple[Epoch, ...] = ()
    constraint_names: tuple[str, ...] = ()
    objective_names: tuple[str, ...] = ()
    trials: tuple[TrialRecord, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def epoch(self) -> Epoch | None:
        """The current epoch, None before the first run and in a plain study."""
        return self.epochs[-1] if self.epochs else None

    @cached_property
    def current(self) -> tuple[TrialRecord, ...]:
        """Trials of the current epoch; all trials of a plain study."""
        if self.kind == "plain":
            return self.trials
        number = self.epoch.number if self.epoch else NO_EPOCH - 1
        return tuple(t for t in self.trials if t.epoch == number)

    @cached_property
    def feasible_trials(self) -> tuple[TrialRecord, ...]:
        """Those of `current` that are feasible: what every count of them counts."""
        return tuple(t for t in self.current if t.feasible)

    @property
    def foreign(self) -> tuple[TrialRecord, ...]:
        """Trials that another program added to a study of exo since the current epoch began."""
        if self.kind == "plain" or self.epoch is None:
            return ()
        first = self.epoch.first_trial
        return tuple(t for t in self.trials if t.number >= first and t.epoch == NO_EPOCH)

    def best(self) -> TrialRecord | None:
        """The best trial: feasible, complete, current epoch, best value, then lowest number.

        None when there is no such trial, and in a study of several objectives.
        """
        if len(self.directions) != 1:
            return None
        return min(self.feasible_trials, key=lambda t: (self.losses(t)[0], t.number), default=None)

    def least_violating(self) -> TrialRecord | None:
        """The complete trial of the current epoch that violates the constraints least.

        Ties break by the first objective, then by number. None without complete trials.
        """
        return min(
            self._complete(),
            key=lambda t: (t.violation, self.losses(t)[0], t.number),
            default=None,
        )

    def without_feasible(self) -> str:
        """Why there is no feasible complete trial in the current epoch, for messages."""
        trials = self.current
        if not trials:
            return "no trials yet"
        states = Counter(t.state for t in trials)
        if states["FAIL"] == len(trials):
            ((reason, _),) = Counter(t.reason for t in trials).most_common(1)
            return f"all {len(trials)} trials failed: {reason or 'no reason is stored'}"
        if not states["COMPLETE"]:
            counts = ", ".join(f"{states[s]} {s.lower()}" for s in sorted(states))
            return f"no complete trial ({counts})"
        return "no feasible trial: the constraints of the objective file were never all satisfied"

    def front(self) -> tuple[TrialRecord, ...]:
        """Feasible complete trials of the current epoch that no other dominates, by number."""
        candidates = sorted(self.feasible_trials, key=lambda t: (self.losses(t), t.number))
        chosen: list[TrialRecord] = []
        for trial in candidates:  # in this order a later trial never dominates an earlier one
            losses = self.losses(trial)
            if not any(dominates(self.losses(other), losses) for other in chosen):
                chosen.append(trial)
        return tuple(sorted(chosen, key=lambda t: t.number))

    def losses(self, trial: TrialRecord) -> tuple[float, ...]:
        """Objective values of a trial with the sign that makes less better."""
        return losses_of(trial.values, self.directions)

    def _complete(self) -> Iterable[TrialRecord]:
        return (t for t in self.current if t.state == "COMPLETE")


@dataclass(frozen=True)
class StudySummary:
    """One line about a study: what `exo study list` shows; `damage` if it cannot be read."""

    name: str
    kind: Kind = "exo"
    directions: tuple[Direction, ...] = ()
    states: Mapping[State, int] = field(default_factory=dict)  # trials by state
    epochs: int = 0
    best: TrialRecord | None = None
    first_started: datetime | None = None
    last_completed: datetime | None = None
    damage: str = ""

    @property
    def trials(self) -> int:
        """Number of trials of any state."""
        return sum(self.states.values())


def losses_of(values: Sequence[float], directions: Sequence[Direction]) -> tuple[float, ...]:
    """Objective values with the sign that makes less better."""
    return tuple(
        -v if direction == "maximize" else v
        for v, direction in zip(values, directions, strict=True)
    )


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether losses are nowhere greater than others, and somewhere less."""
    return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)


def _plain_float(value: float) -> float:
    return float(value) + 0.0  # −0.0 does not survive SQLite; NumPy scalars do not survive JSON


def _plain_parameter(value: Any) -> Parameter:
    if type(value) is float:
        return value + 0.0
    if value is None or isinstance(value, (str, bool)):
        return value
    plain = value.item() if hasattr(value, "item") else value  # NumPy scalar
    return plain + 0.0 if isinstance(plain, float) else plain


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"the time {moment} has no time zone")
    return moment.astimezone(UTC)
