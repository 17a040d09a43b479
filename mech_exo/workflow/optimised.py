"""What came of a run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mech_exo.errors import ExitCode, ExoError
from mech_exo.factor_file.written import Files
from mech_exo.verdict.standing import Standing
from mech_exo.workflow.figures import ConstraintValue, Portfolio

if TYPE_CHECKING:
    from mech_exo.tuning.plan import StudyOutcome
    from mech_exo.tuning.study_record import TrialRecord
    from mech_exo.verdict.verdict import VerdictRecord
    from mech_exo.workflow.incumbent import Fit
    from mech_exo.workflow.session import Session

Choice = Literal["best", "plateau"]


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
    incumbent_failure
        Why the incumbent could not be run beside the result; "" if it could.
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
    incumbent_failure: str = ""
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

    def without_feasible(self) -> str:
        """Why the result does not satisfy all constraints, for messages."""
        study, trial = self.outcome.study, self.trial
        others = len(study.feasible_trials)
        if trial is None or trial.feasible or not others:
            return study.without_feasible()
        broken = ", ".join(c.name for c in self.constraints if not c.satisfied)
        name = f"trial {trial.number}" if self.chosen == "best" else "the plateau's centre"
        return (
            f"{name} is not feasible: it does not keep {broken or 'a constraint'}; {others} of "
            f"{len(study.current)} trials of the study are"
        )

    @property
    def exit_code(self) -> ExitCode:
        """What the process exits with."""
        if self.outcome.interrupted:
            return ExitCode.INTERRUPTED
        if self.verdict_failure is not None:
            return self.verdict_failure.exit_code
        return ExitCode.DONE if self.feasible else ExitCode.NO_FEASIBLE_TRIAL
