"""What a verdict says of a calibration."""

from dataclasses import replace
from pathlib import Path

import pytest

from mech_exo.errors import ExoError
from mech_exo.tuning.kept_calibrations import keep_calibration
from mech_exo.verdict.detection import (
    Detection,
    DetectionFloor,
    PassRate,
    conditions_key,
    conditions_of,
    detection_of,
)
from mech_exo.verdict.factor_skill import FactorSkill
from mech_exo.verdict.reservations import Circumstances, reservations
from mech_exo.verdict.subject import Subject
from tests.unit.verdict.small import small_panel, small_settings, small_subject

FOUND = Detection(PassRate.of(3, 100), DetectionFloor(1.3, 1.1, 1.6, 0.5, 2.0, 0.8), "f0", 19)


def keep(subject: Subject, file: Path, found: Detection = FOUND) -> None:
    conditions = conditions_of(subject, subject.trials, subject.patience)
    keep_calibration(file, conditions_key(conditions), conditions, found.as_dict())


def said(found: Detection | None) -> str:
    """What the reservation of a calibration says."""
    circumstances = Circumstances(small_subject(), FactorSkill({}, 0.5, 0.0), None, found)
    return " ".join(r.words for r in reservations(circumstances) if r.name == "detection")


def test_it_says_what_can_be_seen_and_how_often_luck_passed() -> None:
    words = said(FOUND)
    assert words == (
        "By `exo calibrate` these data can show a true ratio of 1.3 with 80 %: below it a FAIL "
        "means that nothing can be seen here. Of 100 studies on noise 3.0 % passed (0.6 to 8.5 %)."
    )
    assert said(None) == ""


def test_where_nothing_can_be_seen_it_says_so() -> None:
    blind = replace(FOUND, floor=DetectionFloor(None, 1.8, None, 0.5, 2.0, 0.8))
    assert "cannot show a true ratio of up to 2 with 80 %: a FAIL means that nothing" in said(blind)


def test_it_is_found_under_the_same_conditions_only(tmp_path: Path) -> None:
    file = tmp_path / "study.db"
    subject = small_subject()
    assert detection_of(subject, file) is None
    assert not file.exists()
    keep(subject, file)
    assert detection_of(subject, file) == FOUND
    luckier = small_settings(placebos=7)
    seeded = replace(luckier, tuning=replace(luckier.tuning, seed=7))
    assert detection_of(small_subject(settings=seeded), file) == FOUND
    others = {
        "trials": small_subject(trials=9),
        "data": small_subject(small_panel(1, premium=0.6)),
        "rules": small_subject(settings=small_settings(windows=3)),
        "costs": small_subject(
            settings=replace(
                small_settings(), backtest=replace(small_settings().backtest, slippage_bps=9.0)
            )
        ),
        "patience": small_subject(patience=3),
        "quick": small_subject().quickly(),
    }
    assert {name: detection_of(s, file) for name, s in others.items()} == dict.fromkeys(others)


def test_the_latest_counts(tmp_path: Path) -> None:
    file, subject = tmp_path / "study.db", small_subject()
    keep(subject, file)
    later = replace(FOUND, factor="f1")
    keep(subject, file, later)
    keep(subject, file, later)
    assert detection_of(subject, file) == later


@pytest.mark.parametrize("part", ["level", "floor"])
def test_an_edited_one_is_refused(tmp_path: Path, part: str) -> None:
    file, subject = tmp_path / "study.db", small_subject()
    conditions = conditions_of(subject, subject.trials, subject.patience)
    block = {**FOUND.as_dict(), part: "gone"}
    keep_calibration(file, conditions_key(conditions), conditions, block)
    with pytest.raises(ExoError, match="exo_calibrations"):
        detection_of(subject, file)
