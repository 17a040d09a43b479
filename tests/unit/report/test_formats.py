"""Figures for people."""

import math

import pytest

from mech_exo.report.formats import look_words, number, percent
from mech_exo.report.trial_tables import trial_lines
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from mech_exo.verdict.standing import Standing
from mech_exo.workflow.trial_detail import TrialDetail


@pytest.mark.parametrize("value", [-0.0, -1e-9, -0.0004, 0.0004])
def test_what_is_rounded_to_zero_has_no_minus(value: float) -> None:
    assert number(value) == "0.000"
    assert number(value, 0) == "0"
    assert percent(value) == "0.0 %"


def test_what_is_not_keeps_it() -> None:
    assert number(-0.0006) == "-0.001"
    assert percent(-0.0006) == "-0.1 %"
    assert number(math.nan) == percent(None) == "–"


def test_a_weight_that_is_rounded_to_zero_has_none_either() -> None:
    trial = TrialRecord(0, "COMPLETE", {"weight_rsi_14": -1e-6}, {}, (1.0,))
    study = StudyRecord("s", ("maximize",), trials=(trial,))
    lines = list(trial_lines(TrialDetail(study, trial, Standing(), ())))
    assert f"  {'rsi_14':<22} {'+0.0000':>10}" in lines


def test_which_look_it_was() -> None:
    assert look_words(2, 5) == "look 2 of 5 at the holdout"
    assert look_words(0, 5) == "portfolios seen on the holdout so far: 5"
