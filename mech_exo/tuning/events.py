"""What a run tells its listener while it goes on. Nothing here prints."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mech_exo.tuning.study_record import TrialRecord


@dataclass(frozen=True)
class Waiting:
    """Another run holds the study; `words` say which."""

    words: str


@dataclass(frozen=True)
class StudyOpened:
    """The study is locked and read; the first trial is about to be asked.

    `finished` counts the trials of the current fingerprint that are there, `goal` those that will
    be (None: until `patience` or `timeout`, in seconds, ends the run); `notes` are lines for the
    user (what was clipped, what limits the jobs, …).
    """

    study_name: str
    study_file: Path
    created: bool
    finished: int
    goal: int | None
    jobs: int
    window: int
    sampler: str
    pruner: str
    notes: tuple[str, ...] = ()
    patience: int | None = None
    timeout: float | None = None


@dataclass(frozen=True)
class TrialFinished:
    """A trial is in the study's file; they come in the order of their numbers.

    `best` is the best feasible trial of the current fingerprint so far (None: none yet, or a
    study of several objectives); `feasible` counts the feasible among the `complete`, `front` those
    that no other dominates (None: a study of one objective).
    """

    trial: TrialRecord
    best: TrialRecord | None
    finished: int
    goal: int | None
    complete: int
    feasible: int
    front: int | None = None


@dataclass(frozen=True)
class WorkerReplaced:
    """A worker process died; `number` is the trial that it was evaluating.

    `attempt` counts the evaluations of that trial that were lost; `given_up` says that the trial
    is marked FAIL instead of evaluated again.
    """

    number: int | None
    reason: str
    attempt: int
    given_up: bool


@dataclass(frozen=True)
class EndedEarly:
    """The run ends before its goal, as it was asked to; `words` say why."""

    words: str


@dataclass(frozen=True)
class Interrupted:
    """A signal came: nothing more is asked, `running` trials are awaited and stored."""

    signal: str
    running: int


Event = Waiting | StudyOpened | TrialFinished | WorkerReplaced | EndedEarly | Interrupted
Listener = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Listen to nothing."""
    del event
