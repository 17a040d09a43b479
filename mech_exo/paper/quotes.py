"""Prices of one session, as the data of that day know them."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.schedule import sessions_without_price
from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, FloatArray, IntArray, Panel
from mech_exo.data.prices import last_known
from mech_exo.errors import ExoError


@dataclass(frozen=True)
class Quote:
    """One name at one close.

    Attributes
    ----------
    price, before
        Last known close at this session, and at the one before; NaN: none yet.
    absent
        Sessions in a row without a price up to this close; −1: never had one.
    """

    price: float
    before: float
    absent: int


class Prices:
    """Closes of all sessions."""

    def __init__(self, market: Market, panel: Panel) -> None:
        self.dates = panel.dates
        self.places = {symbol: n for n, symbol in enumerate(panel.symbols)}
        self.symbols = panel.symbols
        self.priced: BoolArray = ~np.isnan(market.close)
        self.close: FloatArray = last_known(market.close)
        self.absent: IntArray = sessions_without_price(panel.returns)
        self.periods_per_year = panel.periods_per_year

    def at(self, position: int) -> "Quotes":
        """The quotes of one session."""
        return Quotes(self, position)


class Quotes:
    """The quotes of one session."""

    def __init__(self, prices: Prices, position: int) -> None:
        self._prices = prices
        self._position = position
        self.periods_per_year = prices.periods_per_year

    def of(self, symbol: str) -> Quote:
        """The quote of a name.

        Raises
        ------
        ExoError
            If the data do not have it, or any price of it.
        """
        prices, t = self._prices, self._position
        n = prices.places.get(symbol)
        if n is None or np.isnan(prices.close[t, n]):
            raise ExoError(
                f"{symbol}, which the ledger holds or wants, has no price in the data up to "
                f"{prices.dates[t]}.",
                hint="Give the data that the ledger was kept with, the name included.",
            )
        before = prices.close[max(t - 1, 0), n]
        return Quote(float(prices.close[t, n]), float(before), int(prices.absent[t, n]))
