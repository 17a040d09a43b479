"""What a run would do, as far as that is known before its first trial."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.errors import ExitCode
from mech_exo.tuning.tally import Tally
from mech_exo.workflow.requests import RunRequest

if TYPE_CHECKING:
    from mech_exo.tuning.plan import Preview


@dataclass(frozen=True)
class Forecast:
    """What a run would do.

    Attributes
    ----------
    files
        What it would write; of factor files under the condition that a trial is feasible, and
        that no earlier run has written the very same.
    """

    request: RunRequest
    preview: "Preview"
    files: tuple[Path, ...]

    @property
    def added(self) -> int | None:
        """Trials that would be run at the most; None: until patience or time ends the run."""
        opened = self.preview.opened
        if self.exhausted:
            return 0
        return None if opened.goal is None else opened.goal - opened.finished

    @property
    def exhausted(self) -> bool:
        """Whether the study's last trials have used up the patience."""
        return Tally.of(self.preview.study).exhausts(self.preview.opened.patience)

    @property
    def exit_code(self) -> ExitCode:
        """What the run would exit with, as far as that is known before it."""
        study = self.preview.study
        feasible = study.front() if len(study.directions) > 1 else study.best()
        return ExitCode.DONE if self.added != 0 or feasible else ExitCode.NO_FEASIBLE_TRIAL
