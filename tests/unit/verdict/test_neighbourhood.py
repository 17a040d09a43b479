"""The surroundings of a candidate in its own space."""

import math
from dataclasses import replace

import pytest

from mech_exo.verdict.neighbourhood import Neighbourhood
from mech_exo.verdict.repeated_searches import searches_of
from tests.unit.verdict.small import OBJECTIVE, small_objective, small_subject


def test_the_centre_of_the_plateau_is_a_candidate_of_the_space() -> None:
    subject = small_subject(trials=15)
    repeater = searches_of(subject)()
    study = repeater.search(repeater.evaluator(subject.in_sample))
    around = Neighbourhood(replace(subject, study=study))
    centre = around.centre()
    assert set(centre) == set(subject.params)
    assert math.isfinite(around.value(centre))
    assert float(centre["weight_f0"]) > 0.0  # type: ignore[arg-type]  # the factor that earns
    assert Neighbourhood(replace(subject, study=study)).centre() == centre


def test_a_file_that_leaves_parameters_out_has_a_neighbourhood() -> None:
    around = Neighbourhood(small_subject(params={"weight_f0": 1.0}))
    plateau = around.plateau()
    assert plateau.feasible == 1.0
    assert set(plateau.without) == {"f0"}
    assert math.isfinite(plateau.median)


def test_outside_the_thresholds_there_is_no_value() -> None:
    strict = OBJECTIVE.replace(b"MAX_DRAWDOWN_THRESHOLD = 1.0", b"MAX_DRAWDOWN_THRESHOLD = 0.25")
    subject = small_subject(objective=small_objective(strict))
    around = Neighbourhood(subject)
    kept = around.value(subject.params)
    broken = around.value({**subject.params, "weight_f0": -1.0})  # earns the premium's opposite
    assert kept == pytest.approx(Neighbourhood(small_subject()).value(subject.params))
    assert math.isnan(broken)
