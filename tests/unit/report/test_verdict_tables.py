"""The verdict in plain language."""

import io
import math
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from mech_exo.config.portfolio_settings import PortfolioSettings
from mech_exo.report.verdict_tables import measures, overall_lines, plateau_lines, show_verdict
from mech_exo.verdict.verdict import VerdictRecord, validate
from mech_exo.workforce.workforce import Workforce
from tests.unit.verdict.small import small_settings, small_subject


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> VerdictRecord:
    file: Path = tmp_path_factory.mktemp("verdict") / "study.db"
    return validate(small_subject(trials=4), file, workforce=Workforce(1))


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


def promise(verdict: VerdictRecord, kept: float | None) -> str:
    decision = replace(verdict.decision, promise=kept)
    lines = overall_lines(replace(verdict, decision=decision))
    return next(line for line in lines if line.startswith("promise"))


def test_a_promise_that_was_none_or_was_not_kept_is_said_so(verdict: VerdictRecord) -> None:
    assert "the holdout kept 80 % of what the walk-forward promised" in promise(verdict, 0.8)
    assert "kept nothing of what the walk-forward promised" in promise(verdict, -0.4)
    assert "%" not in promise(verdict, -0.4).split(";")[0]
    assert "the walk-forward promised nothing" in promise(verdict, None)
    without = overall_lines(replace(verdict, holdout=None))
    assert not any(line.startswith("promise") for line in without)


def test_what_returns_are_measured_against_is_named(tmp_path: Path) -> None:
    cash = replace(small_settings(), portfolio=PortfolioSettings(side="long_short"))
    assert small_subject().against == "universe"
    assert small_subject(settings=cash).against == "cash"
    own = replace(cash, verdict=replace(cash.verdict, benchmark=tmp_path / "index.csv"))
    assert small_subject(settings=own).against == "series"
    assert measures("cash").startswith("ratio: yearly return over cash, by its own deviation")
    assert "the equal-weighted universe's share" in measures("universe")
    assert "verdict.benchmark" in measures("series")


def test_a_verdict_against_cash_says_cash(tmp_path: Path) -> None:
    cash = replace(small_settings(), portfolio=PortfolioSettings(side="long_short"))
    found = validate(
        small_subject(settings=cash, trials=2), tmp_path / "study.db", workforce=Workforce(1)
    )
    assert "over cash" in shown(found)
    assert "universe" not in shown(found)


def test_factors_that_were_not_asked_are_named(verdict: VerdictRecord) -> None:
    assert "some combination of the 3 factors has skill" in shown(verdict)
    factors = replace(verdict.factors, left_out=("news", "own"))
    told = shown(replace(verdict, factors=factors))
    assert "some combination of 3 of the 5 factors has skill (not asked: news, own;" in told


def shown(verdict: VerdictRecord) -> str:
    console = Console(file=io.StringIO(), width=1000)
    show_verdict(verdict, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
