"""The dashboard's plot of what 100 would have become: in sample, the study's own data, no look."""

import contextlib
import json
import time
from pathlib import Path

import numpy as np
import pytest

from mech_exo.cli.entry import run
from mech_exo.report.dashboard_plots import EQUITY, WEIGHTS, equity_plot
from mech_exo.report.dashboard_server import application
from mech_exo.report.study_course import StudyCourse, StudyCourses, course_in_sample
from mech_exo.tuning.records import read_study
from mech_exo.workflow.log import PythonLog
from mech_exo.workflow.session import InputRequest, open_session
from tests.cli.file_project import file_project
from tests.unit.report.dashboard_requests import ask


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a small study of its own data."""
    folder = file_project(tmp_path_factory.mktemp("course") / "my pröject")
    options = ("--n-trials", "4", "--n-jobs", "1", "--study-name", "s", "--quiet")
    with contextlib.chdir(folder):
        assert run(["optuna-run", *options]) == 0
    return folder


def test_the_course_is_the_backtest_in_sample(searched: Path) -> None:
    file = searched / "studies/factor_opt.db"
    before = file.read_bytes()
    app_courses = StudyCourses(file, searched)
    study = read_study(file, "s")
    assert app_courses.of(study) == ""
    app_courses.wait()
    course = app_courses.of(study)
    assert isinstance(course, StudyCourse)
    best = study.best()
    assert best is not None
    session = open_session(InputRequest(cwd=searched), PythonLog())
    result = session.appraiser.in_sample.run(best.params)
    np.testing.assert_array_equal(
        course.portfolio, 100.0 * np.multiply.accumulate(1.0 + result.returns)
    )
    assert session.holdout is not None
    assert course.dates[-1] < str(session.holdout.dates[0])
    assert file.read_bytes() == before  # no look is entered, because there was none


def test_the_page_gets_the_plot_once_it_is_made(searched: Path) -> None:
    file = searched / "studies/factor_opt.db"
    best = read_study(file, "s").best()
    assert best is not None
    course = course_in_sample(file, "s", best.number, searched)
    drawn = json.loads(equity_plot(course))
    assert [curve["name"] for curve in drawn["data"]] == [course.label, course.beside]
    assert drawn["data"][0]["x"][-1] == course.dates[-1]
    assert drawn["data"][0]["y"][-1] == pytest.approx(course.portfolio[-1], abs=1e-4)
    app = application(file, project=searched)
    for _ in range(600):
        plots = [p["id"] for p in ask(app, "/api/studies/1").json["plotly_graph_objects"]]
        if EQUITY in plots:
            break
        time.sleep(0.05)
    assert plots == [WEIGHTS, EQUITY]


def test_other_data_are_not_backtested(searched: Path, tmp_path: Path) -> None:
    file = searched / "studies/factor_opt.db"
    for project, words in ((tmp_path, "data"), (tmp_path / "none", "no")):
        courses = StudyCourses(file, project)
        study = read_study(file, "s")
        courses.of(study)
        courses.wait()
        said = courses.of(study)
        assert isinstance(said, str)
        assert said.startswith("There is no plot of what 100 would have become: ")
        assert words in said
