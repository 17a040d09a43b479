"""What the dashboard tells of a study beside optuna-dashboard: a note and plots, made when asked.

Nothing of it is stored, so the study file stays as it is and nothing shown is out of date.
"""

import json
from pathlib import Path
from typing import Any

from mech_exo.errors import ExoError
from mech_exo.report.dashboard_note import (
    HEADING,
    literal,
    own_words,
    study_note,
    with_own_words,
)
from mech_exo.report.dashboard_plots import EQUITY, WEIGHTS, equity_plot, weights_plot
from mech_exo.report.study_course import StudyCourse, StudyCourses
from mech_exo.tuning.display import ShownStudy
from mech_exo.workflow.remembered_verdicts import standing_of_best


class StudyStory:
    """Notes and plots of the studies of one file.

    Parameters
    ----------
    project
        The folder from whose settings and data the best trial is backtested; None: it is not.
    """

    def __init__(self, study_file: Path, project: Path | None = None) -> None:
        self._study_file = study_file
        self.courses = StudyCourses(study_file, project)
        self._told: dict[str, tuple[ShownStudy, object, str, dict[str, str]]] = {}

    def add(self, shown: ShownStudy, detail: dict[str, Any]) -> None:
        """Put note and plots into the answer on a study, below the user's own note."""
        study = shown.study
        course = self.courses.of(study)
        told = self._told.get(study.name)
        if told is None or told[0] is not shown or told[1] is not course:
            told = self._told[study.name] = (shown, course, *self._made(shown, course))
        _, _, note, plots = told
        own = detail["note"]
        detail["note"] = {**own, "body": with_own_words(own["body"], note)}
        detail["plotly_graph_objects"] = [
            *detail["plotly_graph_objects"],
            *({"id": name, "graph_object": plot} for name, plot in plots.items()),
        ]

    def _made(self, shown: ShownStudy, course: StudyCourse | str) -> tuple[str, dict[str, str]]:
        study = shown.study
        plots = {WEIGHTS: weights_plot(study)}
        if isinstance(course, StudyCourse):
            plots[EQUITY] = equity_plot(course)
        words = course if isinstance(course, str) else ""
        try:
            standing = standing_of_best(study, self._study_file)
            note = study_note(study, standing, self._study_file, words)
        except ExoError as error:  # the trials can be looked at all the same
            note = f"{HEADING}\n\n{literal(error.message)}"
        return note, {name: plot for name, plot in plots.items() if plot is not None}


def without_story(content: bytes) -> bytes:
    """A request to keep a note, without what is made anew each time."""
    try:
        request = json.loads(content)
    except ValueError:
        return content
    if isinstance(request, dict) and isinstance(request.get("body"), str):
        return json.dumps(request | {"body": own_words(request["body"])}).encode()
    return content
