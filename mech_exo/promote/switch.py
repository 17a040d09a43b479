"""What changes in the portfolio when another factor file takes over, and what that costs."""

from dataclasses import dataclass

import numpy as np

from mech_exo.portfolio.book import last_book
from mech_exo.portfolio.model import Model
from mech_exo.portfolio.target import decide
from mech_exo.portfolio.transition_costs import trade_scale


@dataclass(frozen=True)
class Move:
    """One name: its share of the portfolio now, and after the switch; below 0: sold short."""

    symbol: str
    held: float
    wanted: float


@dataclass(frozen=True)
class Switch:
    """From the incumbent's model portfolio to the challenger's choice.

    Attributes
    ----------
    date
        Last session of the data: the close at which the incumbent's portfolio stands.
    decided
        Date of the scores behind the challenger's choice, the last decision of the schedule.
    moves
        Names whose share changes, largest change first.
    traded
        Value to be traded, a share of the portfolio.
    cost
        Of those trades, a share of the portfolio.
    """

    date: str
    decided: str
    moves: tuple[Move, ...]
    traded: float
    cost: float


def switch(incumbent: Model | None, challenger: Model) -> Switch:
    """What the switch trades; without an incumbent all is bought from cash.

    The trades pay their own costs, as in the backtest, but for those that depend on the money
    that is traded. All of the challenger's names are traded to their targets.
    """
    panel, rules = challenger.panel, challenger.session.settings.backtest
    row = len(panel.rebalance) - 1
    wanted = decide(panel, challenger.candidate, row, rules).weights
    held = np.zeros(len(wanted)) if incumbent is None else last_book(incumbent).weights
    x = trade_scale(rules.cost, wanted, held)
    moved = np.abs(wanted - held)
    order = [int(n) for n in np.argsort(-moved, kind="stable") if moved[n] > 0.0]
    return Switch(
        date=str(panel.dates[-1]),
        decided=str(panel.dates[panel.rebalance[row]]),
        moves=tuple(Move(panel.symbols[n], float(held[n]), float(wanted[n])) for n in order),
        traded=float(np.abs(wanted * x - held).sum()),
        cost=1.0 - x,
    )
