"""How often more than n names are held, and how often a tie decides: figures by hand."""

from typing import Any

import numpy as np

from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.result import Occupancy
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import Panel
from tests.unit.backtest.comparison import agree, candidate
from tests.unit.backtest.markets import panel_of, random_panel

NAN = float("nan")
FREE = BacktestSettings(commission_bps=0.0, slippage_bps=0.0)


def scores(*rows: list[float]) -> Any:
    return np.array(rows)[:, :, None]


def occupancy(panel: Panel, *weights: float, **limits: float) -> Occupancy:
    return agree(panel, FREE, candidate(*weights, **limits)).occupancy


def test_twice_as_many_names_where_every_sale_is_blocked() -> None:
    r = np.zeros((22, 4))
    r[7, :2] = NAN  # executions on 2, 7, 12, 17; names 0 and 1 are to be sold on 7
    z = scores([2, 1, 0, 0], [0, 0, 2, 1], [0, 0, 2, 1], [0, 0, 2, 1])
    panel = panel_of(r, z, [1, 6, 11, 16])
    result = agree(panel, FREE, candidate(cash=0.5))
    assert np.count_nonzero(result.holdings, axis=1).tolist() == [2, 4, 2, 2]
    assert result.holdings[1].tolist() == [0.25, 0.25, 0.125, 0.125]  # the half that is left
    assert result.occupancy == Occupancy(positions=2, executions=4, above=1, tied=0, empty=0)


def test_more_than_twice_where_sales_stay_blocked() -> None:
    r = np.zeros((9, 4))
    for name, day in enumerate((3, 4, 5)):  # executions on 2, 3, 4, 5, 6
        r[day:7, name] = NAN
    z = scores(*(np.roll([1, 0, 0, 0], k).tolist() for k in (0, 1, 2, 3, 3)))
    result = agree(panel_of(r, z, [1, 2, 3, 4, 5]), FREE, candidate(cash=0.5, size=0.5))
    assert np.count_nonzero(result.holdings, axis=1).tolist() == [1, 2, 3, 4, 4]
    assert (result.exposure <= 1.0).all()
    assert result.occupancy.above == 4


def test_a_tie_counts_only_at_the_last_place() -> None:
    z = scores(
        [3, 2, 1, 0],  # none
        [3, 3, 1, 0],  # both are in
        [3, 2, 2, 0],  # one of two
        [3, 1, 0, 0],  # both are out
        [1, 1, 1, 1],  # two of four
        [NAN, NAN, 1, 1],  # two ranked, two places
        [NAN, 1, 1, 1],
        [NAN, NAN, NAN, 1],
    )
    panel = panel_of(np.zeros((20, 4)), z, np.arange(1, 9) * 2)
    assert occupancy(panel, cash=0.5) == Occupancy(
        positions=2, executions=8, above=0, tied=3, empty=0
    )


def test_ties_are_those_of_the_grid() -> None:
    near, far = 2.0**-31 * 0.9, 2.0**-30
    z = scores([1, 0, 0], [1, near, 0], [1, far, 0])
    panel = panel_of(np.zeros((12, 3)), z, [1, 4, 7])
    assert occupancy(panel, 7e-200, cash=0.5).tied == 2


def test_nothing_ranked_or_wanted_or_left_over_is_no_tie() -> None:
    panel = panel_of(np.zeros((20, 4)), np.zeros((4, 1)))
    assert occupancy(panel, 0.0).tied == 0
    assert occupancy(panel, cash=1.0) == Occupancy(0, 4, 0, 0, 4)
    assert occupancy(panel, cash=0.0).tied == 0  # four of four
    assert occupancy(panel, cash=0.0, size=0.2).tied == 0
    assert occupancy(panel, cash=0.25).tied == 4


def test_a_run_that_is_cut_off_counts_its_own_executions() -> None:
    panel = random_panel(3, 700, 20, every=5, ties=True)
    kernel = Kernel(panel, BacktestSettings())
    proposal = candidate(1.0, -0.4, 0.2)
    whole = kernel.run(proposal)
    part = kernel.run(proposal, lambda step, _: step == 0)
    executions = len(part.traded)
    tied = np.flatnonzero(kernel._selector.tied(proposal))
    assert len(tied) > np.count_nonzero(tied < executions) > 0
    assert part.occupancy.tied == np.count_nonzero(tied < executions)
    assert whole.occupancy.tied == len(tied)
    assert part.occupancy.executions == executions < whole.occupancy.executions
