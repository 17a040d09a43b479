"""The model portfolio at its last close, from the backtest's own record."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.result import Positions
from mech_exo.backtest.stops import SLACK
from mech_exo.data.panel import BoolArray, FloatArray, IntArray
from mech_exo.portfolio.model import Model


@dataclass(frozen=True, eq=False)
class Book:
    """What is held at the close of the model's last date, drifted and after stops.

    Attributes
    ----------
    weights
        [N] share of the portfolio; 0 where nothing is held.
    growth
        [N] price over the price at the stop's reference; NaN where nothing is held.
    bought
        [N] position in the dates of the first purchase of the unbroken holding; −1: not held.
    hit
        [N] whether a stop was hit that is carried out at the next close (`stop_lag: 1`, or a name
        without a price).
    stop_loss
        Loss since the reference at which a position is sold.
    """

    weights: FloatArray
    growth: FloatArray
    bought: IntArray
    hit: BoolArray
    stop_loss: float

    @property
    def held(self) -> BoolArray:
        """[N] whether a name is held."""
        return self.bought >= 0

    @property
    def cash(self) -> float:
        """Share that is not invested."""
        return 1.0 - float(self.weights.sum())

    @property
    def stop_distance(self) -> FloatArray:
        """[N] fall from today's price at which the stop sells, a fraction; NaN: not held."""
        return 1.0 - (1.0 - self.stop_loss) / self.growth


def last_book(model: Model) -> Book:
    """The book at the last date of the model's data."""
    kernel, result = model.kernel, model.result
    executed, positions = kernel.schedule.executed, result.positions
    last = len(executed) - 1
    begin = int(executed[last])
    factor = np.where(np.isfinite(model.panel.returns), 1.0 + model.panel.returns, 1.0)
    share = positions.holdings[last]
    exits = positions.exit_date + result.first
    gone = np.zeros(len(share), dtype=bool)
    gone[positions.exit_name[exits >= begin]] = True
    at_once = positions.exit_name[(exits == begin)]
    value = (1.0 - kernel.rules.cost * float(share[at_once].sum())) * float(
        np.prod(1.0 + result.returns[begin - result.first + 1 :])
    )
    held = (share > 0.0) & ~gone & (value > 0.0)
    units = share * np.prod(factor[begin + 1 :], axis=0)
    bought = np.full(len(share), -1, dtype=np.int64)
    growth, judged = np.full(len(share), np.nan), np.full(len(share), np.nan)
    for n in np.flatnonzero(held).tolist():
        first = _first_segment(positions, executed - result.first, last, n)
        bought[n] = executed[first]
        references = executed[first : first + 1]
        if kernel.rules.stop_reference == "rebalance":
            priced = np.isfinite(model.panel.returns[executed[first : last + 1], n])
            references = executed[first : last + 1][priced]
        growth[n] = np.prod(factor[int(references[-1]) + 1 :, n])
        # an execution at the last close moves the reference only after the stops were judged
        earlier = references[references < len(factor) - 1]
        if len(earlier):
            judged[n] = np.prod(factor[int(earlier[-1]) + 1 :, n])
    weights = np.divide(units, value, out=np.zeros_like(units), where=held)
    stop_loss = model.candidate.stop_loss_pct
    return Book(weights, growth, bought, judged <= 1.0 - stop_loss + SLACK, stop_loss)


def _first_segment(positions: Positions, executed: IntArray, last: int, name: int) -> int:
    """Segment of the first purchase of the holding of `name` that lasts in segment `last`."""
    ends = positions.exit_date[positions.exit_name == name]
    first = last
    while first > 0 and positions.holdings[first - 1, name] > 0.0:
        if ((ends >= executed[first - 1]) & (ends < executed[first])).any():
            break
        first -= 1
    return first
