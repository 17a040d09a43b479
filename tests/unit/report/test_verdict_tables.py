"""The verdict in plain language."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from mech_exo.report.verdict_tables import overall_lines, plateau_lines
from mech_exo.verdict.verdict import VerdictRecord, validate
from tests.unit.verdict.small import small_subject


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> VerdictRecord:
    file: Path = tmp_path_factory.mktemp("verdict") / "study.db"
    return validate(small_subject(trials=4), file, jobs=1)


def takes(verdict: VerdictRecord, needed: float, years: float = 3.0) -> str:
    decision = replace(verdict.decision, overall="INCONCLUSIVE", years_needed=needed, years=years)
    lines = overall_lines(replace(verdict, decision=decision))
    return next(line for line in lines if line.startswith("it takes"))


def test_what_it_would_take(verdict: VerdictRecord) -> None:
    assert "about 12.0 years out of sample instead of 3.0" in takes(verdict, 12.0)
    assert "would not help" in takes(verdict, math.inf)
    assert "more than a hundred years" in takes(verdict, 250.0)
    assert "no longer history" in takes(verdict, 2.0)


def test_a_pass_takes_nothing(verdict: VerdictRecord) -> None:
    passed = replace(verdict, decision=replace(verdict.decision, overall="PASS"))
    assert not any(line.startswith("it takes") for line in overall_lines(passed))


def test_what_took_the_time_is_said(verdict: VerdictRecord) -> None:
    line = list(overall_lines(verdict))[-1]
    assert line.startswith(f"time       {verdict.seconds['wall']:.1f} s")
    assert f"placebos {verdict.seconds['placebo']:.1f} s" in line


def test_the_factor_that_the_result_leans_on(verdict: VerdictRecord) -> None:
    plateau = replace(
        verdict.plateau, value=2.0, leans_on="f0", lost=0.75, without={"f0": 0.5, "f1": 1.9}
    )
    line = list(plateau_lines(replace(verdict, plateau=plateau)))[-1]
    assert line == "leans on   f0: 0.500 without it (75 % lost)"
