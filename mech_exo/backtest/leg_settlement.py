"""Rebalancing a portfolio of two legs at one execution after the other."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.depth import TradingTerms
from mech_exo.backtest.grouping import Grouping
from mech_exo.backtest.leg_units import LegUnits
from mech_exo.backtest.legs import Legs
from mech_exo.backtest.settlement import NOTHING, RUIN
from mech_exo.backtest.trading import Orders
from mech_exo.data.panel import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class LegSettlement:
    """Shares after each of G executions; the portfolio's value after it is the unit.

    Attributes
    ----------
    share
        [H] signed share of each holding.
    ratio
        [G] value after the execution over that before; 0 once the portfolio is lost.
    traded
        [G] value traded over that before.
    exit_cost
        [H] what the exit of each holding costs beyond the cost of all trading.
    idle
        [I] executions, ascending, that had names to buy and nothing to buy them with. The first is
        certain; if its names are left out, a later one may be none.
    """

    share: FloatArray
    ratio: FloatArray
    traded: FloatArray
    exit_cost: FloatArray
    idle: IntArray


class LegBook:
    """The holdings of two legs, on their way from execution to execution."""

    def __init__(self, legs: Legs, units: LegUnits, terms: TradingTerms) -> None:
        holdings = self._holdings = legs.holdings
        self._legs, self._units, self._terms = legs, units, terms
        segments = holdings.by_segment.size
        self._bounds = np.append(0, np.cumsum(segments))
        self._aside = np.zeros(len(legs.sign), dtype=bool)
        self._aside[holdings.aside] = True
        executions = len(segments)
        self.names = segments - np.bincount(holdings.segment[holdings.aside], minlength=executions)
        # what is held to the end of its segment, and closed there
        self._closed = np.flatnonzero((holdings.following < 0) & (units.alive > 0.0))
        last = np.searchsorted(self._closed, holdings.closing)
        self._closed = self._closed[:last]
        self._closed_at = holdings.segment[self._closed] + 1
        self._some_aside = len(holdings.aside) > 0
        self._size, self._side = np.abs(legs.weight), np.where(self._aside, 0.0, legs.sign)
        self._share = legs.weight.copy()
        self._amount = np.zeros(len(legs.sign) + 1)  # the last one is that of no holding
        self._exit_cost = np.zeros(len(legs.sign))
        self._before, self._closing = np.ones(executions), np.ones(executions)
        self._after, self._traded = np.ones(executions), np.zeros(executions)
        self._idle, self._lost = np.zeros((2, executions), dtype=bool)
        self._level = 1.0  # what the unit is worth now, at first 1; of chained terms
        impact = terms.impact
        if impact is not None:
            cell = holdings.cell
            self._impact = impact.ravel().take(cell)
            self._closing_impact = impact.ravel().take(cell[self._closed] + impact.shape[1])
        if terms.most is not None:
            self._most = terms.most.ravel().take(holdings.cell)

    def settle(self) -> LegSettlement:
        """Trade at every execution.

        Notes
        -----
        A segment depends on the one before through the names set aside, and, if the terms are
        chained, through all that is held. Then it is one execution after the other. Else one pass
        settles all, and with names set aside passes are repeated until nothing changes: at most
        one for each segment, as each is right once those before it are.
        """
        executions = len(self._before)
        if self._terms.chained:
            for g in range(executions):
                self._trade(g, g + 1)
                self._level *= max(float(self._after[g]), 0.0)
                self._carry(g, g + 1)
                self._before[g + 1 : g + 2] = self._closing[g]
        else:
            while True:
                share = self._share.copy()
                self._carry(0, executions)
                self._before[1:] = self._closing[:-1]
                self._trade(0, executions)
                if not self._some_aside or np.array_equal(share, self._share):
                    break
        base = np.where(self._lost, 1.0, self._before)
        return LegSettlement(
            share=self._share,
            ratio=self._after / base,
            traded=self._traded / base,
            exit_cost=self._exit_cost,
            idle=np.flatnonzero(self._idle),
        )

    def _carry(self, start: int, stop: int) -> None:
        """Carry the shares of segments `start` to `stop` to the ends of their segments."""
        a, b = self._bounds[start], self._bounds[stop]
        share = self._share[a:b]
        growth = share * (self._units.last[a:b] - 1.0)
        if self._terms.impact is not None:
            sold = np.abs(share) * self._units.sold[a:b]
            money = sold * (self._level * self._terms.capital)
            self._exit_cost[a:b] = sold * self._impact[a:b] * np.sqrt(money)
            growth -= self._exit_cost[a:b]
        self._closing[start:stop] = 1.0 + self._grouping(start, stop).sum(growth)
        self._amount[a:b] = share * self._units.alive[a:b]

    def _grouping(self, start: int, stop: int) -> Grouping:
        if stop - start == len(self._before):
            return self._holdings.by_segment
        return Grouping(self._bounds[start : stop + 1] - self._bounds[start])

    def _trade(self, start: int, stop: int) -> None:
        """Trade at executions `start` to `stop`, from the amounts before them."""
        cut = slice(*self._bounds[[start, stop]].tolist())
        of, by_segment = self._holdings.segment[cut], self._grouping(start, stop)
        if start:
            of = of - start
        value = self._amount.take(self._holdings.previous[cut], mode="wrap")
        before = self._before[start:stop]
        kept = by_segment.sum(value * self._aside[cut]) if self._some_aside else 0.0
        liquid = before - kept
        weight, still = self._legs.weight[cut], self._aside[cut]
        size, worth = self._size[cut], value * self._side[cut]
        if self._terms.chained:
            weight, still = self._limited(cut, value, weight, liquid.take(of))
            size, worth = np.where(still, 0.0, np.abs(weight)), np.where(still, 0.0, worth)
        y, traded = self._orders(cut, start, stop, of, by_segment, liquid, size, worth).settled()
        after = np.maximum(y + kept, 0.0)
        lost = before <= RUIN
        idle = ~lost & (self.names[start:stop] > 0) & ((liquid <= NOTHING * before) | (y <= 0.0))
        gone = lost | idle
        whole = np.where(gone | (after == 0.0), 1.0, after)
        part = np.where(gone, 1.0, y / whole)
        self._share[cut] = weight * part.take(of)
        if self._some_aside or self._terms.chained:
            self._share[cut][still] = (value / whole.take(of))[still]
        after[gone] = 0.0
        self._after[start:stop], self._traded[start:stop] = after, traded
        self._idle[start:stop], self._lost[start:stop] = idle, lost

    def _orders(
        self,
        cut: slice,
        start: int,
        stop: int,
        of: IntArray,
        by_segment: Grouping,
        liquid: FloatArray,
        size: FloatArray,
        worth: FloatArray,
    ) -> Orders:
        low, high = np.searchsorted(self._closed_at, (start, stop))
        at = self._closed_at[low:high] - start
        closed = np.abs(self._amount[self._closed[low:high]])
        out = _summed(at, closed, stop - start)
        orders = Orders(liquid, of, by_segment, size, worth, out, self._terms.cost)
        if self._terms.impact is not None:
            root = np.sqrt(self._level * self._terms.capital)  # of the money in a unit
            orders.impact = self._impact[cut] * root
            further = closed**1.5 * self._closing_impact[low:high] * root
            orders.out_impact = _summed(at, further, stop - start)
        return orders

    def _limited(
        self, cut: slice, value: FloatArray, weight: FloatArray, liquid: FloatArray
    ) -> tuple[FloatArray, BoolArray]:
        """Target weights, none a larger position than the terms allow; and who is not traded.

        That is a name without a price, and one that is near enough to its target.
        """
        still = self._aside[cut]
        if self._terms.most is not None:
            money = np.maximum(liquid, 0.0) * (self._level * self._terms.capital)
            allowed = np.full_like(weight, np.inf)
            np.divide(self._most[cut], money, out=allowed, where=money > 0.0)
            weight = np.clip(weight, -allowed, allowed)
        if self._terms.band:
            near = np.abs(value - weight * liquid) <= self._terms.band * liquid
            still = still | (near & (value * weight > 0.0))
        return weight, still


def _summed(group: IntArray, values: FloatArray, groups: int) -> FloatArray:
    """Σ of the values of each group; 0 for one without any."""
    return np.bincount(group, values, groups).astype(np.float64, copy=False)
