"""The list of orders from the current positions to a target."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mech_exo.backtest.settlement import NOTHING
from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError
from mech_exo.portfolio.order_sizes import TOO_MUCH, Sizing, sized, values
from mech_exo.portfolio.positions_file import Current
from mech_exo.portfolio.target import Target

OrderSide = Literal["buy", "sell", "sell short", "buy to cover", ""]


@dataclass(frozen=True)
class Line:
    """One name: what is wanted, what is held, and the order between the two.

    A name that goes from one side to the other has two lines: the first closes what is held, the
    second, which begins from nothing, opens the other side.

    Attributes
    ----------
    side
        `sell short` opens or adds to a short position, `buy to cover` closes some of one.
    order, current, target
        Signed number of shares ordered, held before and held after; an order of 0: none.
    price
        Last known close, at which everything is valued.
    value, cost
        Of the order, both at least 0.
    target_weight, weight
        Wanted share of the portfolio, and the share after the order; below 0 for a short.
    remark
        Why there is no order where one might be expected.
    """

    symbol: str
    side: OrderSide
    order: float
    price: float
    value: float
    cost: float
    current: float
    target: float
    target_weight: float
    weight: float
    remark: str = ""


@dataclass(frozen=True)
class OrderList:
    """All names wanted or held.

    Attributes
    ----------
    capital
        Value of the portfolio before trading.
    invested
        Value of the current positions, less that of what is short.
    cash
        After trading and its costs.
    """

    lines: tuple[Line, ...]
    capital: float
    invested: float
    cash: float
    traded: float
    cost: float

    @property
    def orders(self) -> tuple[Line, ...]:
        """The lines that trade."""
        return tuple(line for line in self.lines if line.side)


def order_list(target: Target, current: Current, sizing: Sizing) -> OrderList:
    """The orders that lead to the target, valued at the last closes.

    As in the backtest: the trades pay their own costs; a name without a price at the last session
    is neither bought nor sold, and what is held of it is set aside. Whole shares are rounded toward
    0, so the orders never cost more than there is. A decision divides what can be traded; the model
    portfolio that stands between two is of the whole, and a position within one share of it stays
    as it is.

    Raises
    ------
    ExoError
        If there is no capital, or less than closing what is held costs, or a held name has never
        had a price.
    """
    held_value = values(target, current)
    with np.errstate(over="ignore"):
        invested = float(held_value.sum())
    capital = _capital(sizing, current, held_value, invested)
    liquid = capital - float(held_value[~target.priced].sum())
    if not liquid > NOTHING * capital:
        raise ExoError(
            f"the capital of {capital:,.2f} is all in names without a price on {target.date}."
        )
    order, remarks = sized(target, current, sizing, capital, liquid)
    return _listed(target, current, order, remarks, capital, invested, sizing)


def _capital(sizing: Sizing, current: Current, held: FloatArray, invested: float) -> float:
    if sizing.capital is None:
        capital = invested + (current.cash or 0.0)
    elif current.cash is not None:
        raise ExoError(
            "the capital is given, and the current positions have a row CASH.",
            hint="Leave out one of the two.",
        )
    else:
        capital = sizing.capital
    if sizing.capital is not None and not 0.0 < capital < TOO_MUCH:
        raise ExoError(f"the capital is {capital:g}, must be above 0 and below {TOO_MUCH:g}.")
    with np.errstate(over="ignore"):
        gross = float(np.abs(held).sum())
    worth = max(capital, gross) if gross >= TOO_MUCH else capital
    if not 0.0 < worth < TOO_MUCH:
        raise ExoError(
            f"the current positions are worth {worth:g}: nothing that could be invested.",
            hint="Check them." if gross >= TOO_MUCH else "Check them, or give --capital.",
        )
    return capital


def _listed(
    target: Target,
    current: Current,
    order: FloatArray,
    remarks: dict[int, str],
    capital: float,
    invested: float,
    sizing: Sizing,
) -> OrderList:
    value = np.where(order == 0.0, 0.0, np.abs(order) * np.nan_to_num(target.prices))
    cost = sizing.costs(value, target)
    after = current.shares + order
    worth = np.where(after == 0.0, 0.0, after * np.nan_to_num(target.prices))
    left_over = capital - invested - float(np.sum(np.sign(order) * value)) - float(cost.sum())
    total = left_over + float(worth.sum())
    shown = np.flatnonzero((target.weights != 0.0) | (current.shares != 0.0)).tolist()
    shown.sort(key=lambda n: _place(target, current, n))
    lines = (
        Line(
            symbol=target.symbols[n],
            side="",
            order=float(order[n]),
            price=float(target.prices[n]),
            value=float(value[n]),
            cost=float(cost[n]),
            current=float(current.shares[n]),
            target=float(after[n]),
            target_weight=float(target.weights[n]),
            weight=float(worth[n]) / total,
            remark=remarks.get(n, ""),
        )
        for n in shown
    )
    orders = tuple(part for line in lines for part in _by_side(line))
    traded, paid = float(value.sum()), float(cost.sum())
    return OrderList(orders, capital, invested, left_over, traded, paid)


def _place(target: Target, current: Current, n: int) -> tuple[bool, float, str]:
    """Where a name stands in the list: longs first, and on each side the largest target."""
    weight = float(target.weights[n])
    short = weight < 0.0 or (weight == 0.0 and current.shares[n] < 0.0)
    return short, -abs(weight), target.symbols[n]


def _by_side(line: Line) -> tuple[Line, ...]:
    """The orders of one name as a broker takes them: closing one side, opening the other."""
    held, order = line.current, line.order
    if held * order >= 0.0 or abs(order) <= abs(held):
        return (replace(line, side=_side(held, order)),)
    part = -held / order
    closing = replace(
        line,
        side=_side(held, order),
        order=-held,
        value=line.value * part,
        cost=line.cost * part,
        target=0.0,
        weight=0.0,
    )
    opening = replace(
        line,
        side=_side(0.0, order),
        order=line.target,
        value=line.value - closing.value,
        cost=line.cost - closing.cost,
        current=0.0,
    )
    return closing, opening


def _side(held: float, order: float) -> OrderSide:
    if order == 0.0:
        return ""
    if order > 0.0:
        return "buy to cover" if held < 0.0 else "buy"
    return "sell" if held > 0.0 else "sell short"
