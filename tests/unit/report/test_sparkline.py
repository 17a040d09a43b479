"""Courses as small bars."""

import math

import pytest

from mech_exo.report.sparkline import BARS, MOST, BestSoFar, sparkline


@pytest.mark.parametrize(
    ("values", "width", "bars"),
    [
        ([], 5, ""),
        ([1.0], 0, ""),
        ([1.0, 1.0], 5, "▄▄"),
        (list(range(8)), 8, BARS),
        ([3.0, 2.0, 1.0], 3, "█▅▁"),
        ([math.nan, 0.0, 1.0], 3, " ▁█"),
        ([math.nan, math.nan], 2, "  "),
        ([-math.inf, 0.0, 1.0], 3, " ▁█"),
        ([-1.7e308, 1.7e308], 2, "▁█"),
    ],
)
def test_bars_stand_between_the_least_and_the_greatest(
    values: list[float], width: int, bars: str
) -> None:
    assert sparkline(values, width) == bars


def test_a_long_course_is_thinned_and_keeps_its_shape() -> None:
    course = BestSoFar()
    for i in range(100_000):
        course.add(None if i < 50_000 else float(i))
    assert len(course._values) < MOST
    assert course.line(8)[:4].strip() == ""
    assert course.line(8)[-1] == "█"
    assert list(course.line(8)) == sorted(course.line(8))
