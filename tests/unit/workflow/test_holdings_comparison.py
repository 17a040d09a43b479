"""How alike two portfolios are."""

import math

import numpy as np
import pytest

from mech_exo.workflow.holdings_comparison import overlap
from mech_exo.workflow.study_comparison import correlation


def test_overlap_is_what_both_hold_by_what_the_larger_holds() -> None:
    one = np.array([[0.5, 0.5, 0.0], [0.4, 0.4, 0.0]])
    other = np.array([[0.5, 0.0, 0.5], [0.2, 0.2, 0.2]])
    assert overlap(one, one) == 1.0
    assert overlap(one, other) == pytest.approx((0.5 + 0.4 / 0.8) / 2)
    assert overlap(one, other) == overlap(other, one)


def test_a_long_and_a_short_of_one_name_have_nothing_in_common() -> None:
    one = np.array([[0.5, -0.5]])
    assert overlap(one, -one) == 0.0
    assert overlap(one, np.array([[0.5, 0.5]])) == 0.5
    assert overlap(one, 0.5 * one) == 0.5


def test_executions_into_cash_alone_do_not_count() -> None:
    one = np.array([[0.0, 0.0], [1.0, 0.0]])
    assert overlap(one, one) == 1.0
    assert overlap(0.0 * one, 0.0 * one) is None
    assert overlap(one, 0.0 * one) == 0.0


def test_correlation() -> None:
    moves = np.array([0.01, -0.02, 0.03])
    assert correlation(moves, 2.0 * moves + 1.0) == pytest.approx(1.0)
    assert correlation(moves, -moves) == pytest.approx(-1.0)
    assert math.isnan(correlation(moves, np.zeros(3)))
    assert math.isnan(correlation(moves[:1], moves[:1]))
