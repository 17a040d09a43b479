"""What a tear sheet holds is what study, verdict, replicates and backtests say."""

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from mech_exo import ExoError
from mech_exo.errors import ExitCode
from mech_exo.tearsheet.collection import collected
from mech_exo.tearsheet.opening import ReportRequest, open_reported
from mech_exo.tearsheet.parts.courses import Courses
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.tear_sheet import TearSheet
from mech_exo.tuning.records import read_study
from mech_exo.workflow.log import PythonLog
from tests.unit.tearsheet.conftest import NAME, inputs, request_of


def sheet_of(request: ReportRequest) -> TearSheet:
    return collected(open_reported(request, PythonLog()))


def looks(folder: Path) -> int:
    with sqlite3.connect(folder / "studies/factor_opt.db") as connection:
        found: int = connection.execute("SELECT count(*) FROM exo_looks").fetchone()[0]
    connection.close()
    return found


def test_a_study_without_a_verdict_says_how_to_ask_for_one(tuned: Path) -> None:
    sheet = sheet_of(request_of(tuned))
    assert set(sheet.missing) == {"verdict", "luck"}
    assert isinstance(sheet.weights.windows, Missing)  # type: ignore[union-attr]
    for missing in (sheet.missing["verdict"], sheet.missing["luck"], sheet.weights.windows):  # type: ignore[union-attr]
        assert isinstance(missing, Missing)
        assert missing.command.startswith(f"exo validate --study-name {NAME}")
    assert sheet.exit_code == ExitCode.DONE


def test_a_judged_study_lacks_nothing(judged: Path) -> None:
    sheet = sheet_of(request_of(judged))
    assert sheet.missing == {}
    assert len(sheet.luck.placebo_ratios) == sheet.luck.placebos == 9  # type: ignore[union-attr]
    assert sheet.weights.windows.weights.shape == (3, len(sheet.weights.factors))  # type: ignore[union-attr]


def test_the_last_value_of_the_course_is_the_metric(judged: Path) -> None:
    sheet = sheet_of(request_of(judged))
    record = sheet.performance.records[0]
    courses = sheet.courses
    assert isinstance(courses, Courses)
    assert courses.split is not None
    returns = courses.portfolio.returns[courses.portfolio.dates < courses.split]
    assert record.in_sample is not None
    assert np.prod(1.0 + returns) - 1.0 == pytest.approx(record.in_sample["total_return"], 1e-12)
    assert record.in_sample == read_study(judged / "studies/factor_opt.db", NAME).best().metrics  # type: ignore[union-attr]


def test_the_portfolio_was_seen_by_the_run_and_is_no_new_look(tuned: Path) -> None:
    before = looks(tuned)
    sheet = sheet_of(request_of(tuned))
    assert looks(tuned) == before == 1
    assert (sheet.performance.look, sheet.performance.looks) == (1, 1)


def test_another_trial_is_a_look_which_is_entered_once(tuned: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tuned, tmp_path / "copy")
    best = read_study(folder / "studies/factor_opt.db", NAME).best()
    other = 0 if best is None or best.number else 1
    for _ in range(2):
        sheet = sheet_of(request_of(folder, trial=other))
        assert sheet.performance.look == 2
    assert looks(folder) == 2


def test_a_study_of_other_data_shows_what_it_holds_and_computes_nothing(
    judged: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(judged, tmp_path / "copy")
    before = looks(folder)
    sheet = sheet_of(request_of(folder, inputs=inputs(folder, data__demo__seed=8)))
    assert sheet.exit_code == ExitCode.NOT_THE_FILES
    assert "another fingerprint" in sheet.cautions[0]
    assert {"courses", "book", "factors", "calendar"} <= set(sheet.missing)
    assert sheet.trials.complete == 24  # type: ignore[union-attr]
    assert sheet.performance.records[0].out_of_sample is None
    assert looks(folder) == before


def test_a_file_whose_study_is_not_here(judged: Path, tmp_path: Path) -> None:
    file = judged / "small.yml"
    elsewhere = tmp_path / "other.db"
    request = ReportRequest(study_file=elsewhere, factors=file, inputs=inputs(tmp_path))
    sheet = sheet_of(request)
    assert "not in the study file" in sheet.missing["trials"].reason
    theirs = sheet_of(request_of(judged)).performance.records[0]
    mine = sheet.performance.records[0]
    assert (mine.in_sample, mine.out_of_sample) == (theirs.in_sample, theirs.out_of_sample)


def test_a_trial_that_is_not_there(tuned: Path) -> None:
    with pytest.raises(ExoError, match="no complete trial 99"):
        open_reported(request_of(tuned, trial=99), PythonLog())


def test_a_part_that_fails_costs_nothing_of_the_others(judged: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(judged, tmp_path / "copy")
    with sqlite3.connect(folder / "studies/factor_opt.db") as connection:
        connection.execute("UPDATE exo_replicates SET payload = '[' WHERE part = 'placebo'")
    connection.close()
    sheet = sheet_of(request_of(folder))
    assert set(sheet.missing) == {"luck"}
    assert "could not be made" in sheet.missing["luck"].reason
