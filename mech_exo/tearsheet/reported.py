"""What a tear sheet is made from: one portfolio, and what is at hand about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mech_exo.errors import ExitCode
from mech_exo.tearsheet.runs import Runs
from mech_exo.verdict.standing import Standing
from mech_exo.workflow.figures import ConstraintValue, Portfolio

if TYPE_CHECKING:
    from mech_exo.factor_file.document import FactorFile, Parameter
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord
    from mech_exo.verdict.subject import Subject
    from mech_exo.workflow.incumbent import Fit
    from mech_exo.workflow.session import Session

Kind = Literal["study", "file"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Reported:
    """One portfolio of a study or of a factor file.

    Attributes
    ----------
    kind, name
        "study" and its name, or "file" and its path.
    label
        Of the portfolio: "trial 42", "plateau", the file's name; "" without one.
    session
        Settings, objective file and data, those of study or file; None where those at hand are
        others.
    subject
        The portfolio with its search, as a verdict judges it; None without a session or portfolio.
    study, trial
        None where they are not at hand.
    file
        The factor file; None for a study.
    params
        Of the portfolio; None without one.
    best, universe, incumbent
        Figures of the portfolio, and of what stands beside it.
    constraints
        What it has, and the limits that the objective file sets.
    standing
        The verdict that the study file remembers.
    look, looks
        Which look at the holdout the portfolio's first was, and how many portfolios were seen
        there, by the ledger; of a portfolio whose figures are not computed anew.
    uncounted
        Whether no look is entered: there is no ledger, and the export of the file was the look.
    given
        Options of inputs that were typed: flag and value.
    cautions
        What a reader must know before anything else, in sentences.
    exit_code
        Of the command that makes the page.
    """

    kind: Kind
    name: str
    label: str = ""
    session: "Session | None" = None
    subject: "Subject | None" = None
    study_file: Path
    study: "StudyRecord | None" = None
    trial: "TrialRecord | None" = None
    file: "FactorFile | None" = None
    params: "Mapping[str, Parameter] | None" = None
    best: Portfolio | None = None
    universe: Portfolio | None = None
    incumbent: Portfolio | None = None
    incumbent_fit: "Fit | None" = None
    constraints: tuple[ConstraintValue, ...] = ()
    standing: Standing = field(default_factory=Standing)
    look: int = 0
    looks: int = 0
    uncounted: bool = False
    given: tuple[tuple[str, str], ...] = ()
    cautions: tuple[str, ...] = ()
    exit_code: ExitCode = ExitCode.DONE

    @cached_property
    def runs(self) -> Runs | None:
        """Its backtests; None without data or portfolio."""
        if self.session is None or self.params is None:
            return None
        kept = self.standing.present
        placebo = None if kept is None else kept.block.get("placebo")
        return Runs(
            session=self.session,
            params=self.params,
            label=self.label,
            beside=self.incumbent is not None,
            subject=self.subject,
            study_file=None if kept is None else self.study_file,
            placebos_made=int(placebo["placebos"]) if isinstance(placebo, Mapping) else None,
        )

    @property
    def block(self) -> Mapping[str, Any] | None:
        """The verdict's block: what the study file remembers, else what the factor file says."""
        if self.standing.present is not None:
            return self.standing.present.block
        if self.file is not None and not self.standing.others:
            return self.file.stated_verdict
        return None
