"""What a run says about how many names were held, and how the last one was chosen."""

import pytest

from mech_exo.backtest.result import Occupancy
from mech_exo.report.result_tables import occupancy_lines
from mech_exo.workflow.figures import Portfolio


def lines(above: int, tied: int) -> list[str]:
    occupancy = Occupancy(positions=20, executions=100, above=above, tied=tied)
    return list(occupancy_lines(Portfolio("trial 3", {}, {}, {}, None, occupancy=occupancy)))


@pytest.mark.parametrize(("above", "tied"), [(0, 0), (2, 10)])
def test_what_is_rare_is_not_worth_a_line(above: int, tied: int) -> None:
    assert lines(above, tied) == []


def test_more_names_than_wanted_and_ties_are_said() -> None:
    assert lines(3, 0) == [
        "note: more than 20 names were held after 3 of 100 executions in sample: names without a "
        "price could not be sold (docs/settings.md)."
    ]
    assert lines(0, 11) == [
        "note: names tied for the last of 20 places at 11 of 100 rebalances in sample: the order "
        "of the symbols decided (docs/conventions.md)."
    ]
    assert len(lines(3, 11)) == 2


def test_the_universe_has_no_places() -> None:
    assert list(occupancy_lines(Portfolio("universe", {}, {}, {}, None))) == []
