"""What a run says about how many names were held, and how the last one was chosen."""

from dataclasses import replace

import pytest

from mech_exo.backtest.capacity import Capacity, CapitalPoint
from mech_exo.backtest.result import Occupancy
from mech_exo.report.result_tables import (
    capacity_table,
    occupancy_lines,
    portfolio_lines,
)
from mech_exo.workflow.figures import Portfolio


def lines(above: int, tied: int, empty: int = 0) -> list[str]:
    occupancy = Occupancy(positions=20, executions=100, above=above, tied=tied, empty=empty)
    return list(occupancy_lines(Portfolio("trial 3", {}, {}, {}, None, occupancy=occupancy)))


@pytest.mark.parametrize(("above", "tied"), [(0, 0), (2, 10)])
def test_what_is_rare_is_not_worth_a_line(above: int, tied: int) -> None:
    assert lines(above, tied) == []


def test_more_names_than_wanted_and_ties_are_said() -> None:
    assert lines(3, 0) == [
        "note: more than 20 names were held after 3 of 100 executions in sample: names without a "
        "price could not be sold (`exo docs settings`)."
    ]
    assert lines(0, 11) == [
        "note: names tied for the last of 20 places at 11 of 100 rebalances in sample: the order "
        "of the symbols decided (`exo docs conventions`)."
    ]
    assert len(lines(3, 11)) == 2


def test_a_portfolio_that_was_often_cash_is_said_to_be() -> None:
    assert lines(0, 0, 10) == []
    assert lines(0, 0, 11) == [
        "note: trial 3 held no name at all after 11 of 100 executions in sample: its figures are "
        "in part those of cash."
    ]


def test_the_universe_has_no_places() -> None:
    assert list(occupancy_lines(Portfolio("universe", {}, {}, {}, None))) == []


def test_sides_that_are_not_equal_are_said() -> None:
    def said(apart: float | None) -> list[str]:
        portfolio = Portfolio("trial 3", {}, {}, {}, None, sides_apart=apart)
        return list(portfolio_lines(portfolio, None))

    assert said(None) == said(0.0) == said(0.01) == []
    assert said(0.042) == [
        "note: the long and the short side of trial 3 differ by up to 4.2 % of the portfolio after "
        "a rebalance in sample: no_trade_band, max_adv_share and names that cannot be traded leave "
        "them unequal (`exo docs objective`)."
    ]


def test_a_portfolio_that_lost_everything_is_named() -> None:
    best = Portfolio("trial 3", {}, {}, {"total_return": 0.5}, {"total_return": -1.0})
    kept = Portfolio("factors.yml", {}, {}, {"total_return": -1.0}, None)
    assert list(portfolio_lines(best, kept)) == [
        "note: trial 3 was ruined out of sample: it lost all it was worth.",
        "note: factors.yml was ruined in sample: it lost all it was worth.",
    ]
    assert list(portfolio_lines(replace(best, out_of_sample={"total_return": -0.9}), None)) == []


def test_capacity_says_what_is_left_at_which_capital() -> None:
    points = (CapitalPoint(1e5, 0.09), CapitalPoint(1e9, -0.02))
    title, table = capacity_table(Capacity(1.0, 0.1, 12_345_678.0, points))
    assert title == "Capacity, in sample, impact 1: half is left at about 12,000,000"
    assert [list(column.cells) for column in table.columns] == [
        ["no impact", "100,000", "1,000,000,000"],
        ["10.0 %", "9.0 %", "-2.0 %"],
        ["", "90 %", "-20 %"],
    ]


def test_capacity_of_what_earns_nothing_has_no_half() -> None:
    title, table = capacity_table(Capacity(0.5, -0.01, None, (CapitalPoint(1e5, -0.03),)))
    assert title == "Capacity, in sample, impact 0.5"
    assert list(table.columns[2].cells) == ["", "–"]
