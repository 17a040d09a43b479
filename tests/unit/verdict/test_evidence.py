"""The test that adds holdings and scores."""

import math

import numpy as np
import pytest
from scipy import stats

from mech_exo.verdict import evidence, ranking
from tests.unit.verdict.small import small_panel


def drawn(seed: int, skill: float, coefficient: float, blocks: int = 40) -> evidence.Evidence:
    generator = np.random.default_rng(seed)
    common = generator.standard_normal(blocks)
    sums = skill + 0.02 * (0.6 * common + 0.8 * generator.standard_normal(blocks))
    ranks = coefficient + 0.1 * (0.6 * common + 0.8 * generator.standard_normal(blocks))
    daily = np.repeat(sums / 21, 21)
    return evidence.Evidence(daily, daily, sums, ranks)


def test_level_and_power_of_the_joint_test() -> None:
    null = [evidence.skill_test(drawn(s, 0.0, 0.0)).p <= 0.05 for s in range(600)]
    assert np.mean(null) == pytest.approx(0.05, abs=0.025)
    seen = [evidence.skill_test(drawn(s, 0.006, 0.04)).p <= 0.05 for s in range(200)]
    alone = [
        evidence.student_p(evidence.t_statistic(drawn(s, 0.006, 0.04).skill_sums), 40) <= 0.05
        for s in range(200)
    ]
    assert np.mean(seen) > np.mean(alone) + 0.1


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
    assert evidence.skill_test(blind).t == pytest.approx(evidence.t_statistic(full.skill_sums))


def test_gather_cuts_the_days_before_the_first_trade_and_sums_by_block() -> None:
    panel = small_panel(sessions=300)
    holding = ranking.holding_periods(panel, 1)
    rows = np.arange(61, 300)
    benchmark = np.random.default_rng(0).normal(0.0, 0.01, len(rows))
    benchmark[0] = 0.0  # still cash
    returns = benchmark + np.where(rows >= holding.first[0], 0.001, 0.0)
    found = evidence.gather(returns, benchmark, rows, np.zeros(len(holding.first)), holding)
    assert len(found.active) == 300 - 62
    np.testing.assert_allclose(found.active, 0.001)
    assert found.skill_sums.sum() == pytest.approx(found.skill.sum())
    assert len(found.skill_sums) == holding.blocks == len(found.coefficients)
    both = evidence.join([found, found])
    assert evidence.years_of(both) == pytest.approx(2 * evidence.years_of(found))
