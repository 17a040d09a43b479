"""What a run is asked to do, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mech_exo.config import Settings
from mech_exo.errors import ExoError
from mech_exo.tuning.study_record import Parameter, StudyRecord, TrialRecord

if TYPE_CHECKING:
    from mech_exo.data.market import Market
    from mech_exo.data.panel import Panel
    from mech_exo.objective.objective_file import ObjectiveFile
    from mech_exo.tuning.events import StudyOpened


@dataclass(frozen=True)
class WarmStart:
    """A vector that is worth a trial before the sampler's own.

    Parameters
    ----------
    label
        Where it comes from, in words for the user ("config/factors.yml", "equal weights").
    params
        Parameter name -> value. A name that the space does not have is left out, a parameter
        without a value is drawn; both are said.
    """

    label: str
    params: Mapping[str, Parameter]


def check_goal(study_name: str, n_trials: int | None, target_trials: int | None) -> None:
    """Raise an ExoError for a study without a name, and for two goals."""
    if not study_name.strip():
        raise ExoError("--study-name is empty.", hint="Give the study a name.")
    if n_trials is not None and target_trials is not None:
        raise ExoError(
            "--n-trials adds trials and --target-trials completes up to a number: "
            "only one of them can be given.",
            hint="Leave one out.",
        )


@dataclass(frozen=True)
class StudyPlan:
    """A run of `exo optuna-run`.

    Parameters
    ----------
    study_name, study_file
        The study and its SQLite file; both are created where absent.
    settings
        The resolved settings; `tuning`, `backtest`, `holdout`, … are part of the fingerprint.
    objective
        The user's file, already read: its bytes are what every process runs.
    panel
        The in-sample panel; no trial sees the holdout.
    market
        The in-sample market, where the objective file defines factors of its own.
    n_jobs
        Worker processes. More than the sampler's window are not started.
    n_trials, target_trials
        How many trials to add, or how many finished ones the study shall hold under the current
        fingerprint. Exactly one of them.
    accept_changes
        Go on under another fingerprint, in a new epoch.
    wait
        Wait for another run's lock instead of refusing.
    warm_start
        Trials 0, 1, … of a study that this run creates.
    """

    study_name: str
    study_file: Path
    settings: Settings
    objective: ObjectiveFile
    panel: Panel
    market: Market | None = None
    n_jobs: int = 1
    n_trials: int | None = None
    target_trials: int | None = None
    accept_changes: bool = False
    wait: bool = False
    warm_start: tuple[WarmStart, ...] = ()

    def __post_init__(self) -> None:
        check_goal(self.study_name, self.n_trials, self.target_trials)
        if self.n_trials is None and self.target_trials is None:
            raise ValueError("a StudyPlan needs n_trials or target_trials")
        for flag, value, low in (
            ("--n-jobs", self.n_jobs, 1),
            ("--n-trials", self.n_trials, 0),
            ("--target-trials", self.target_trials, 0),
        ):
            if value is not None and value < low:
                raise ExoError(f"{flag} is {value}, must be at least {low}.")


@dataclass(frozen=True)
class Preview:
    """What a run would begin with.

    Parameters
    ----------
    opened
        What its listener would be told when the study is opened.
    study
        The study at that moment; a new one, or a new epoch, is in it.
    busy
        Which run it would wait for, in words; "" for none.
    """

    opened: StudyOpened
    study: StudyRecord
    busy: str = ""


@dataclass(frozen=True)
class StudyOutcome:
    """What a run leaves.

    Parameters
    ----------
    study
        The study as it now stands in its file.
    added
        Trials that this run finished.
    interrupted
        Whether a signal ended it before its goal.
    elapsed_seconds
        Wall time of the trials, start-up excluded.
    notes
        What the user was told when the study was opened.
    fingerprint
        Of the conditions of this run; that of the epoch, unless settings have been added to exo
        since it began.
    """

    study: StudyRecord
    added: int
    interrupted: bool
    elapsed_seconds: float
    notes: tuple[str, ...] = ()
    fingerprint: str = ""

    @property
    def best(self) -> TrialRecord | None:
        """The best feasible trial of the current fingerprint."""
        return self.study.best()
