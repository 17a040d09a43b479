"""The combination of the parts by hand."""

import math
from dataclasses import replace

import pytest
from scipy.stats import norm

from mech_exo.config.settings import VerdictSettings
from mech_exo.verdict.decision import (
    Parts,
    Reservation,
    at_level,
    combined_z,
    decide,
    promise_kept,
)

SETTINGS = VerdictSettings()  # level 0.05, fail above 0.5, power 0.8
Z05, Z10, Z20 = 1.6448536269514722, 1.2815515655446004, 0.8416212335729143  # from a table


def parts(placebo: float | None, walk: float | None, holdout: float | None) -> Parts:
    return Parts(placebo, walk, holdout, active_mean=0.01, ratio=0.5, years=4.0)


@pytest.mark.parametrize(
    ("found", "z"),
    [
        # placebo and walk-forward see the same dates: variance 1 + 1 + 2·0.6, and 1
        (parts(0.05, 0.10, 0.20), (Z05 + Z10 + Z20) / math.sqrt(4.2)),
        (parts(0.05, 0.10, None), (Z05 + Z10) / math.sqrt(3.2)),
        (parts(0.05, None, 0.20), (Z05 + Z20) / math.sqrt(2.0)),
        (parts(None, 0.10, 0.20), (Z10 + Z20) / math.sqrt(2.0)),
        (parts(None, None, 0.20), Z20),
        (parts(0.95, 0.90, 0.80), -(Z05 + Z10 + Z20) / math.sqrt(4.2)),
        (parts(None, None, None), 0.0),
    ],
)
def test_stouffers_sum_by_hand(found: Parts, z: float) -> None:
    assert combined_z(found) == pytest.approx(z, rel=1e-12, abs=1e-12)


def test_certainty_is_capped_at_a_trillionth() -> None:
    most = norm.isf(1e-12)
    assert most == pytest.approx(7.0345, abs=5e-5)
    for p, z in ((0.0, most), (1e-13, most), (1.0, -most)):
        assert combined_z(parts(None, None, p)) == pytest.approx(z, rel=1e-4)


def test_what_a_decision_states_by_hand() -> None:
    z = (Z20 + Z20 + Z20) / math.sqrt(4.2)
    decision = decide(parts(0.2, 0.2, 0.2), SETTINGS)
    assert decision.z == pytest.approx(z, rel=1e-12)
    assert decision.p == pytest.approx(norm.sf(z), rel=1e-12)
    assert decision.years == 4.0
    assert decision.years_needed == pytest.approx(4.0 * ((Z05 + Z20) / z) ** 2, rel=1e-12)
    assert decision.power_at_this_length == pytest.approx(
        {f"{r:g}": norm.cdf(2.0 * r - Z05) for r in (0.5, 1.0, 1.5, 2.0)}, rel=1e-12
    )
    assert decision.reason == (
        "Luck alone shows as much with a chance of 10.9 %; a PASS needs 5 % or less."
    )


def test_little_evidence_needs_long_and_not_for_ever() -> None:
    z = 3.0 * norm.isf(0.4) / math.sqrt(4.2)  # 0.37
    assert decide(parts(0.4, 0.4, 0.4), SETTINGS).years_needed == pytest.approx(
        4.0 * ((Z05 + Z20) / z) ** 2, rel=1e-12
    )


def test_no_evidence_needs_for_ever() -> None:
    # three p of one half: z is 0 (−0 or rounding), luck shows as much every second time
    decision = decide(parts(0.5, 0.5, 0.5), SETTINGS)
    assert decision.z == pytest.approx(0.0, abs=1e-15)
    assert math.isinf(decision.years_needed)
    assert decision.overall == "FAIL"
    assert decision.reason == (
        "Nothing here is better than luck: luck alone shows as much with a chance of 50.0 %."
    )


def test_the_borders_belong_to_the_milder_side_of_a_pass_and_to_a_fail() -> None:
    found = replace(parts(0.05, 0.05, 0.05), active_mean=0.01)
    p = decide(found, SETTINGS).p
    assert decide(found, replace(SETTINGS, level=p)).overall == "PASS"
    assert decide(found, replace(SETTINGS, level=p * 0.999)).overall == "INCONCLUSIVE"
    assert decide(found, replace(SETTINGS, level=1e-4, fail_above=p)).overall == "FAIL"
    milder = replace(SETTINGS, level=1e-4, fail_above=p * 1.001)
    assert decide(found, milder).overall == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (parts(0.41, 1e-6, 1e-6), ", but the placebo search (p above 40 %) does not support it."),
        (parts(1e-6, 0.41, 1e-6), ", but the walk-forward (p above 40 %) does not support it."),
        (
            parts(0.5, 1e-6, 0.26),
            ", but the placebo search (p above 40 %) and the holdout (p above 25 %) do not support "
            "it.",
        ),
        (parts(None, None, 1e-6), ", but there is no placebo search and no walk-forward."),
        (parts(1e-6, 1e-6, None), ", but there is no holdout."),
    ],
)
def test_what_is_missing_or_does_not_support_is_named(found: Parts, words: str) -> None:
    decision = decide(found, SETTINGS)
    assert decision.overall == "INCONCLUSIVE"
    assert decision.reason.startswith("Luck alone shows as much with a chance of 0.")
    assert decision.reason.endswith(words)


def test_a_part_at_its_border_supports_the_others() -> None:
    assert decide(parts(0.4, 1e-6, 0.25), SETTINGS).overall == "PASS"
    assert decide(parts(1e-6, 0.4, 0.25), SETTINGS).overall == "PASS"


def test_luck_is_called_so_although_a_part_is_missing() -> None:
    assert decide(parts(0.9, 0.9, None), SETTINGS).overall == "FAIL"


def test_an_active_return_of_nothing_is_no_pass() -> None:
    strong = parts(0.001, 0.001, 0.001)
    assert decide(strong, SETTINGS).reason == (
        "Skill: luck alone shows as much with a chance of 0.0 %, and the holdings earned it out "
        "of sample."
    )
    assert decide(strong, SETTINGS).overall == "PASS"
    none = decide(replace(strong, active_mean=0.0), SETTINGS)
    assert none.overall == "INCONCLUSIVE"
    assert none.reason.startswith("The scores rank the stocks (luck alone")


def test_a_promise_by_hand() -> None:
    # z of 2.326 over 36 blocks promises half of it, 1.163, over 9
    assert promise_kept((0.01, 36), (0.2, 9)) == pytest.approx(Z20 / 1.16317394)
    assert promise_kept((0.01, 36), (0.01, 36)) == pytest.approx(1.0)
    assert promise_kept((0.01, 36), (0.8, 9)) == pytest.approx(-Z20 / 1.16317394)
    assert promise_kept((0.5, 36), (0.2, 9)) is None  # nothing was promised
    assert promise_kept((0.7, 36), (0.2, 9)) is None


def test_a_promise_that_is_not_kept_is_no_pass() -> None:
    strong = parts(0.001, 0.001, 0.2)
    assert decide(replace(strong, promise=0.5), SETTINGS).overall == "PASS"
    broken = decide(replace(strong, promise=0.42), SETTINGS)
    assert broken.overall == "INCONCLUSIVE"
    assert "the holdout kept 42 % of what the walk-forward promised, not 50 %" in broken.reason
    assert "kept 0 %" in decide(replace(strong, promise=-2.0), SETTINGS).reason
    assert decide(strong, SETTINGS).promise is None


def test_reservations_are_in_the_reason_and_some_forbid_a_pass() -> None:
    strong, weak = parts(0.001, 0.001, 0.001), parts(0.2, 0.2, 0.2)
    said = Reservation("level", "The level is 10 %.")
    hard = Reservation("survivors", "All survived.", forbids_pass=True)
    assert decide(strong, SETTINGS, (said,)).overall == "PASS"
    assert decide(strong, SETTINGS, (said,)).reason.endswith("out of sample. The level is 10 %.")
    held = decide(strong, SETTINGS, (hard, said))
    assert held.overall == "INCONCLUSIVE"
    assert held.reason == (
        "It looks like skill (luck alone shows as much with a chance of 0.0 %), but is not called "
        "so. All survived. The level is 10 %."
    )
    assert [r["name"] for r in held.as_dict()["reservations"]] == ["survivors", "level"]  # type: ignore[attr-defined]
    assert decide(weak, SETTINGS, (hard,)).reason.endswith("5 % or less. All survived.")
    assert decide(parts(0.9, 0.9, 0.9), SETTINGS, (hard,)).overall == "FAIL"


def test_a_level_above_the_usual_is_named() -> None:
    assert at_level("PASS", 0.05) == at_level("PASS", 0.01) == at_level("PASS", None) == "PASS"
    assert at_level("PASS", 0.2) == "PASS at a level of 20 %"
