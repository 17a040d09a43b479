"""Reading studies by plain SQL, read-only.

A reader never creates a file, takes no lock that a writer would wait for, and needs neither
Optuna nor SQLAlchemy.
"""

from pathlib import Path

from mech_exo.tuning.study import (
    FINISHED,
    NO_EPOCH,
    Epoch,
    StudyRecord,
    StudySummary,
    TrialRecord,
)

__all__ = [
    "FINISHED",
    "NO_EPOCH",
    "Epoch",
    "StudyRecord",
    "StudySummary",
    "TrialRecord",
    "list_studies",
    "read_study",
]


def read_study(study_file: Path, name: str) -> StudyRecord:
    """The study of that name with all its trials, as of one moment."""
    raise NotImplementedError


def list_studies(study_file: Path) -> list[StudySummary]:
    """A line for each study of the file, by name."""
    raise NotImplementedError
