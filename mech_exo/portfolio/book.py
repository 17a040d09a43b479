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
        [N] share of the portfolio, below 0 for what is sold short; 0 where nothing is held.
    growth
        [N] price over the price at the stop's reference; NaN where nothing is held.
    bought
        [N] position in the dates of the first trade of the unbroken holding, on its side; −1: not
        held.
    hit
        [N] whether a stop was hit that is carried out at the next close (`stop_lag: 1`, or a name
        without a price).
    stop_loss
        Loss since the reference at which a position is closed.
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
        """Share that is neither invested nor sold short; below 0: borrowed."""
        return 1.0 - self.gross

    @property
    def gross(self) -> float:
        """What is held and what is sold short, together."""
        return float(np.abs(self.weights).sum())

    @property
    def net(self) -> float:
        """What is held, less what is sold short."""
        return float(self.weights.sum())

    @property
    def short_interest(self) -> float:
        """What is sold short."""
        return float(np.maximum(-self.weights, 0.0).sum())

    @property
    def stop_distance(self) -> FloatArray:
        """[N] fall from today's price, or rise of what is short, at which the stop closes it.

        A fraction; NaN: not held.
        """
        side = np.where(self.weights < 0.0, -1.0, 1.0)
        return side * (1.0 - (1.0 - side * self.stop_loss) / self.growth)


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
    at_once_cost = kernel.rules.cost * float(np.abs(share[at_once]).sum())
    growing = float(np.prod(1.0 + result.returns[begin - result.first + 1 :]))
    value = (1.0 - at_once_cost) * growing
    held = (share != 0.0) & ~gone & (value > 0.0)
    units = share * np.prod(factor[begin + 1 :], axis=0)
    if kernel.rules.impact and held.any():  # of which the stops at once have paid, too
        value = float(np.abs(units[held]).sum() / result.gross_exposure[-1])
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
    hit = np.where(
        share < 0.0, judged >= 1.0 + stop_loss - SLACK, judged <= 1.0 - stop_loss + SLACK
    )
    return Book(weights, growth, bought, hit, stop_loss)


def _first_segment(positions: Positions, executed: IntArray, last: int, name: int) -> int:
    """Segment of the first trade of the holding of `name` that lasts in segment `last`."""
    ends = positions.exit_date[positions.exit_name == name]
    side, first = positions.holdings[last, name], last
    while first > 0 and positions.holdings[first - 1, name] * side > 0.0:
        if ((ends >= executed[first - 1]) & (ends < executed[first])).any():
            break
        first -= 1
    return first
