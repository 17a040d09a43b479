"""What a run is asked to do with a study, from the option to the engine."""

import math
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.system.typed_fields import check_fields
from mech_exo.workforce.cluster import Cluster
from mech_exo.workforce.workforce import Workforce

DEFAULT_TRIALS = 50
DEFAULT_STUDY = "factor_weight_optimization"
STUDY_FILE = "studies/factor_opt.db"  # in the project's folder

Duration = str | float | timedelta

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+", re.IGNORECASE | re.ASCII)
_PART = re.compile(r"([\d.]+)([smhd])", re.IGNORECASE | re.ASCII)


def seconds_of(duration: object) -> float:
    """Seconds of a duration: "90s", "30m", "1h30m", "2d"; a number counts seconds.

    Raises
    ------
    ExoError
        If it is none, or not above 0.
    """
    if isinstance(duration, timedelta):
        seconds = duration.total_seconds()
    elif isinstance(duration, str):
        text = duration.strip()
        if not _DURATION.fullmatch(text):
            raise ExoError(
                f"--timeout is {duration!r}, no duration.",
                hint="Write a number with its unit: 90s, 30m, 2h, 1h30m or 1d.",
            )
        seconds = sum(float(n) * _UNITS[unit.lower()] for n, unit in _PART.findall(text))
    elif isinstance(duration, float | int) and not isinstance(duration, bool):
        seconds = float(duration)
    else:
        raise ExoError(
            f"--timeout is {duration!r}, no duration.",
            hint='"30m", seconds, or a timedelta.',
        )
    if not 0.0 < seconds < math.inf:
        raise ExoError(f"--timeout is {duration!r}, must be above 0.", hint="30m, for example.")
    return seconds


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """A run of a search. The command line's options and the library's arguments fill it.

    Attributes
    ----------
    study_name, study_file
        The study and its SQLite file; both are created where absent.
    n_jobs
        Worker processes. More than the sampler's window are not started.
    cluster
        Whose workers evaluate instead; None: processes of this machine.
    n_trials, target_trials
        How many trials to add, or how many finished ones the study shall hold under the current
        fingerprint; at most one of them. Neither: `DEFAULT_TRIALS` are added, or as many as
        `timeout` and `tuning.patience` allow where one of them is given.
    timeout
        No trial is asked later than this after the first; None: no limit.
    accept_changes
        Go on under another fingerprint, in a new epoch.
    wait
        Wait for another run's lock instead of refusing.
    """

    study_name: str
    study_file: Path
    n_jobs: int = 4
    cluster: Cluster | None = None
    n_trials: int | None = None
    target_trials: int | None = None
    timeout: Duration | None = None
    accept_changes: bool = False
    wait: bool = False

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.study_name.strip():
            raise ExoError("--study-name is empty.", hint="Give the study a name.")
        if self.n_trials is not None and self.target_trials is not None:
            raise ExoError(
                "--n-trials adds trials and --target-trials completes up to a number: "
                "only one of them can be given.",
                hint="Leave one out.",
            )
        for flag, value, low in (
            ("--n-jobs", self.n_jobs, 1),
            ("--n-trials", self.n_trials, 0),
            ("--target-trials", self.target_trials, 0),
        ):
            if value is not None and value < low:
                raise ExoError(f"{flag} is {value}, must be at least {low}.")
        _ = self.timeout_seconds

    @property
    def workforce(self) -> Workforce:
        """Where trials are evaluated, and a verdict's searches repeated."""
        return Workforce(self.n_jobs, self.cluster)

    @property
    def timeout_seconds(self) -> float | None:
        """The time for asking, in seconds."""
        return None if self.timeout is None else seconds_of(self.timeout)

    def goal(self, finished: int, patience: int | None) -> int | None:
        """Trials of the epoch at which the run ends at the latest; None: no such number."""
        if self.target_trials is not None:
            return max(self.target_trials, finished)
        if self.n_trials is not None:
            return finished + self.n_trials
        endless = self.timeout is not None or patience is not None
        return None if endless else finished + DEFAULT_TRIALS
