"""What the model wants to hold after the next close."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.score_table import lay_out
from mech_exo.backtest.selection import Selector
from mech_exo.data.panel import BoolArray, FloatArray, Panel
from mech_exo.data.prices import last_known
from mech_exo.portfolio.book import last_book
from mech_exo.portfolio.model import Model


@dataclass(frozen=True, eq=False)
class Target:
    """What to hold after the close of the session after `date`.

    Attributes
    ----------
    date
        Last session of the data, at whose close everything here is known.
    symbols
        [N] names.
    weights
        [N] wanted share of the portfolio.
    rebalance
        Whether a decision is executed at the next close; if not, the model portfolio is merely
        kept, less what its stops sell.
    decided
        Date of the scores behind the weights.
    prices
        [N] last known close; NaN before the first.
    priced
        [N] whether that close is of `date`.
    """

    date: np.datetime64
    symbols: tuple[str, ...]
    weights: FloatArray
    rebalance: bool
    decided: np.datetime64
    prices: FloatArray
    priced: BoolArray


def decide(panel: Panel, candidate: Candidate, row: int) -> FloatArray:
    """Target weights [N] of the decision at rebalance row `row`, as the backtest chooses them."""
    only = panel.deciding(slice(row, row + 1))
    chosen = np.zeros((1, len(panel.symbols)), dtype=bool)
    number = np.zeros(1, dtype=np.int64)
    Selector(lay_out(only, 1)).choose(candidate, 0, 1, chosen, number)
    weight = min(candidate.position_size_pct, candidate.invested / max(int(number[0]), 1))
    return np.where(chosen[0], weight, 0.0)


def next_target(model: Model) -> Target:
    """The target of the close after the model's last date.

    A decision that falls due then is the target; otherwise it is the model portfolio as it stands
    (names that were stopped are cash until the next rebalance, as in the backtest). With
    `stop_lag: 1`, a position that hit its stop at the last close is not wanted.
    """
    panel, rules = model.panel, model.session.settings.backtest
    due = np.flatnonzero(panel.rebalance + rules.execution_lag == len(panel.dates))
    book = last_book(model)
    if len(due):
        row = int(due[0])
        weights = decide(panel, model.candidate, row)
    else:
        row = len(model.kernel.schedule.executed) - 1
        weights = book.weights.copy()
    weights[book.hit] = 0.0
    close = model.session.market.close
    return Target(
        date=panel.dates[-1],
        symbols=panel.symbols,
        weights=weights,
        rebalance=bool(len(due)),
        decided=panel.dates[panel.rebalance[row]],
        prices=last_known(close)[-1],
        priced=~np.isnan(close[-1]),
    )
