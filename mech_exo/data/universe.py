"""Who can be chosen on a date: the members, as far as they are traded enough and large enough."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mech_exo.config.settings import DataSettings
from mech_exo.data.liquidity import MARKET_CAP, TRADED_VALUE, VOLUME, market_cap, turnover
from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, FloatArray, IntArray
from mech_exo.errors import ExoError


@dataclass(frozen=True)
class Minimum:
    """What a name must have on a date to be in the universe.

    Attributes
    ----------
    words
        What is measured, in the line of a run.
    fields
        Of the market; one of them is needed.
    figure
        The market, positions [M] of dates and the settings -> [M, N] what was known at the close of
        each date; a name of which nothing is known (NaN) is not in the universe.
    """

    words: str
    fields: tuple[str, ...]
    figure: Callable[[Market, IntArray, DataSettings], FloatArray]


MINIMUMS = {
    "min_turnover": Minimum("turnover", (VOLUME, TRADED_VALUE), turnover),
    "min_market_cap": Minimum("market cap", (MARKET_CAP,), market_cap),
}
"""Setting in `data` -> what it is the least value of: an entry here is a filter of the universe."""


def eligible(market: Market, rows: IntArray, data: DataSettings) -> BoolArray | None:
    """Whether each name is in the universe at the close of each date.

    Nothing after a date decides: a member is one whose stretch holds the date, and what is measured
    was known then.

    Parameters
    ----------
    rows
        [M] positions in the market's dates.

    Returns
    -------
    numpy.ndarray
        [M, N], whether the name has a price or not; None where nothing narrows the universe.

    Raises
    ------
    ExoError
        For a minimum of something that the data do not have.
    """
    found = None if market.member is None else market.member[rows]
    for setting, minimum in _stated(data).items():
        _check_known(market, setting, minimum)
        reached = minimum.figure(market, rows, data) >= getattr(data, setting)
        found = reached if found is None else found & reached
    return found


def universe_words(market: Market, data: DataSettings) -> str:
    """The universe of the last date and what narrows it, in a line; "" where nothing does."""
    limits = [f"{m.words} ≥ {getattr(data, s):,.0f}" for s, m in _stated(data).items()]
    if market.member is not None:
        limits.insert(0, "membership")
    if not limits:
        return ""
    last = np.array([len(market.dates) - 1])
    within, priced = eligible(market, last, data), ~np.isnan(market.close[last])
    count = np.count_nonzero(priced if within is None else priced & within)
    names = f"{count} of {len(market.symbols)} names on the last date ({', '.join(limits)})"
    never = 0 if market.member is None else int(np.count_nonzero(~market.member.any(axis=0)))
    return f"{names}; {never} are never members" if never else names


def _stated(data: DataSettings) -> dict[str, Minimum]:
    return {s: minimum for s, minimum in MINIMUMS.items() if getattr(data, s) is not None}


def _check_known(market: Market, setting: str, minimum: Minimum) -> None:
    if any(name in market.daily or name in market.vintages for name in minimum.fields):
        return
    raise ExoError(
        f"data.{setting} is set, but the data have no {' and no '.join(minimum.fields)}.",
        hint=f"Name a file: data.{minimum.fields[0]}. Or leave the minimum out.",
    )
