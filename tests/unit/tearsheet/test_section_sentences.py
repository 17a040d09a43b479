"""What sections say where a figure is at an end of its range, or nothing is to be said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.report.formats import number, percent
from mech_exo.tearsheet.parts.data_coverage import DataCoverage, JudgedFinding
from mech_exo.tearsheet.parts.luck import Luck
from mech_exo.tearsheet.parts.verdict_found import VerdictFound
from mech_exo.tearsheet.parts.weight_history import Weights, WeightWindows
from mech_exo.tearsheet.report_file import report_text
from mech_exo.tearsheet.tear_sheet import TearSheet
from tests.unit.tearsheet.conftest import request_of
from tests.unit.tearsheet.test_collection import sheet_of


@pytest.fixture(scope="module")
def sheet(judged: Path) -> TearSheet:
    return sheet_of(request_of(judged))


def test_a_figure_that_rounds_to_nothing_has_no_sign() -> None:
    assert (number(-0.0001), percent(-0.0001), number(-0.6, 0)) == ("0.000", "0.0 %", "-1")


def test_a_chance_is_never_nothing(sheet: TearSheet) -> None:
    found, luck = sheet.verdict, sheet.luck
    assert isinstance(found, VerdictFound)
    assert isinstance(luck, Luck)
    words = "Skill: luck alone shows as much with a chance of 0.0 %, and the holdings earned it."
    page = report_text(
        replace(sheet, verdict=replace(found, reason=words, p=1e-5), luck=replace(luck, p=1e-5))
    )
    assert "with a chance under 0.1 %, and the holdings" in page
    assert "chance of 0.0 %" not in page.partition('id="report-data"')[0]
    assert "luck finds as much with a chance of under 0.1 %" in page


def test_a_missing_holdout_is_a_reason(sheet: TearSheet) -> None:
    found = sheet.verdict
    assert isinstance(found, VerdictFound)
    block = {name: part for name, part in found.block.items() if name != "holdout"}
    open_ = replace(found, overall="INCONCLUSIVE", reason="It is not enough.", block=block)
    assert "There is no holdout, and without one" in report_text(replace(sheet, verdict=open_))


def test_findings_that_are_all_accepted(sheet: TearSheet) -> None:
    data = sheet.data
    assert isinstance(data, DataCoverage)
    one = JudgedFinding("gaps", "warning", "there are gaps", "close them", accepted=True)
    page = report_text(replace(sheet, data=replace(data, findings=(one, one))))
    assert "found nothing but 2 that are accepted by name" in page
    assert "0 things" not in page


def test_a_weight_outside_all_re_tunings_is_named(sheet: TearSheet) -> None:
    found = sheet.weights
    assert isinstance(found, Weights)
    assert isinstance(found.windows, WeightWindows)
    level = np.tile(found.weights, (len(found.windows.trained), 1))
    windows = replace(found.windows, weights=level, feasible=(True,) * len(level))
    same = replace(found, windows=windows)
    page = report_text(replace(sheet, weights=same))
    assert "no re-tuning came so far" not in page
    assert ">remark<" not in page
    far = found.weights.copy()
    far[1] += 0.5
    shown = report_text(replace(sheet, weights=replace(same, weights=far)))
    assert f"The weight of {found.factors[1]} lies outside it: no re-tuning came so far." in shown


def test_cash_is_no_portfolio_with_a_ratio(sheet: TearSheet) -> None:
    records = tuple(
        replace(one, label="cash") if one.role == "universe" else one
        for one in sheet.performance.records
    )
    page = report_text(replace(sheet, performance=replace(sheet.performance, records=records)))
    assert "cash returned" not in page
    assert "Its figures are measured against cash." in page
