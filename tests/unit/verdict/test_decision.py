"""The overall verdict from its parts."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mech_exo.config.settings import VerdictSettings
from mech_exo.verdict.decision import Parts, combined_z, decide
from mech_exo.verdict.statistics import normal_cdf

SETTINGS = VerdictSettings()
STRONG = Parts(0.01, 0.01, 0.03, active_mean=0.04, ratio=1.2, years=5.0)


def test_agreeing_parts_pass() -> None:
    decision = decide(STRONG, SETTINGS)
    assert decision.overall == "PASS"
    assert decision.p < 0.01
    assert decision.as_dict()["overall"] == "PASS"


def test_a_pass_needs_an_active_return() -> None:
    decision = decide(replace(STRONG, active_mean=-0.001), SETTINGS)
    assert decision.overall == "INCONCLUSIVE"
    assert "no active return" in decision.reason
    assert decide(replace(STRONG, active_mean=math.nan), SETTINGS).overall == "INCONCLUSIVE"


@pytest.mark.parametrize("part", ["placebo", "walk_forward", "holdout"])
def test_a_missing_part_is_inconclusive(part: str) -> None:
    decision = decide(replace(STRONG, **{part: None}), SETTINGS)  # type: ignore[arg-type]
    assert decision.overall == "INCONCLUSIVE"
    assert "there is no" in decision.reason


def test_luck_fails_and_the_middle_says_what_it_would_take() -> None:
    assert decide(Parts(0.6, 0.7, 0.5, -0.01, -0.2, 4.0), SETTINGS).overall == "FAIL"
    middle = decide(Parts(0.2, 0.2, 0.3, 0.01, 0.5, 4.0), SETTINGS)
    assert middle.overall == "INCONCLUSIVE"
    assert middle.years_needed > 4.0
    assert math.isinf(decide(Parts(0.6, 0.7, 0.5, 0.0, 0.0, 4.0), SETTINGS).years_needed)
    assert list(middle.power_at_this_length) == ["0.5", "1", "1.5", "2"]


def test_evidence_of_the_needed_length_would_have_the_wanted_power() -> None:
    decision = decide(Parts(0.2, 0.2, 0.3, 0.01, 0.5, 4.0), SETTINGS)
    expected_z = decision.z * math.sqrt(decision.years_needed / 4.0)
    assert normal_cdf(expected_z - 1.6448536) == pytest.approx(SETTINGS.power, abs=1e-6)


def test_a_part_that_does_not_support_the_others_is_named() -> None:
    decision = decide(replace(STRONG, holdout=0.26), SETTINGS)
    assert decision.overall == "INCONCLUSIVE"
    assert decision.p < 0.05
    assert "the holdout (p above 25 %) does not support it" in decision.reason
    assert decide(replace(STRONG, holdout=0.25), SETTINGS).overall == "PASS"


@pytest.mark.parametrize(
    ("correlation", "rate"), [(1.0, 0.066), (0.6, 0.05), (0.3, 0.037), (-0.5, 0.011)]
)
def test_level_of_the_combination_at_its_worst_and_better(correlation: float, rate: float) -> None:
    generator = np.random.default_rng(2)
    z = generator.standard_normal((4_000, 3))
    z[:, 1] = correlation * z[:, 0] + math.sqrt(1.0 - correlation**2) * z[:, 1]
    seen = [
        combined_z(Parts(normal_cdf(-a), normal_cdf(-b), normal_cdf(-c), 0.0, 0.0, 1.0)) > 1.6448536
        for a, b, c in z.tolist()
    ]
    assert np.mean(seen) == pytest.approx(rate, abs=0.01)


def test_nothing_says_nothing() -> None:
    assert combined_z(Parts(None, None, None, 0.0, 0.0, 1.0)) == 0.0
