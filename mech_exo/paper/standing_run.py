"""The backtest of a ledger's dates, started as the ledger was."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mech_exo.backtest.depth import Depth
from mech_exo.backtest.kernel import Kernel

if TYPE_CHECKING:
    from mech_exo.backtest.result import BacktestResult
    from mech_exo.data.panel import Panel
    from mech_exo.portfolio.model import Model


def standing_run(model: "Model", start: int, stop: int, capital: float) -> "BacktestResult":
    """The backtest of dates `start` to `stop`, whose first decision is the one standing at `start`.

    Decisions are those of the whole backtest, which may depend on earlier ones and look back
    beyond `start`.

    Parameters
    ----------
    capital
        Money at the start, on which the impact of trading depends.
    """
    panel, rules, candidate = model.panel, model.session.settings.backtest, model.candidate
    standing = standing_panel(panel, start, stop)
    known = model.kernel.decisions
    if known is None:
        return model.kernel_on(standing).run(candidate)
    kernel = Kernel(standing, replace(rules, capital=capital))
    first = _standing_rows(panel, start, stop).start
    decisions = slice(first, first + len(kernel.schedule.executed))
    year = np.sqrt(known.periods_per_year)
    depth = Depth.of(known.volatility / year, known.adv)
    filled = replace(known, volatility=depth.volatility * year, adv=depth.adv)
    kernel.decisions = filled.on(decisions)
    return kernel.run_targets(model.kernel.legs.targets(candidate)[decisions], candidate)


def standing_panel(panel: "Panel", start: int, stop: int) -> "Panel":
    """The panel of dates `start` to `stop`, whose first decision is the one standing at `start`.

    That is how a ledger opens: with the scores of the last rebalance date up to then.
    """
    rows = _standing_rows(panel, start, stop)
    return replace(
        panel,
        dates=panel.dates[start:stop],
        returns=panel.returns[start:stop],
        past=panel.until(start),
        rebalance=np.maximum(panel.rebalance[rows] - start, 0),
        **panel.of_rebalances(rows),
    )


def _standing_rows(panel: "Panel", start: int, stop: int) -> slice:
    row = int(np.searchsorted(panel.rebalance, start, side="right")) - 1
    return slice(max(row, 0), int(np.searchsorted(panel.rebalance, stop)))
