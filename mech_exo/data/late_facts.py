"""A market whose facts become public later than they did."""

from dataclasses import replace

import numpy as np

from mech_exo.data.liquidity import MARKET_CAP, TRADED_VALUE, VOLUME
from mech_exo.data.market import Market, Vintage, read_only
from mech_exo.data.panel import DateArray, FloatArray

TRADING = (VOLUME, TRADED_VALUE, MARKET_CAP)
"""Fields of the market that are no facts about a company to choose it by."""


def published_later(market: Market, days: int) -> Market:
    """The market as it would have been known if each fact had come out later.

    Fundamentals and sentiment are delayed, whether they are given by date of publication or day by
    day; prices, what is traded and the size of a company are not.

    Parameters
    ----------
    days
        Calendar days, not below 0.
    """
    wait = np.timedelta64(days, "D")
    made = dict[int, DateArray]()  # the fields of one table go on sharing its dates

    def late(vintage: Vintage) -> Vintage:
        key = id(vintage.available)
        if key not in made:
            made[key] = read_only(vintage.available + wait)
        return replace(vintage, available=made[key])

    vintages = {n: v if n in TRADING else late(v) for n, v in market.vintages.items()}
    row = np.searchsorted(market.dates, market.dates - wait, side="right") - 1

    def shifted(values: FloatArray) -> FloatArray:
        return np.where((row >= 0)[:, None], values[np.maximum(row, 0)], np.nan)

    daily = {n: v if n in TRADING else shifted(v) for n, v in market.daily.items()}
    return replace(market, vintages=vintages, daily=daily)
