"""Holding periods, market model and coefficients by hand."""

import math

import numpy as np
import pytest

from mech_exo.verdict import ranking
from mech_exo.verdict.ranking import HoldingPeriod
from tests.unit.verdict.small import small_panel


def periods(sessions: int, step: int, lag: int = 1) -> HoldingPeriod:
    return ranking.holding_periods(small_panel(sessions=sessions, step=step), lag)


def test_blocks_by_hand() -> None:
    # decisions at 60, 70, …; first returns at 62, 72, …: 62 + 21 is reached at 92, then at 122
    holding = periods(146, 10)
    assert holding.first.tolist() == [62, 72, 82, 92, 102, 112, 122, 132, 142]
    assert holding.last.tolist() == [72, 82, 92, 102, 112, 122, 132, 142, 146]
    assert holding.block.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]  # 122 to 146: 24 sessions
    assert holding.blocks == 3


@pytest.mark.parametrize(
    ("sessions", "blocks"),
    [
        (143, [0, 0, 0, 1, 1, 1, 2, 2, 2]),  # 122 to 143: 21 sessions
        (142, [0, 0, 0, 1, 1, 1, 1, 1]),  # 20: it joins the one before
    ],
)
def test_a_last_block_of_21_sessions_stands_and_of_20_does_not(
    sessions: int, blocks: list[int]
) -> None:
    assert periods(sessions, 10).block.tolist() == blocks


def test_a_period_of_21_sessions_is_a_block_and_of_20_is_none() -> None:
    assert periods(125, 21).block.tolist() == [0, 1, 2]  # 62, 83, 104 to 125
    assert periods(122, 20).block.tolist() == [0, 0, 0]  # 62, 82, 102 to 122: 40 and 20


def test_only_block_is_kept_however_short() -> None:
    holding = periods(70, 21)  # 62 to 70
    assert (holding.first.tolist(), holding.last.tolist()) == ([62], [70])
    assert holding.block.tolist() == [0]
    assert holding.blocks == 1


def test_a_trade_at_the_last_close_holds_nothing() -> None:
    assert periods(63, 21).first.tolist() == [62]
    assert periods(62, 21).first.tolist() == []
    assert periods(64, 21, lag=2).first.tolist() == [63]


def test_market_model_by_hand() -> None:
    # two names: r₁ = 1.5·m and r₂ = ½·m about the mean m; the market is their mean
    m = np.where(np.arange(60) % 2, 0.02, -0.01)
    returns = np.column_stack([1.5 * m, 0.5 * m])
    common, residual = ranking.market_model(returns)
    np.testing.assert_allclose(common, returns, rtol=1e-14)
    np.testing.assert_allclose(residual, 0.0, atol=1e-16)


def test_a_constant_on_top_is_residual_and_does_not_move_the_slope() -> None:
    m = np.where(np.arange(60) % 2, 0.02, -0.01)
    returns = np.column_stack([1.5 * m + 0.01, 0.5 * m - 0.01])
    common, residual = ranking.market_model(returns)
    np.testing.assert_allclose(common[:, 0], 1.5 * m, atol=1e-16)
    np.testing.assert_allclose(residual[:, 0], 0.01, atol=1e-16)
    np.testing.assert_allclose(residual[:, 1], -0.01, atol=1e-16)


def test_the_market_is_the_mean_of_the_names_that_day() -> None:
    returns = np.full((61, 3), np.nan)
    returns[:60] = np.where(np.arange(60) % 2, 0.02, -0.01)[:, None] * np.array([0.5, 1.0, 1.5])
    returns[0] = [0.03, np.nan, 0.06]
    common, residual = ranking.market_model(returns)
    slope = np.polyfit(np.nanmean(returns[:60], axis=1), returns[:60, 0], 1)[0]
    assert common[0, 0] == pytest.approx(slope * 0.045, rel=1e-12)
    assert common[60, 0] == 0.0  # nobody traded
    returns[60, 2] = 0.04  # the market of that day
    assert ranking.market_model(returns)[0][60, 1] == pytest.approx(0.04, rel=1e-12)
    assert math.isnan(residual[0, 1])
    own = np.arange(60) != 0
    of_own_days = np.polyfit(np.nanmean(returns[:60], axis=1)[own], returns[:60, 1][own], 1)[0]
    # 59 days of its own are too few
    assert common[1, 1] == pytest.approx(np.nanmean(returns[1]), rel=1e-12)
    assert of_own_days == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(("days", "estimated"), [(60, True), (59, False)])
def test_sixty_sessions_are_a_history(days: int, estimated: bool) -> None:
    m = np.where(np.arange(days) % 2, 0.02, -0.01)
    returns = np.column_stack([1.5 * m, 0.5 * m])
    common, residual = ranking.market_model(returns)
    np.testing.assert_allclose(common[:, 0] / m, 1.5 if estimated else 1.0, rtol=1e-12)
    risk = ranking.own_risk(np.column_stack([np.full(days, 0.1), residual[:, 0]]))
    if estimated:
        assert risk[0] == pytest.approx(0.1, rel=1e-12)
    else:
        assert math.isnan(risk[0])


def test_a_flat_market_has_no_slope() -> None:
    moves = np.where(np.arange(60) % 2, 0.01, -0.01)
    common, _ = ranking.market_model(np.column_stack([moves + 0.001, -moves + 0.001]))
    np.testing.assert_allclose(common, 0.001, rtol=1e-9)  # beta 1


def test_a_slope_is_estimated_on_a_market_that_hardly_moves() -> None:
    # Σ(m − m̄)² = 60·σ²: 60·(1.32e-10)² = 1.05e-18 is enough, 60·(1.25e-10)² = 0.94e-18 is not
    for size, beta in ((1.32e-10, 1.5), (1.25e-10, 1.0)):
        m = np.where(np.arange(60) % 2, size, -size)
        common, _ = ranking.market_model(np.column_stack([1.5 * m, 0.5 * m]))
        np.testing.assert_allclose(common[:, 0] / m, beta, rtol=1e-6)


def test_own_risk_by_hand() -> None:
    residual = np.full((80, 4), np.nan)
    residual[:60, 0] = np.where(np.arange(60) % 2, 0.03, -0.04)  # √((0.0009 + 0.0016)/2)
    residual[:, 1] = 0.02  # about 0, not about its mean
    residual[:, 2] = 1.05e-12
    risk = ranking.own_risk(residual)
    assert risk[:3] == pytest.approx([math.sqrt(0.00125), 0.02, 1.05e-12], rel=1e-9)
    assert math.isnan(risk[3])
    assert np.isnan(ranking.own_risk(np.full((80, 1), 0.95e-12))).all()


def test_outcomes_by_hand() -> None:
    residual = np.array(
        [[9.0, 9.0, 9.0], [1.0, np.nan, 9.0], [2.0, np.nan, 9.0], [4.0, 3.0, np.nan], [5.0] * 3]
    )
    holding = HoldingPeriod(np.array([1, 3]), np.array([3, 5]), np.array([0, 0]))
    found = ranking.period_outcomes(residual, np.array([0.5, 3.0, 2.0]), holding)
    np.testing.assert_array_equal(found, [[6.0, np.nan, 9.0], [18.0, 8.0 / 3.0, 2.5]])
    # (1 + 2)/½, no return, (9 + 9)/2; (4 + 5)/½, (3 + 5)/3, 5/2 of the only day
    without = ranking.period_outcomes(residual, np.array([0.5, np.nan, 2.0]), holding)
    assert np.isnan(without[:, 1]).all()


def test_coefficient_by_hand() -> None:
    # scores −3, −2, −1, 0, 6 about their mean 4; ranks −2 … 2: 20/√(50·10)
    scores = np.array([[1.0, 2.0, np.nan, 3.0, 4.0, 10.0, 7.0]])
    outcomes = np.array([[-9.0, -1.0, 5.0, 0.0, 0.5, 800.0, np.nan]])
    found = ranking.information_coefficients(scores, outcomes)
    assert found[0] == pytest.approx(20.0 / math.sqrt(500.0), rel=1e-14)


def test_equal_outcomes_keep_the_order_of_the_names() -> None:
    scores = np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    found = ranking.information_coefficients(scores, np.zeros((1, 5)))
    assert found[0] == pytest.approx(1.0, rel=1e-14)


def test_five_names_have_a_coefficient_and_four_have_none() -> None:
    scores = np.array([[1.0, 2.0, 3.0, 4.0, 5.0], [1.0, 2.0, 3.0, 4.0, np.nan]])
    outcomes = -np.array([[1.0, 2.0, 3.0, 4.0, 5.0]] * 2)
    found = ranking.information_coefficients(scores, outcomes)
    assert found[0] == pytest.approx(-1.0, rel=1e-14)
    assert math.isnan(found[1])


@pytest.mark.parametrize(("spread", "known"), [(1.05e-13, True), (0.95e-13, False), (0.0, False)])
def test_scores_that_hardly_differ_have_no_coefficient(spread: float, known: bool) -> None:
    # scale = √(10·spread²·10) = 10·spread, known above 1e-12
    scores = spread * np.array([[0.0, 1.0, 2.0, 3.0, 4.0]])
    found = ranking.information_coefficients(scores, np.array([[0.0, 1.0, 2.0, 3.0, 4.0]]))
    assert bool(np.isfinite(found[0])) is known


def test_block_means_by_hand() -> None:
    values = np.array([1.0, 2.0, np.nan, 4.0, -6.0, np.nan, 7.0])
    means = ranking.block_means(values, np.array([0, 0, 0, 1, 1, 2, 3]))
    np.testing.assert_array_equal(means, [1.5, -1.0, np.nan, 7.0])
    assert ranking.block_means(np.array([]), np.array([], dtype=np.int64)).shape == (0,)
