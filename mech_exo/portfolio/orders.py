"""The list of orders from the current positions to a target."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mech_exo.backtest.settlement import NOTHING
from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError
from mech_exo.portfolio.positions_file import Current
from mech_exo.portfolio.target import Target
from mech_exo.portfolio.transition_costs import trade_scale

WHOLE = 1e-9  # of a share; a quotient this close to the next whole number is that number
TOO_MUCH = 1e15  # money; cents are lost in rounding beyond
MIN_TRADE = 0.001  # of the capital: what drift and rounding alone may ask for


@dataclass(frozen=True, kw_only=True)
class Sizing:
    """How orders are sized.

    Attributes
    ----------
    capital
        Value of the whole portfolio, cash included; None: what the positions and the file's cash
        are worth.
    min_trade
        Orders of less value are left out, unless they close a position; None: `MIN_TRADE` of the
        capital.
    fractional
        Shares may be fractions.
    cost
        Of one unit of value traded.
    """

    capital: float | None = None
    min_trade: float | None = None
    fractional: bool = False
    cost: float = 0.0


@dataclass(frozen=True)
class Line:
    """One name: what is wanted, what is held, and the order between the two.

    Attributes
    ----------
    order
        Signed number of shares; 0: none.
    price
        Last known close, at which everything is valued.
    value, cost
        Of the order, both at least 0.
    target_weight, weight
        Wanted share of the portfolio, and the share after the order.
    remark
        Why there is no order where one might be expected.
    """

    symbol: str
    side: Literal["buy", "sell", ""]
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
        Value of the current positions.
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
    is neither bought nor sold, and what is held of it is set aside. Whole shares are rounded down,
    so the orders never cost more than there is. A decision divides what can be traded; the model
    portfolio that stands between two is of the whole, and a position within one share of it stays
    as it is.

    Raises
    ------
    ExoError
        If there is no capital, or less than selling what is held costs, or a held name has never
        had a price.
    """
    held_value = _value(target, current)
    with np.errstate(over="ignore"):
        invested = float(held_value.sum())
    capital = _capital(sizing, current, invested)
    liquid = capital - float(held_value[~target.priced].sum())
    if not liquid > NOTHING * capital:
        raise ExoError(
            f"the capital of {capital:,.2f} is all in names without a price on {target.date}."
        )
    prices = np.where(target.prices > 0.0, target.prices, 1.0)
    exact = _exact(target, current, capital, liquid, sizing)
    least = MIN_TRADE * capital if sizing.min_trade is None else sizing.min_trade
    cash = capital - invested
    order, remarks = _worthwhile(target, current, _rounded(target, current, exact, sizing), least)
    order = _affordable(order, prices, cash, sizing)
    if _left(order, prices, cash, sizing) < 0.0 > cash:  # a sale that was left out is missed
        whole = replace(target, rebalance=True)
        order, remarks = _worthwhile(target, current, _rounded(whole, current, exact, sizing), 0.0)
    return _listed(target, current, order, remarks, capital, invested, sizing)


def _exact(
    target: Target, current: Current, capital: float, liquid: float, sizing: Sizing
) -> FloatArray:
    """The shares [N] wanted after paying for the trades, not yet whole.

    Raises
    ------
    ExoError
        If selling what is held costs all that there is.
    """
    held_value = _value(target, current)
    wanted = np.where(target.priced, target.weights, 0.0)
    if not target.rebalance:  # its weights are of the whole, what cannot be traded included
        wanted *= min(capital / liquid, 1.0 / max(float(wanted.sum()), 1e-300))
    held = np.where(target.priced, held_value, 0.0) / liquid
    x = trade_scale(sizing.cost, wanted, held)
    if not x > 0.0:
        cost = sizing.cost * float(held.sum()) * liquid
        raise ExoError(
            f"the capital is {capital:,.2f}, and selling what is held costs {cost:,.2f}: the "
            f"positions are worth {float(held_value.sum()):,.2f}.",
            hint="Check --capital, the value of the whole portfolio. Without it, that is what the "
            "positions and a row CASH in their file are worth.",
        )
    prices = np.where(target.prices > 0.0, target.prices, 1.0)
    return np.where(target.priced, wanted * x * liquid / prices, current.shares)


def _rounded(target: Target, current: Current, exact: FloatArray, sizing: Sizing) -> FloatArray:
    """The orders [N] to as many shares as can be had."""
    shares = exact if sizing.fractional else np.floor(exact + WHOLE)
    shares = np.where(target.priced, shares, current.shares)
    if not target.rebalance:  # what is held for the model is not rounded again day by day
        kept = (exact > 0.0) & (current.shares > 0.0) & (np.abs(exact - current.shares) < 1.0)
        shares = np.where(kept, current.shares, shares)
    return shares - current.shares


def _value(target: Target, current: Current) -> FloatArray:
    unknown = (current.shares > 0.0) & np.isnan(target.prices)
    if unknown.any():
        raise ExoError(
            f"{target.symbols[int(np.argmax(unknown))]} is held and has no price up to "
            f"{target.date}.",
            hint="Add its prices to the data, or take it out of the current positions.",
        )
    with np.errstate(over="ignore"):  # of 1e308 shares; `_capital` refuses what they are worth
        worth = current.shares * np.nan_to_num(target.prices)
    return np.where(current.shares > 0.0, worth, 0.0)


def _capital(sizing: Sizing, current: Current, invested: float) -> float:
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
    worth = max(capital, invested) if invested >= TOO_MUCH else capital
    if not 0.0 < worth < TOO_MUCH:
        raise ExoError(
            f"the current positions are worth {worth:g}: nothing that could be invested.",
            hint="Check them." if invested >= TOO_MUCH else "Check them, or give --capital.",
        )
    return capital


def _worthwhile(
    target: Target, current: Current, order: FloatArray, min_trade: float
) -> tuple[FloatArray, dict[int, str]]:
    """The orders without those that are too small, and remarks by name."""
    remarks = dict[int, str]()
    order = order.copy()
    for n in np.flatnonzero(~target.priced).tolist():
        if current.shares[n] > 0.0 or target.weights[n] > 0.0:
            remarks[n] = f"no price on {target.date}: not traded"
    for n in np.flatnonzero(order).tolist():
        closes = target.weights[n] == 0.0
        if not closes and abs(order[n]) * target.prices[n] < min_trade:
            order[n] = 0.0
            remarks[n] = "below the minimum trade"
    for n in np.flatnonzero(target.priced & (target.weights > 0.0)).tolist():
        if n not in remarks and current.shares[n] + order[n] == 0.0:
            remarks[n] = "less than one share"
    return order, remarks


def _affordable(order: FloatArray, prices: FloatArray, cash: float, sizing: Sizing) -> FloatArray:
    """The orders, with the smallest purchases cut where a sale that was left out is missed."""
    order = order.copy()
    purchases = [int(n) for n in np.argsort(order * prices, kind="stable") if order[n] > 0.0]
    for n in purchases:
        left = _left(order, prices, cash, sizing)
        if left >= -WHOLE * max(1.0, abs(cash)):
            break
        excess = -left / (prices[n] * (1.0 + sizing.cost))
        order[n] = max(0.0, order[n] - (excess if sizing.fractional else np.ceil(excess)))
    return order


def _left(order: FloatArray, prices: FloatArray, cash: float, sizing: Sizing) -> float:
    """Cash after the orders and their costs."""
    return cash - float((order * prices).sum() + sizing.cost * (np.abs(order) * prices).sum())


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
    cost = sizing.cost * value
    after = current.shares + order
    worth = np.where(after == 0.0, 0.0, after * np.nan_to_num(target.prices))
    left = capital - invested - float(np.sum(np.sign(order) * value)) - float(cost.sum())
    total = left + float(worth.sum())
    shown = np.flatnonzero((target.weights > 0.0) | (current.shares > 0.0)).tolist()
    shown.sort(key=lambda n: (-target.weights[n], target.symbols[n]))
    lines = tuple(
        Line(
            symbol=target.symbols[n],
            side="buy" if order[n] > 0.0 else "sell" if order[n] < 0.0 else "",
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
    return OrderList(lines, capital, invested, left, float(value.sum()), float(cost.sum()))
