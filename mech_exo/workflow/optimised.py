"""What came of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.written import Files
from mech_exo.verdict.standing import Standing

if TYPE_CHECKING:
    from mech_exo.backtest.result import Occupancy
    from mech_exo.tuning.plan import StudyOutcome
    from mech_exo.tuning.study_record import Parameter, TrialRecord
    from mech_exo.verdict.verdict import VerdictRecord
    from mech_exo.workflow.incumbent import Fit
    from mech_exo.workflow.session import Session

Metrics = Mapping[str, float]
Choice = Literal["best", "plateau"]


@dataclass(frozen=True)
class Portfolio:
    """One portfolio rule and its figures under the run's kernel.

    Attributes
    ----------
    label
        "trial 42", "universe", "config/factors.yml".
    weights
        Factor -> weight of its raw score; empty for the universe.
    out_of_sample
        From the holdout alone; None without a holdout.
    look, looks
        Which look at the holdout this portfolio's first was, and how many portfolios have been
        seen there so far; 0 where none was made.
    occupancy
        How often, in sample, it was something else than its n best names; None for the universe.
    parameters
        Factor -> the arguments or windows that it takes, where it has any.
    """

    label: str
    weights: Mapping[str, float]
    hyperparameters: Mapping[str, float]
    in_sample: Metrics
    out_of_sample: Metrics | None
    look: int = 0
    looks: int = 0
    occupancy: "Occupancy | None" = None
    parameters: Mapping[str, Mapping[str, "Parameter"]] = field(default_factory=dict)


@dataclass(frozen=True)
class ConstraintValue:
    """What a trial has, and the limit that it must keep.

    Attributes
    ----------
    limit
        0 for a constraint of the objective file's own.
    unit
        How `value` and `limit` are written.
    """

    name: str
    value: float
    limit: float
    satisfied: bool
    unit: str = "ratio"

    @classmethod
    def of(cls, name: str, limit: float | None, distance: float) -> "ConstraintValue":
        """From the stored distance; without a limit it is the file's own. NaN keeps no limit."""
        from mech_exo.objective.constraints import CONSTRAINTS

        if limit is None:
            return cls(name, distance, 0.0, distance <= 0.0)
        constraint = CONSTRAINTS[name]
        value = constraint.value_at(limit, distance)
        return cls(name, value, limit, distance <= 0.0, constraint.unit)


@dataclass(frozen=True)
class Optimised:
    """The result of a run.

    Attributes
    ----------
    trial
        The best feasible trial; without one the least violating; None if no trial is complete,
        and for a Pareto study unless a trial was asked for.
    best, universe, incumbent
        Its portfolio; the equal-weighted universe at the same invested share; the current
        config/factors.yml, None if there is none.
    front
        The Pareto front of a study of several objectives, by number.
    incumbent_fit
        Until when the incumbent was fitted, and whether it knows the holdout.
    starts_knowing
        What a first trial has seen that was the incumbent of an earlier version's run; "" for none.
    chosen
        "plateau": `trial` is the centre of the best robust region, not a trial of the study; its
        number is that of the best one.
    verdict, verdict_failure
        Skill or luck, where that was asked for; why there is no verdict.
    standing
        The verdict that the study's file remembers, of this run or of an earlier one.
    """

    session: "Session"
    study_file: Path
    outcome: "StudyOutcome"
    trial: "TrialRecord | None"
    best: Portfolio | None = None
    universe: Portfolio | None = None
    incumbent: Portfolio | None = None
    constraints: tuple[ConstraintValue, ...] = ()
    front: tuple["TrialRecord", ...] = ()
    incumbent_fit: "Fit | None" = None
    starts_knowing: str = ""
    chosen: Choice = "best"
    verdict: "VerdictRecord | None" = None
    verdict_failure: ExoError | None = None
    standing: Standing = field(default_factory=Standing)
    files: Files = field(default_factory=Files)

    @property
    def looks(self) -> int:
        """Portfolios seen on the holdout so far, this one included; 0 without a holdout."""
        return 0 if self.best is None else self.best.looks

    @property
    def feasible(self) -> bool:
        """Whether there is a result that satisfies all constraints."""
        return bool(self.front) if self.pareto else self.trial is not None and self.trial.feasible

    @property
    def pareto(self) -> bool:
        """Whether the study has several objectives."""
        return len(self.outcome.study.directions) > 1

    @property
    def exit_code(self) -> ExitCode:
        """What the process exits with."""
        if self.outcome.interrupted:
            return ExitCode.INTERRUPTED
        if self.verdict_failure is not None:
            return self.verdict_failure.exit_code
        return ExitCode.DONE if self.feasible else ExitCode.NO_FEASIBLE_TRIAL
