"""What came of a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mech_exo.errors import ExitCode, ExoError
from mech_exo.verdict.standing import Standing

if TYPE_CHECKING:
    from mech_exo.backtest.result import Occupancy
    from mech_exo.export.stage import Staged
    from mech_exo.tuning.plan import StudyOutcome
    from mech_exo.tuning.study import Parameter, TrialRecord
    from mech_exo.verdict.validate import Verdict
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
class Constraint:
    """A limit, and the distance from it to what the trial has; at most 0 if it is kept."""

    name: str
    limit: float
    distance: float

    @property
    def value(self) -> float:
        """What the trial has."""
        return self.limit + self.distance

    @property
    def satisfied(self) -> bool:
        """Whether the limit is kept; an undefined distance does not keep it."""
        return self.distance <= 0.0


@dataclass(frozen=True)
class Files:
    """What a run wrote; `repeated` if an earlier run had exported the very same."""

    exported: Path | None = None
    staged: "Staged | None" = None
    repeated: bool = False


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
    constraints: tuple[Constraint, ...] = ()
    front: tuple["TrialRecord", ...] = ()
    incumbent_fit: "Fit | None" = None
    starts_knowing: str = ""
    chosen: Choice = "best"
    verdict: "Verdict | None" = None
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
