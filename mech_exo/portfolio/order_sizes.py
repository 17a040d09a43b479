"""How many shares of each name are ordered: what can be afforded, is whole, and is worth it."""

from dataclasses import dataclass, replace

import numpy as np

from mech_exo.data.panel import FloatArray
from mech_exo.errors import ExoError
from mech_exo.portfolio.decision_terms import passage
from mech_exo.portfolio.positions_file import Current
from mech_exo.portfolio.share_counts import WHOLE, whole_shares
from mech_exo.portfolio.target import Target

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

    def costs(self, value: FloatArray, target: Target) -> FloatArray:
        """Costs [N] of orders of these values, the impact of the target's terms included."""
        costs: FloatArray = self.cost * value
        impact = target.terms.impact_of(target.symbols)
        return costs if impact is None else costs + impact * value**1.5

    def total(self, value: FloatArray, target: Target) -> float:
        """Their sum."""
        if target.terms.impact is None:
            return self.cost * float(value.sum())
        return float(self.costs(value, target).sum())


def values(target: Target, current: Current) -> FloatArray:
    """Values [N] of what is held, below 0 for what is short.

    Raises
    ------
    ExoError
        For a held name that has never had a price.
    """
    held = current.shares != 0.0
    unknown = held & np.isnan(target.prices)
    if unknown.any():
        raise ExoError(
            f"{target.symbols[int(np.argmax(unknown))]} is held and has no price up to "
            f"{target.date}.",
            hint="Add its prices to the data, or take it out of the current positions.",
        )
    with np.errstate(over="ignore"):  # of 1e308 shares; `order_list` refuses what they are worth
        worth = current.shares * np.nan_to_num(target.prices)
    return np.where(held, worth, 0.0)


def sized(
    target: Target, current: Current, sizing: Sizing, capital: float, liquid: float
) -> tuple[FloatArray, dict[int, str]]:
    """Signed orders [N] in shares, and by name why there is none where one might be expected.

    Parameters
    ----------
    capital, liquid
        Value of the portfolio, and of what can be traded of it.

    Raises
    ------
    ExoError
        If closing what is held costs all that there is.
    """
    prices = np.where(target.prices > 0.0, target.prices, 1.0)
    exact = _exact(target, current, capital, liquid, sizing)
    least = MIN_TRADE * capital if sizing.min_trade is None else sizing.min_trade
    cash = capital - float(values(target, current).sum())
    order, remarks = _worthwhile(target, current, _rounded(target, current, exact, sizing), least)
    floor = 0.0  # a portfolio that may borrow ends with as little cash as its target says
    if target.terms.max_gross > 1.0:
        floor = min(0.0, _left(exact - current.shares, prices, cash, target, sizing))
    order = _affordable(order, current, prices, cash - floor, target, sizing)
    left = _left(order, prices, cash, target, sizing)
    missed = left < floor > cash or left < floor - WHOLE * max(1.0, abs(cash))
    if missed or _too_large(order, exact, current, prices, cash, target, sizing):
        whole = replace(target, rebalance=True)  # an order that was left out is missed
        return _worthwhile(target, current, _rounded(whole, current, exact, sizing), 0.0)
    return order, remarks


def _exact(
    target: Target, current: Current, capital: float, liquid: float, sizing: Sizing
) -> FloatArray:
    """The shares [N] wanted after paying for the trades, not yet whole."""
    held_value, terms = values(target, current), target.terms
    wanted = np.where(target.priced, target.weights, 0.0)
    if not target.rebalance:  # its weights are of the whole, what cannot be traded included
        gross = float(np.abs(wanted).sum())
        most = 1.0 if target.plain else max(terms.max_gross, float(np.abs(target.weights).sum()))
        wanted *= min(capital / liquid, most / max(gross, 1e-300))
    held = np.where(target.priced, held_value, 0.0) / liquid
    way = passage(target.symbols, wanted, held, liquid, sizing.cost, terms)
    if not way.scale > 0.0:
        cost = sizing.total(np.abs(held) * liquid, target)
        closing = "selling" if (held >= 0.0).all() else "closing"
        raise ExoError(
            f"the capital is {capital:,.2f}, and {closing} what is held costs {cost:,.2f}: the "
            f"positions are worth {float(held_value.sum()):,.2f}.",
            hint="Check --capital, the value of the whole portfolio. Without it, that is what the "
            "positions and a row CASH in their file are worth.",
        )
    prices = np.where(target.prices > 0.0, target.prices, 1.0)
    moves = target.priced & ~way.stays
    return np.where(moves, way.weights * way.scale * liquid / prices, current.shares)


def _rounded(target: Target, current: Current, exact: FloatArray, sizing: Sizing) -> FloatArray:
    """The orders [N] to as many shares as can be had."""
    shares = exact if sizing.fractional else whole_shares(exact)
    moves = target.priced
    if target.terms.band:
        moves = moves & (exact != current.shares)
    shares = np.where(moves, shares, current.shares)
    if not target.rebalance:  # what is held for the model is not rounded again day by day
        kept = (exact * current.shares > 0.0) & (np.abs(exact - current.shares) < 1.0)
        shares = np.where(kept, current.shares, shares)
    return shares - current.shares


def _worthwhile(
    target: Target, current: Current, order: FloatArray, min_trade: float
) -> tuple[FloatArray, dict[int, str]]:
    """The orders without those that are too small, and remarks by name."""
    remarks = dict[int, str]()
    order = order.copy()
    for n in np.flatnonzero(~target.priced).tolist():
        if current.shares[n] != 0.0 or target.weights[n] != 0.0:
            remarks[n] = f"no price on {target.date}: not traded"
    for n in np.flatnonzero(order).tolist():
        closes = target.weights[n] == 0.0 or target.weights[n] * current.shares[n] < 0.0
        if not closes and abs(order[n]) * target.prices[n] < min_trade:
            order[n] = 0.0
            remarks[n] = "below the minimum trade"
    for n in np.flatnonzero(target.priced & (target.weights != 0.0)).tolist():
        if n not in remarks and current.shares[n] + order[n] == 0.0:
            remarks[n] = "less than one share"
    return order, remarks


def _affordable(
    order: FloatArray,
    current: Current,
    prices: FloatArray,
    cash: float,
    target: Target,
    sizing: Sizing,
) -> FloatArray:
    """The orders, with the smallest purchases cut where a sale that was left out is missed."""
    order = order.copy()
    covers = np.maximum(-current.shares, 0.0)  # what is bought back is not cut
    purchases = [int(n) for n in np.argsort(order * prices, kind="stable") if order[n] > covers[n]]
    for n in purchases:
        left = _left(order, prices, cash, target, sizing)
        if left >= -WHOLE * max(1.0, abs(cash)):
            break
        excess = -left / (prices[n] * (1.0 + sizing.cost))
        cut = excess if sizing.fractional else np.ceil(excess)
        order[n] = max(covers[n], order[n] - cut)
    return order


def _too_large(
    order: FloatArray,
    exact: FloatArray,
    current: Current,
    prices: FloatArray,
    cash: float,
    target: Target,
    sizing: Sizing,
) -> bool:
    """Whether more is held and short than the terms allow, and than is wanted.

    Only what is kept of shorts, or of a portfolio that may borrow, can be: else there is no cash
    for it.
    """
    if target.plain or not target.rebalance:
        return False
    after = (current.shares + order) * prices
    worth = _left(order, prices, cash, target, sizing) + float(after.sum())
    most = max(target.terms.max_gross * worth, float(np.abs(exact * prices).sum()))
    return bool(np.abs(after).sum() > most * (1.0 + WHOLE))


def _left(
    order: FloatArray, prices: FloatArray, cash: float, target: Target, sizing: Sizing
) -> float:
    """Cash after the orders and their costs."""
    paid = sizing.total(np.abs(order) * prices, target)
    return cash - (float((order * prices).sum()) + paid)
