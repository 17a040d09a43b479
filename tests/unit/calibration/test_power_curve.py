"""The smallest ratio that is seen, from counts."""

import math

import numpy as np
import pytest

from mech_exo.calibration.power_curve import detection_floor
from mech_exo.verdict.detection import DetectionFloor, PassRate
from mech_exo.verdict.statistics import normal_cdf

RATIOS = (0.5, 1.0, 1.5, 2.0)


def floor_of(*passed: int, studies: int = 25, power: float = 0.8) -> DetectionFloor:
    return detection_floor(RATIOS, [PassRate.of(p, studies) for p in passed], power)


def test_it_finds_the_floor_of_a_known_curve() -> None:
    passed = [round(2000 * normal_cdf(2.2 * (r - 1.3) + 0.8416)) for r in RATIOS]
    floor = floor_of(*passed, studies=2000)
    assert floor.ratio == pytest.approx(1.3, abs=0.02)
    assert floor.low is not None
    assert floor.high is not None
    assert 1.2 < floor.low < 1.3 < floor.high < 1.4


def test_more_studies_make_the_interval_shorter() -> None:
    few, many = floor_of(4, 12, 21, 24), floor_of(40, 120, 210, 240, studies=250)
    assert few.ratio == many.ratio

    def width(floor: DetectionFloor) -> float:
        assert floor.low is not None
        return (floor.high or math.inf) - floor.low

    assert width(many) < width(few) / 2


def test_its_interval_covers_the_truth_as_often_as_it_says() -> None:
    generator, inside = np.random.default_rng(1), 0
    chances = [normal_cdf(2.0 * (r - 1.4) + 0.8416) for r in RATIOS]
    for _ in range(100):
        floor = floor_of(*(int(generator.binomial(25, c)) for c in chances))
        inside += floor.low is not None and floor.low <= 1.4 <= (floor.high or math.inf)
    assert inside >= 90


def test_what_is_not_reached_is_not_made_up() -> None:
    floor = floor_of(0, 2, 3, 6)
    assert floor.ratio is None
    assert floor.high is None
    assert floor.words == "cannot show a true ratio of up to 2 with 80 %"


def test_what_is_always_seen_has_the_least_ratio_or_less() -> None:
    floor = floor_of(25, 25, 25, 25)
    assert floor.ratio == 0.5
    assert floor.words == "can show a true ratio of 0.5 or less with 80 %"


def test_between_nothing_and_all_it_lies_in_the_middle() -> None:
    floor = floor_of(0, 0, 25, 25)
    assert floor.ratio == pytest.approx(1.25, abs=0.05)
    assert floor.words == f"can show a true ratio of {floor.ratio:.2g} with 80 %"


def test_a_higher_wanted_power_needs_a_higher_ratio() -> None:
    usual, high = floor_of(4, 12, 21, 24).ratio, floor_of(4, 12, 21, 24, power=0.9).ratio
    assert usual is not None
    assert high is not None
    assert high > usual


def test_one_ratio_is_enough_to_say_something() -> None:
    floor = detection_floor([1.0], [PassRate.of(20, 25)], 0.8)
    assert floor.ratio == 1.0


def test_counts_that_do_not_grow_still_give_a_curve_that_does() -> None:
    floor = floor_of(20, 21, 19, 20)
    assert floor.low == 0.5


@pytest.mark.parametrize(
    ("passed", "studies", "low", "high"),
    [
        (0, 100, 0.0, 0.0362),
        (5, 100, 0.0164, 0.1128),
        (25, 25, 0.8628, 1.0),
        (1, 2, 0.0126, 0.9874),
    ],
)
def test_clopper_and_pearson(passed: int, studies: int, low: float, high: float) -> None:
    """Against the tables of Clopper and Pearson's interval."""
    rate = PassRate.of(passed, studies)
    assert rate.low == pytest.approx(low, abs=5e-5)
    assert rate.high == pytest.approx(high, abs=5e-5)
