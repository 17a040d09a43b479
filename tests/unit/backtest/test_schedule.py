"""The calendar of decisions and of missing prices, by hand."""

import numpy as np
import pytest

from mech_exo.backtest.grouping import Grouping
from mech_exo.backtest.holdings import Holdings
from mech_exo.backtest.schedule import (
    Schedule,
    Stint,
    check_returns,
    longest_gap,
    plan,
    sessions_without_price,
)
from mech_exo.errors import ExoError
from tests.unit.backtest.markets import panel_of

NAN = float("nan")


def schedule() -> Schedule:
    """Eight sessions around a new year (28 Dec to 8 Jan); executions on 2, 3 and 6."""
    return plan(panel_of(np.zeros((8, 1)), rebalance=[1, 2, 5, 7], start="2018-12-28"), 1)


def test_segments_end_with_the_next_execution_or_the_last_date() -> None:
    found = schedule()
    assert found.executed.tolist() == [2, 3, 6]
    assert found.length.tolist() == [1, 3, 1]
    assert found.first == 2
    assert found.day_segment(0, 3).tolist() == [0, 1, 1, 1, 2]
    assert found.day_segment(1, 2).tolist() == [0, 0, 0]
    assert found.day_segment(2, 3).tolist() == [0]
    assert [found.segments_before(t) for t in (0, 2, 3, 4, 7, 8)] == [0, 0, 1, 2, 3, 3]


def test_checkpoints_are_exclusive_year_ends_behind_the_first_execution() -> None:
    assert schedule().checkpoints.tolist() == [8]  # 2019 begins on 2, where the path begins
    early = plan(panel_of(np.zeros((8, 1)), rebalance=[0], start="2018-12-28"), 1)
    assert early.checkpoints.tolist() == [2, 8]


def test_sessions_without_a_price_are_counted_since_the_last_one() -> None:
    r = np.array([[0.1, NAN, NAN], [NAN, 0.1, NAN], [NAN, NAN, NAN], [0.1, 0.1, NAN]])
    whole = sessions_without_price(r)
    assert whole.T.tolist() == [[0, 1, 2, 0], [-1, 0, 1, 0], [-1] * 4]
    for cut in (1, 2, 3, 4):  # in two parts
        later = sessions_without_price(r[cut:], whole[cut - 1])
        assert later.tolist() == whole[cut:].tolist()


@pytest.mark.parametrize(
    ("some", "gap"),
    [
        ([0, 1, 1, 0, 1], (3, 4)),
        ([1, 0, 0, 1, 0], (1, 3)),
        ([0, 0, 0, 1, 0, 0], (4, 6)),
        ([1, 0, 1, 0], (1, 2)),  # the first of two
    ],
)
def test_the_longest_gap_is_after_the_first_price(some: list[int], gap: tuple[int, int]) -> None:
    assert longest_gap(np.array(some, dtype=bool)) == gap


def test_a_gap_of_as_many_sessions_as_a_delisting_is_stale() -> None:
    r = np.zeros((9, 2))
    r[4:7] = NAN
    check_returns(panel_of(r), 4)
    with pytest.raises(ExoError, match=r"stale, .* from 2018-01-05 to 2018-01-09 \(3 sessions\)"):
        check_returns(panel_of(r), 3)


def test_a_loss_of_all_is_possible_and_no_price_at_all_is_not() -> None:
    check_returns(panel_of(np.full((9, 2), -1.0)), 10)
    with pytest.raises(ExoError, match="no name has a return on any date"):
        check_returns(panel_of(np.full((9, 2), NAN)), 10)
    with pytest.raises(ExoError, match="has a return of -inf"):
        check_returns(panel_of(np.full((9, 2), -np.inf)), 10)


def test_holdings_by_name_with_more_names_than_sixteen_bits_can_number() -> None:
    name = np.array([3, 70_000, 65_537, 3, 4])  # 65 537 is 1 in sixteen bits, 70 000 is 4464
    none = np.zeros(0, dtype=np.int64)
    by_segment = Grouping(np.array([0, 3, 5]))
    links = np.full(5, -1)
    stint = Stint.of(np.array([5, 5]), 0, 2, 1)
    held = Holdings(stint, none, name, name, by_segment, links, links, none, none)
    assert held.by_name.tolist() == [0, 3, 4, 2, 1]
    assert (held.opening, held.closing) == (3, 3)
