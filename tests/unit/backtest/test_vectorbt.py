"""The account against vectorbt's: the same orders cost and earn the same."""

import warnings

import numpy as np
import pandas as pd
import pytest

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.kernel import Kernel
from mech_exo.backtest.result import BacktestResult
from mech_exo.config.settings import BacktestSettings
from mech_exo.data.panel import FloatArray, Panel
from tests.unit.backtest.markets import random_panel

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import vectorbt


def orders(panel: Panel, kernel: Kernel, result: BacktestResult, cost: float) -> FloatArray:
    """Orders [2·days, N] as shares w·x of the value before trading; NaN: none.

    Each date has two rows, for the rebalance and for the stops after it.
    """
    days = len(result.returns)
    executed = (kernel.schedule.executed - result.first).tolist()
    p = result.positions
    sizes = np.full((2 * days, len(panel.symbols)), np.nan)
    held, cash = np.zeros(len(panel.symbols)), 1.0
    for day in range(days):
        held = held * (1.0 + panel.returns[result.first + day])
        stopped = p.exit_name[p.exit_date == day]
        if day in executed:
            w = result.holdings[executed.index(day)]
            before = cash + held.sum()
            value = float(np.prod(1.0 + result.returns[: day + 1]))
            x = value / (1.0 - cost * w[stopped].sum()) / before
            sizes[2 * day] = w * x
            held = w * x * before
            cash = x * before - held.sum()
        sizes[2 * day + 1, stopped] = 0.0
        cash += held[stopped].sum() * (1.0 - cost)
        held[stopped] = 0.0
    return sizes


@pytest.mark.slow
@pytest.mark.parametrize("bps", [10.0, 50.0])
@pytest.mark.parametrize("reference", ["entry", "rebalance"])
@pytest.mark.parametrize("every", [1, 5, 21])
def test_same_value_every_day(every: int, reference: str, bps: float) -> None:
    panel = random_panel(11, 300, 20, every=every, holes=0.0, delistings=0, volatility=0.015)
    rules = BacktestSettings(
        stop_reference=reference,  # type: ignore[arg-type]
        commission_bps=bps,
        slippage_bps=0.0,
    )
    kernel = Kernel(panel, rules)
    result = kernel.run(Candidate(np.array([1.0, -0.4, 0.2]), 0.1, 0.07, 0.15))
    assert "stop" in result.positions.exit_reason

    returns = panel.returns[result.first :].copy()
    returns[0] = 0.0  # prices begin at the close of the first execution
    close = np.repeat(np.cumprod(1.0 + returns, axis=0), 2, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        portfolio = vectorbt.Portfolio.from_orders(
            pd.DataFrame(close),
            size=orders(panel, kernel, result, rules.cost),
            size_type="targetpercent",
            fees=rules.cost,
            cash_sharing=True,
            group_by=True,
            call_seq="auto",
            init_cash=1.0,
            freq="1D",
        )
        value = np.asarray(portfolio.value())[1::2]
    ours = np.cumprod(1.0 + result.returns)
    np.testing.assert_allclose(value, ours, rtol=1e-9, atol=0)
