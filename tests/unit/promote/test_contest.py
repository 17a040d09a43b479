"""Champion against challenger, on data of which the answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.config.settings import BacktestSettings, PromoteSettings
from mech_exo.data.frequency import WEEKLY
from mech_exo.factor_file.document import FactorFile
from mech_exo.portfolio.model import Model
from mech_exo.promote.contest import bootstrap_means, contest
from mech_exo.workflow.incumbent import fitted_until
from tests.unit.backtest.markets import panel_of
from tests.unit.portfolio.books import model_on

SESSIONS = 400
RULES = BacktestSettings(commission_bps=0.0, slippage_bps=0.0)


def fitted(until: str | None) -> FactorFile:
    provenance = None if until is None else {"in_sample_end": until}
    return FactorFile(metadata={}, factors={}, provenance=provenance)


def models(
    drift: float, until: tuple[str | None, str | None] = ("2018-03-01", "2018-03-01")
) -> tuple[Model, Model]:
    """A champion that holds the last of ten names, and a challenger that holds the first.

    The first name gains `drift` a day more than the others.
    """
    rng = np.random.default_rng(1)
    returns = rng.normal(0.0, 0.005, (SESSIONS, 10))
    returns[:, 0] += drift
    panel = panel_of(returns, every=21)
    sides = [Candidate(np.array([sign]), 0.0, 1.0, 1.0) for sign in (-1.0, 1.0)]
    champion, challenger = (
        model_on(panel, RULES, side, file=fitted(day))
        for side, day in zip(sides, until, strict=True)
    )
    return champion, challenger


def test_the_better_one_wins_and_the_difference_is_the_mean() -> None:
    champion, challenger = models(0.002)
    found = contest(champion, challenger, 0.0, PromoteSettings())
    assert found.wins
    first = int(np.searchsorted(champion.panel.dates, np.datetime64("2018-03-02")))
    returns = champion.panel.returns[first:]
    by_hand = (returns[:, 0] - returns[:, 9]).mean() * 252  # the benchmarks are the same
    assert found.difference == pytest.approx(by_hand, rel=1e-9)
    assert found.days == len(returns)
    assert (found.start, found.end) == (
        str(champion.panel.dates[first]),
        str(champion.panel.dates[-1]),
    )
    assert found.low is not None
    assert found.high is not None
    assert found.low < by_hand < found.high


def test_a_weekly_market_has_52_sessions_a_year_and_needs_26_of_them() -> None:
    champion, challenger = (
        replace(side, panel=replace(side.panel, frequency=WEEKLY)) for side in models(0.002)
    )
    found = contest(champion, challenger, 0.0, PromoteSettings())
    first = int(np.searchsorted(champion.panel.dates, np.datetime64("2018-03-02")))
    returns = champion.panel.returns[first:]
    by_hand = (returns[:, 0] - returns[:, 9]).mean() * 52
    assert found.difference == pytest.approx(by_hand, rel=1e-9)
    late = str(champion.panel.dates[-26])  # 25 sessions after it
    challenger = replace(challenger, file=fitted(late))
    short = contest(champion, challenger, 0.0, PromoteSettings())
    assert (short.wins, short.days) == (False, 25)
    assert "26 are needed" in short.reason
    blocks = [
        contest(champion, replace(challenger, file=fitted("2018-03-01")), 0.0, rules)
        for rules in (PromoteSettings(block=21), PromoteSettings(block=19))
    ]
    assert blocks[0] == blocks[1]  # four weeks both


def test_without_a_difference_nothing_changes() -> None:
    champion, challenger = models(0.0)
    assert not contest(champion, challenger, 0.0, PromoteSettings()).wins
    same = contest(champion, champion, 0.0, PromoteSettings())
    assert same.difference == 0.0
    assert same.reason.startswith("no change")


def test_a_win_by_less_than_the_margin_is_none() -> None:
    champion, challenger = models(0.002)
    found = contest(champion, challenger, 0.0, PromoteSettings(margin=1.0))
    assert not found.wins
    assert found.difference is not None
    assert 0.1 < found.difference < 1.0


def test_the_switch_is_paid_once() -> None:
    champion, challenger = models(0.002)
    free = contest(champion, challenger, 0.0, PromoteSettings())
    dear = contest(champion, challenger, 0.9, PromoteSettings())
    assert free.difference is not None
    assert dear.difference == pytest.approx(free.difference - 0.9 / free.days * 252, rel=1e-9)
    assert free.wins
    assert not dear.wins


@pytest.mark.parametrize("late", [("2019-03-01", "2018-03-01"), ("2018-03-01", "2019-03-01")])
def test_only_the_data_after_both_count(late: tuple[str, str]) -> None:
    champion, challenger = models(0.002, late)
    found = contest(champion, challenger, 0.0, PromoteSettings(min_days=10))
    assert found.start == "2019-03-04"  # the Monday after
    found = contest(champion, challenger, 0.0, PromoteSettings(min_days=found.days + 1))
    assert not found.wins
    assert "too little common data" in found.reason


def test_a_challenger_that_hides_its_data_never_wins() -> None:
    champion, challenger = models(0.002, ("2018-03-01", None))
    assert "does not say" in contest(champion, challenger, 0.0, PromoteSettings()).reason


def test_an_incumbent_without_dates_is_compared_on_the_challengers_own() -> None:
    champion, challenger = models(0.002, (None, "2018-03-01"))
    assert contest(champion, challenger, 0.0, PromoteSettings()).wins


def test_when_a_file_was_fitted() -> None:
    file = FactorFile(metadata={"created_at": "2025-06-09T10:15:30.123456"}, factors={})
    assert fitted_until(file) == np.datetime64("2025-06-09")
    dated = replace(file, provenance={"in_sample_end": "2024-01-31"})
    assert fitted_until(dated) == np.datetime64("2024-01-31")
    assert fitted_until(FactorFile(metadata={"created_at": "long ago"}, factors={})) is None


def test_chance_of_a_win_without_a_difference_is_the_level() -> None:
    """Of 300 series with a mean of just the margin about a tenth win at level 0.1."""
    rng = np.random.default_rng(3)
    wins = 0
    for seed in range(300):
        series = rng.normal(0.0, 0.01, 252)
        means = bootstrap_means(series, 5, 500, seed)
        wins += (1 + int(np.sum(means <= 0.0))) / 501 <= 0.1
    assert 15 <= wins <= 50


def test_bootstrap_of_independent_days_has_the_standard_error() -> None:
    series = np.random.default_rng(5).normal(0.0, 1.0, 1000)
    means = bootstrap_means(series, 1, 4000, 0)
    assert means.std() == pytest.approx(series.std() / np.sqrt(1000), rel=0.05)
    assert means.mean() == pytest.approx(series.mean(), abs=0.003)
