"""On which terms a decision is traded, and what the trades leave of a portfolio."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mech_exo.backtest.depth import TradingTerms
from mech_exo.backtest.grouping import Grouping
from mech_exo.backtest.trading import Orders
from mech_exo.construction.mandate import Mandate
from mech_exo.data.panel import BoolArray, FloatArray
from mech_exo.portfolio.transition_costs import trade_scale


@dataclass(frozen=True)
class DecisionTerms:
    """What a decision says of its trades, beside its weights; all in the market's own money.

    Attributes
    ----------
    band
        A position whose share is within this of its target is not traded.
    max_gross
        Σ|w| of its weights, at most.
    impact
        Name -> Y·σ/√ADV: times the square root of the money traded it is the further cost of a
        unit of it; None: there is none.
    most
        Name -> largest position in money; None: any.
    """

    band: float = 0.0
    max_gross: float = 1.0
    impact: Mapping[str, float] | None = None
    most: Mapping[str, float] | None = None

    @classmethod
    def of(cls, mandate: Mandate, trading: TradingTerms, symbols: Sequence[str], row: int) -> Self:
        """The terms of decision `row` of a backtest."""

        def by_name(figures: FloatArray | None) -> Mapping[str, float] | None:
            if figures is None:
                return None
            known = np.flatnonzero(np.isfinite(figures[row])).tolist()
            return {symbols[n]: float(figures[row, n]) for n in known}

        return cls(
            band=trading.band,
            max_gross=mandate.max_gross,
            impact=by_name(trading.impact),
            most=by_name(trading.most),
        )

    def impact_of(self, symbols: Sequence[str]) -> FloatArray | None:
        """`impact` [N] of these names; 0 for one of which nothing is known."""
        if self.impact is None:
            return None
        return np.array([self.impact.get(s, 0.0) for s in symbols], dtype=np.float64)

    def within(self, wanted: FloatArray, symbols: Sequence[str], liquid: float) -> FloatArray:
        """Target weights [N], none of which is a larger position than allowed."""
        if self.most is None:
            return wanted
        most = np.array([self.most.get(s, 0.0) for s in symbols], dtype=np.float64) / liquid
        return np.clip(wanted, -most, most)

    def further_cost(self, symbol: str, value: float) -> float:
        """What trading a value in a name costs beyond the cost of all trading, in money."""
        factor = 0.0 if self.impact is None else self.impact.get(symbol, 0.0)
        return float(factor * abs(value) ** 1.5)


FREE_TERMS = DecisionTerms()
"""Those of a plain mandate in a market that trading does not move."""


@dataclass(frozen=True, eq=False)
class Passage:
    """From what is held to what is wanted.

    Attributes
    ----------
    weights
        [N] target weights, cut to what the terms allow; 0 for a name that stays as it is.
    stays
        [N] whether a name is near enough to its target not to be traded.
    scale
        Value after trading over that before; at most 0: closing all costs more than there is.
    """

    weights: FloatArray
    stays: BoolArray
    scale: float


def passage(
    symbols: Sequence[str],
    wanted: FloatArray,
    held: FloatArray,
    liquid: float,
    cost: float,
    terms: DecisionTerms,
) -> Passage:
    """Solve x = 1 − Σ cost of |w·x − h|, as docs/conventions.md has it.

    Parameters
    ----------
    wanted, held
        [N] signed shares of what can be traded.
    liquid
        What can be traded, in money; above 0.
    cost
        Of one unit of value traded; below 1.
    """
    weights = terms.within(wanted, symbols, liquid)
    stays = np.zeros(len(wanted), dtype=bool)
    if terms.band:
        stays = (np.abs(held - weights) <= terms.band) & (held * weights > 0.0)
        weights, held = np.where(stays, 0.0, weights), np.where(stays, 0.0, held)
    impact = terms.impact_of(symbols)
    if impact is None:
        return Passage(weights, stays, trade_scale(cost, weights, held))
    return Passage(weights, stays, _with_impact(cost, weights, held, impact * np.sqrt(liquid)))


def _with_impact(cost: float, wanted: FloatArray, held: FloatArray, impact: FloatArray) -> float:
    """x of a market that trading moves; `impact` is of the root of a share of the portfolio."""
    closed = wanted == 0.0
    out = np.abs(held[closed])
    orders = Orders(
        liquid=np.ones(1),
        segment=np.zeros(len(wanted), dtype=np.int64),
        by_segment=Grouping(np.array([0, len(wanted)])),
        size=np.abs(wanted),
        worth=held * np.sign(wanted),
        out=np.array([out.sum()]),
        cost=cost,
        impact=impact,
        out_impact=np.array([(out**1.5 * impact[closed]).sum()]),
    )
    return float(orders.settled()[0][0])
