"""The test that adds holdings and scores."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from mech_exo.data.panel import FloatArray
from mech_exo.verdict import evidence, ranking
from tests.unit.verdict.small import small_panel


@dataclass(frozen=True)
class Ran:
    """A backtest's path."""

    first: int
    returns: FloatArray


def drawn(seed: int, skill: float, coefficient: float, blocks: int = 40) -> evidence.Evidence:
    generator = np.random.default_rng(seed)
    common = generator.standard_normal(blocks)
    sums = skill + 0.02 * (0.6 * common + 0.8 * generator.standard_normal(blocks))
    ranks = coefficient + 0.1 * (0.6 * common + 0.8 * generator.standard_normal(blocks))
    daily = np.repeat(sums / 21, 21)
    return evidence.Evidence(daily, daily, sums, ranks)


def test_level_and_power_of_the_test() -> None:
    null = [evidence.skill_test(drawn(s, 0.0, 0.0)).p <= 0.05 for s in range(600)]
    assert np.mean(null) == pytest.approx(0.05, abs=0.025)
    seen = [evidence.skill_test(drawn(s, 0.006, 0.04)).p <= 0.05 for s in range(200)]
    alone = [
        evidence.student_p(evidence.t_statistic(drawn(s, 0.006, 0.04).skill_sums), 40) <= 0.05
        for s in range(200)
    ]
    assert np.mean(seen) > np.mean(alone) + 0.1


def test_blocks_that_depend_on_each_other_count_for_less() -> None:
    generator = np.random.default_rng(4)
    wandering = generator.standard_normal((600, 60)) * 0.1
    for b in range(1, 60):
        wandering[:, b] = 0.5 * wandering[:, b - 1] + wandering[:, b]
    plain, robust = (
        np.mean([evidence.student_p(t(row), 60) <= 0.05 for row in wandering])
        for t in (evidence.t_statistic, evidence.robust_t)
    )
    assert plain > 0.14
    assert robust < plain - 0.04


def test_alternating_blocks_are_no_surer_than_independent_ones() -> None:
    values = 0.2 + np.tile([0.1, -0.1], 20)
    assert evidence.robust_t(values) == pytest.approx(evidence.t_statistic(values))
    assert evidence.robust_t(-values) == pytest.approx(-evidence.t_statistic(values))
    assert math.isnan(evidence.robust_t(np.ones(9)))
    assert math.isnan(evidence.robust_t(np.ones(1)))


def test_autocorrelation_by_hand() -> None:
    assert evidence.autocorrelation(np.array([1.0, 2.0, 3.0])) == pytest.approx(0.0)
    assert evidence.autocorrelation(np.array([1.0, -1.0, 1.0, -1.0])) == pytest.approx(-0.75)
    assert math.isnan(evidence.autocorrelation(np.ones(5)))
    assert math.isnan(evidence.autocorrelation(np.ones(2)))


def test_t_and_p_equal_scipy() -> None:
    values = np.random.default_rng(1).normal(0.3, 1.0, 25)
    expected = stats.ttest_1samp(values, 0.0, alternative="greater")
    t = evidence.t_statistic(values)
    assert t == pytest.approx(expected.statistic)
    assert evidence.student_p(t, 25) == pytest.approx(expected.pvalue)


def test_nothing_to_judge_is_no_evidence() -> None:
    flat = evidence.Evidence(np.zeros(9), np.zeros(9), np.zeros(3), np.full(3, np.nan))
    test = evidence.skill_test(flat)
    assert test.p == 1.0
    assert math.isnan(test.coefficient)
    assert evidence.student_p(3.0, 2) == 1.0


def test_missing_coefficients_leave_the_holdings_to_decide() -> None:
    full = drawn(3, 0.01, 0.0)
    blind = evidence.Evidence(
        full.active, full.skill, full.skill_sums, np.full(len(full.skill_sums), np.nan)
    )
    assert evidence.skill_test(blind).t == pytest.approx(evidence.robust_t(full.skill_sums))
    half = full.coefficients.copy()
    half[::2] = np.nan
    some = evidence.Evidence(full.active, full.skill, full.skill_sums, half)
    assert evidence.skill_test(some).blocks == 20
    assert evidence.skill_test(some).t == pytest.approx(evidence.robust_t(half[1::2]))


def test_gather_cuts_the_days_before_the_first_trade_and_sums_by_block() -> None:
    panel = small_panel(sessions=300)
    holding = ranking.holding_periods(panel, 1)
    rows = np.arange(61, 300)
    benchmark = np.random.default_rng(0).normal(0.0, 0.01, len(rows))
    benchmark[0] = 0.0  # still cash
    returns = benchmark + np.where(rows >= holding.first[0], 0.001, 0.0)
    path = Ran(int(rows[0]), returns)
    found = evidence.gather(path, benchmark, panel.dates, np.zeros(len(holding.first)), holding)
    assert (found.days == panel.dates[holding.first[:1]][0]).sum() == 1
    assert len(found.active) == 300 - 62
    np.testing.assert_allclose(found.active, 0.001)
    assert found.skill_sums.sum() == pytest.approx(found.skill.sum())
    assert len(found.skill_sums) == holding.blocks == len(found.coefficients)
    both = evidence.join([found, found])
    assert evidence.years_of(both) == pytest.approx(2 * evidence.years_of(found))
