"""When the runs of an epoch began, and how long its trials took in all."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.tuning.study_record import StudyRecord

RUNS = "runs"  # study attribute: by epoch, [begin, trials of the epoch by then] of each run


def with_run(study: StudyRecord, begun: datetime) -> dict[str, Any]:
    """The attribute of a study in whose current epoch a run begins."""
    runs = [*_runs(study), (begun, len(study.current))]
    noted = [[begin.astimezone(UTC).isoformat(), first] for begin, first in runs]
    return {RUNS: {**study.attributes.get(RUNS, {}), _key(study): noted}}


def elapsed_seconds(study: StudyRecord) -> float:
    """Seconds in which runs worked at the trials of the current epoch.

    The sum over its runs, from the begin of each to the end of its last trial: the same however
    often it is asked, and whether or not a run was killed. Trials of which no run is known (those
    of exo before it noted runs) count as one run that began with the first of them.

    Raises
    ------
    ExoError
        The study's note of its runs has been edited.
    """
    trials, runs = study.current, _runs(study)
    unknown = trials[: runs[0][1] if runs else None]
    begun = [trial.started for trial in unknown if trial.started is not None]
    parts = [(min(begun), 0), *runs] if begun else runs
    total = 0.0
    for (begin, first), (_, end) in pairwise([*parts, (datetime.max, len(trials))]):
        ended = [trial.completed for trial in trials[first:end] if trial.completed is not None]
        total += max((max(ended) - begin).total_seconds(), 0.0) if ended else 0.0
    return total


def _runs(study: StudyRecord) -> list[tuple[datetime, int]]:
    """Begin of each run of the current epoch, and trials of the epoch by then."""
    try:
        noted = study.attributes.get(RUNS, {}).get(_key(study), [])
        runs = [(datetime.fromisoformat(begin), first) for begin, first in noted]
        if all(begin.tzinfo is not None and isinstance(n, int) and n >= 0 for begin, n in runs):
            return runs
    except (ValueError, TypeError, AttributeError):
        pass
    raise ExoError(
        f"Study '{study.name}' has been damaged or edited: its attribute {RUNS!r} is no list of "
        "runs.",
        hint="Restore a copy of the study file.",
    )


def _key(study: StudyRecord) -> str:
    return str(study.epoch.number) if study.epoch is not None else ""
