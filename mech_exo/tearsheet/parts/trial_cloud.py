"""All trials of the search: what was tried, and what came of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.data.panel import BoolArray, FloatArray, IntArray
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported

if TYPE_CHECKING:
    from mech_exo.tuning.study_record import StudyRecord, TrialRecord


@dataclass(frozen=True, eq=False)
class TrialCloud:
    """Complete trials of the current epoch, by number.

    Attributes
    ----------
    objectives, directions
        What was sought, and whether more or less of it is better.
    numbers, values, feasible
        [C], [C, O] and [C].
    parameters
        [K] names of those that all of them have, and whose value is not always the same.
    points
        [C, K] values; of a choice among names the position of the name in `choices`.
    choices
        Parameter -> names, of those that are no numbers.
    chosen
        Position of the reported trial; None where it is not among them.
    finished, complete, pruned, failed
        Counts of all trials of the epoch.
    front
        Positions of the trials that no other dominates; of several objectives.
    """

    objectives: tuple[str, ...]
    directions: tuple[str, ...]
    numbers: IntArray
    values: FloatArray
    feasible: BoolArray
    parameters: tuple[str, ...]
    points: FloatArray
    choices: dict[str, tuple[str, ...]]
    chosen: int | None
    finished: int
    complete: int
    pruned: int
    failed: int
    front: tuple[int, ...] = ()


def trial_cloud(reported: Reported) -> TrialCloud | Missing:
    """The study's trials."""
    study = reported.study
    if study is None:
        return Missing(
            "The study of this file is not in the study file, so its trials are not known."
        )
    complete = [t for t in study.current if t.state == "COMPLETE"]
    if not complete:
        return Missing(f"The study has nothing to show: {study.without_feasible()}.")
    return _cloud(reported, study, complete)


def _cloud(reported: Reported, study: "StudyRecord", complete: "list[TrialRecord]") -> TrialCloud:
    names = tuple(
        name
        for name in complete[0].params
        if all(name in t.params for t in complete) and len({t.params[name] for t in complete}) > 1
    )
    choices = {
        name: tuple(sorted({str(t.params[name]) for t in complete}))
        for name in names
        if any(_wordy(t.params[name]) for t in complete)
    }
    columns = [_column(complete, name, choices.get(name)) for name in names]
    at = {t.number: i for i, t in enumerate(complete)}
    states = [t.state for t in study.current]
    single = len(study.directions) == 1
    return TrialCloud(
        objectives=study.objective_names or ("objective",) * len(study.directions),
        directions=study.directions,
        numbers=np.array([t.number for t in complete]),
        values=np.array([t.values for t in complete], dtype=np.float64),
        feasible=np.array([t.feasible for t in complete]),
        parameters=names,
        points=np.array(columns).T if columns else np.empty((len(complete), 0)),
        choices=choices,
        chosen=None if reported.trial is None else at.get(reported.trial.number),
        finished=len(states),
        complete=len(complete),
        pruned=states.count("PRUNED"),
        failed=states.count("FAIL"),
        front=() if single else tuple(at[t.number] for t in study.front()),
    )


def _wordy(value: object) -> bool:
    return not isinstance(value, int | float) or isinstance(value, bool)


def _column(trials: "list[TrialRecord]", name: str, choices: tuple[str, ...] | None) -> list[float]:
    if choices is not None:
        place = {word: float(i) for i, word in enumerate(choices)}
        return [place[str(t.params[name])] for t in trials]
    return [float(t.params[name] or 0.0) for t in trials]
