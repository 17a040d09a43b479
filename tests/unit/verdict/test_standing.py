"""Which verdict counts now."""

from dataclasses import replace
from pathlib import Path

import pytest

from mech_exo.config.settings import VerdictSettings
from mech_exo.errors import ExoError
from mech_exo.tuning.kept_verdicts import KeptVerdict, keep_verdict, kept_verdicts
from mech_exo.verdict.standing import Conditions, rules_of, standing

RULES = {"verdict.placebos": 99, "backtest kernel": "1"}
NOW = Conditions("f", "d", 50, RULES)


def kept(overall: str, day: int, **changes: object) -> KeptVerdict:
    plain = KeptVerdict(
        content="c",
        fingerprint="f",
        data="d",
        trials=50,
        rules=RULES,
        block={"overall": overall},
        judged=f"2026-01-{day:02d}T00:00:00+00:00",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_nothing_is_said_as_such() -> None:
    found = standing([], NOW)
    assert (found.present, found.words, found.against) == (None, "none (not judged)", "")


def test_the_latest_under_the_present_conditions_counts() -> None:
    found = standing([kept("FAIL", 1), kept("PASS", 2)], NOW)
    assert found.words == "PASS (judged 2026-01-02; an earlier one of 2026-01-01 was FAIL)"
    assert found.against == ""
    turned = standing([kept("PASS", 1), kept("FAIL", 2)], NOW)
    assert turned.words == "FAIL (judged 2026-01-02)"
    assert turned.against == "its verdict is FAIL (judged 2026-01-02)"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fingerprint": "other"}, "an earlier fingerprint of the study"),
        ({"data": "other"}, "other data"),
        ({"trials": 20}, "20 trials, not 50"),
        ({"rules": RULES | {"verdict.placebos": 19}}, "verdict.placebos 19, not 99"),
        ({"rules": RULES | {"backtest kernel": "2"}}, "backtest kernel 2, not 1"),
        ({"rules": {"backtest kernel": "1"}}, "verdict.placebos none, not 99"),
        ({"rules": RULES | {"verdict.more": None}}, ""),
    ],
)
def test_one_under_other_conditions_is_not_of_the_present(
    changes: dict[str, object], words: str
) -> None:
    found = standing([kept("PASS", 1, **changes)], NOW)
    if not words:
        assert found.present is not None
        return
    assert found.present is None
    assert found.against == ""
    assert found.words == (
        f"none (not judged under the present conditions; PASS of 2026-01-01 was with {words})"
    )
    failed = standing([kept("FAIL", 1, **changes)], NOW)
    assert failed.against.startswith(f"its last verdict, of 2026-01-01, is FAIL (with {words};")


def test_a_present_one_is_not_undone_by_a_later_one_under_other_rules() -> None:
    other = kept("FAIL", 3, trials=10)
    found = standing([kept("PASS", 1), other], NOW)
    assert found.present is not None
    assert found.present.overall == "PASS"
    assert found.against == ""
    assert found.words.endswith("an earlier one of 2026-01-03 was FAIL)")


def test_what_is_not_compared_does_not_differ() -> None:
    found = standing([kept("FAIL", 1, data="x", rules={"a": 1})], Conditions("f", None, 50, None))
    assert found.present is not None


def test_rules_are_settings_and_versions_but_not_what_is_chosen(tmp_path: Path) -> None:
    plain = VerdictSettings()
    assert rules_of(plain) == rules_of(replace(plain, choose="plateau"))
    assert rules_of(plain) != rules_of(replace(plain, placebos=98))
    assert {"backtest kernel", "verdict", "verdict.level"} <= set(rules_of(plain))
    one, two = tmp_path / "a.csv", tmp_path / "b.csv"
    for path in (one, two):
        path.write_text("2020-01-01,0.1\n")
    moved = [rules_of(replace(plain, benchmark=path)) for path in (one, two)]
    assert moved[0] == moved[1]  # its content, not its name
    two.write_text("2020-01-01,0.2\n")
    assert rules_of(replace(plain, benchmark=two)) != moved[0]
    with pytest.raises(ExoError, match="benchmark cannot be read"):
        rules_of(replace(plain, benchmark=tmp_path / "none.csv"))


def test_kept_and_read_back_to_the_bit(tmp_path: Path) -> None:
    path = tmp_path / "new" / "study.db"
    assert kept_verdicts(path) == ()
    block = {"overall": "PASS", "p": 0.1 + 0.2, "list": [None, 1e-300], "seconds": {"wall": 1.0}}
    first = keep_verdict(path, kept("PASS", 1, block=block))
    assert kept_verdicts(path) == (first,)
    assert kept_verdicts(path, content="c") == (first,)
    assert kept_verdicts(path, content="other") == ()
    slower = keep_verdict(path, kept("PASS", 2, block=block | {"seconds": {"wall": 2.0}}))
    assert slower == first  # running times are no other verdict
    assert keep_verdict(path, kept("FAIL", 3)).overall == "FAIL"
    again = keep_verdict(path, kept("PASS", 4, block=block))
    assert [k.overall for k in kept_verdicts(path)] == ["PASS", "FAIL", "PASS"]
    assert again.judged.startswith("2026-01-04")
