"""Why a study is not written to, in words."""

from collections.abc import Sequence
from pathlib import Path

from mech_exo.errors import ExoError
from mech_exo.objective.evaluation import Direction
from mech_exo.tuning.encoding import RECORD_VERSION
from mech_exo.tuning.study_record import StudyRecord


def check_own(path: Path, study: StudyRecord) -> None:
    """Raise an ExoError unless this version of exo may add trials to the study."""
    if study.kind == "plain":
        raise ExoError(
            f"Study '{study.name}' in {path} was made by plain Optuna, not by exo.",
            hint="It stays as it is, and `exo study show` and `exo study trials` can read it. "
            "Use another --study-name.",
        )
    if study.version != RECORD_VERSION:
        raise ExoError(
            f"Study '{study.name}' in {path} was made by another version of exo (record "
            f"{study.version}, this one writes {RECORD_VERSION}).",
            hint="Use that version, or another --study-name.",
        )


def damaged(path: Path, name: str, what: str) -> ExoError:
    """A study's rows are not what exo or Optuna has written."""
    return ExoError(
        f"The study {name!r} in {path} has been damaged or edited: {what}.",
        hint="Restore a copy of the file, or go on under another --study-name.",
    )


def damaged_replicate(part: str, number: int) -> ExoError:
    """A replicate that a database keeps is not what the verdict has written."""
    return ExoError(
        f"The kept replicate {part} {number} of the verdict has been damaged or edited.",
        hint="`sqlite3 STUDY_FILE 'DELETE FROM exo_replicates'` has all computed again.",
    )


def already_there(path: Path, study: StudyRecord) -> ExoError:
    """The name that a new study shall have is taken."""
    count = len(study.trials)
    made = "" if study.kind == "exo" else ", made by plain Optuna"
    return ExoError(
        f"Study '{study.name}' exists in {path} with {count} trial{'s' * (count != 1)}{made}.",
        hint=f"Go on with `exo optuna-run --study-name {study.name} --study-file {path}`, "
        "or choose another --study-name."
        if study.kind == "exo"
        else "Choose another --study-name.",
    )


def other_objectives(
    study: StudyRecord, directions: Sequence[Direction], names: Sequence[str]
) -> ExoError:
    """The trials of a study have other objectives than a run wants."""
    return ExoError(
        f"Study '{study.name}' has trials with the objectives "
        f"{_named(study.directions, study.objective_names)}, not {_named(directions, names)}.",
        hint="Objectives are for the life of a study: use another --study-name.",
    )


def _named(directions: Sequence[Direction], names: Sequence[str]) -> str:
    words = names if len(names) == len(directions) else [""] * len(directions)
    return ", ".join(
        f"{direction} {word}".strip() for direction, word in zip(directions, words, strict=True)
    )
