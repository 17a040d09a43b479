"""Neighbourhoods of known surfaces."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from mech_exo.tuning.cube import Cube
from mech_exo.tuning.study_record import StudyRecord, TrialRecord
from mech_exo.verdict.plateau import look_around, robust_centre

CUBE = Cube({n: FloatDistribution(-1.0, 1.0) for n in ("weight_a", "weight_b")}, "test")


def hill(params: Mapping[str, Any]) -> float:
    """A broad hill at (−0.5, 0) of height 1, and a needle at (0.8, 0.8) of height 2."""
    x = np.array([params["weight_a"], params["weight_b"]])
    broad = math.exp(-float(((x - [-0.5, 0.0]) ** 2).sum()) / 0.2)
    needle = 2.0 * math.exp(-float(((x - 0.8) ** 2).sum()) / 0.0004)
    return max(broad, needle)


def study(points: list[tuple[float, float]]) -> StudyRecord:
    trials = tuple(
        TrialRecord(i, "COMPLETE", params := {"weight_a": a, "weight_b": b}, values=(hill(params),))
        for i, (a, b) in enumerate(points)
    )
    return StudyRecord(name="s", directions=("maximize",), kind="plain", trials=trials)


POINTS = [(0.8, 0.8), (-0.45, 0.1), (-0.6, -0.1), (0.1, 0.9)]


def test_a_needle_is_no_plateau() -> None:
    peak = look_around({"weight_a": 0.8, "weight_b": 0.8}, hill, CUBE, 64, 1)
    broad = look_around({"weight_a": -0.5, "weight_b": 0.0}, hill, CUBE, 64, 1)
    assert peak.value == pytest.approx(2.0)
    assert peak.median < 0.5 * peak.value
    assert broad.median > 0.9 * broad.value
    assert broad.low <= broad.median
    assert broad.feasible == 1.0


def test_the_factor_that_carries_the_result_is_named() -> None:
    found = look_around({"weight_a": -0.5, "weight_b": 0.05}, hill, CUBE, 8, 1)
    assert found.leans_on == "a"
    assert set(found.without) == {"a", "b"}
    assert found.lost == pytest.approx(
        1.0 - hill({"weight_a": 0.0, "weight_b": 0.05}) / found.value
    )
    assert found.as_dict()["leans_on"] == "a"


def test_the_robust_region_is_chosen_over_the_best_trial() -> None:
    centre = robust_centre(study(POINTS), hill, CUBE, 64, 1)
    assert centre is not None
    assert float(centre["weight_a"]) == pytest.approx(-0.5, abs=0.15)  # type: ignore[arg-type]
    assert hill(centre) > 0.85
    assert centre == robust_centre(study(POINTS), hill, CUBE, 64, 1)


def test_infeasible_neighbours_count_as_worse_than_any() -> None:
    def half(params: Mapping[str, Any]) -> float:
        return hill(params) if params["weight_a"] < -0.5 else math.nan

    found = look_around({"weight_a": -0.5001, "weight_b": 0.0}, half, CUBE, 200, 1)
    assert 0.3 < found.feasible < 0.7
    centre = robust_centre(study([(-0.51, 0.0), (-0.7, 0.0)]), half, CUBE, 64, 1)
    assert centre is not None
    assert float(centre["weight_a"]) < -0.55  # type: ignore[arg-type]


def test_nothing_feasible_has_no_centre() -> None:
    assert robust_centre(study([]), hill, CUBE, 8, 1) is None
    nowhere = look_around({"weight_a": 0.5, "weight_b": 0.5}, lambda _: math.nan, CUBE, 8, 1)
    assert nowhere.feasible == 0.0
    assert math.isnan(nowhere.median)
    assert math.isnan(nowhere.lost)
