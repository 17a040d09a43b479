"""Technical factors, from closes up to the date and nothing else.

Each function maps a market and M positions in its dates to [M, N] raw values, under the windows of
data/lookbacks.py. A name that has traded too little is NaN. Sessions are those of the market; a
name's missing sessions are spanned by its first return after them. Windows in months and in days
are that time in a market of any frequency: `Frequency.sessions` counts the sessions.
"""

from collections.abc import Callable

import numpy as np

from mech_exo.data.frequency import MONTH
from mech_exo.data.lookbacks import WINDOWS
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.data.prices import last_known, simple_returns
from mech_exo.data.standardise import FLAT

RSI_PERIOD = WINDOWS["rsi_window"].default
MOMENTUM_MONTHS = WINDOWS["momentum_window"].default
VOLATILITY_SHORT = WINDOWS["volatility_short_window"].default
VOLATILITY_LONG = WINDOWS["volatility_long_window"].default
KNOWN_SHARE = 2 / 3  # of a volatility window's returns
FEWEST_SHORT = 3  # returns of the recent volatility, however few sessions a month has


class WilderAverages:
    """Wilder's average gain and loss of N names, fed close by close.

    The first average is the plain mean of the first `period` changes; then each new change weighs
    1/`period` (J. Welles Wilder, New Concepts in Technical Trading Systems, 1978). Days without a
    price are passed over.
    """

    def __init__(self, names: int, period: int = RSI_PERIOD) -> None:
        self._period = period
        self._last = np.full(names, np.nan)
        self._changes = np.zeros(names, dtype=np.int64)
        self._gain = np.zeros(names)
        self._loss = np.zeros(names)

    def feed(self, close: FloatArray) -> None:
        """Take in one session's closes [N], NaN where there is none."""
        priced = ~np.isnan(close)
        change = close - self._last
        moved = priced & ~np.isnan(self._last)
        self._changes += moved
        span = np.maximum(np.minimum(self._changes, self._period), 1)
        step = np.where(moved, change, 0.0)
        gain = self._gain + (np.maximum(step, 0.0) - self._gain) / span
        loss = self._loss + (np.maximum(-step, 0.0) - self._loss) / span
        np.copyto(self._gain, gain, where=moved)
        np.copyto(self._loss, loss, where=moved)
        np.copyto(self._last, close, where=priced)

    def index(self) -> FloatArray:
        """RSI [N], 0 to 100; NaN before `period` changes, and for a price that never moved."""
        total = self._gain + self._loss
        rsi = np.full(len(total), np.nan)
        ready = (self._changes >= self._period) & (total > 0.0)
        np.divide(100.0 * self._gain, total, out=rsi, where=ready)
        return rsi


def rsi_14(market: Market, rebalance: IntArray, rsi_window: int = RSI_PERIOD) -> FloatArray:
    """Wilder's relative strength index over `rsi_window` sessions of any frequency, 0 to 100."""
    close = market.close
    values = np.full((len(rebalance), close.shape[1]), np.nan)
    averages = WilderAverages(close.shape[1], rsi_window)
    fed = 0
    for m, t in enumerate(rebalance):
        for row in range(fed, int(t) + 1):
            averages.feed(close[row])
        fed = int(t) + 1
        values[m] = averages.index()
    return values


def momentum_12_1(
    market: Market, rebalance: IntArray, momentum_window: int = MOMENTUM_MONTHS
) -> FloatArray:
    """Return from `momentum_window` months to one month before the date.

    A month is 21 sessions of a daily market, so that 12 are 252, 52 weeks or 12 months. The closes
    are those last known on both days.
    """
    filled = last_known(market.close)
    near = market.frequency.months
    far = max(near + 1, market.frequency.sessions(MONTH * momentum_window))
    return _rows(rebalance, lambda t: momentum_at(filled, t, far, near), market)


def volatility_ratio(
    market: Market,
    rebalance: IntArray,
    volatility_short_window: int = VOLATILITY_SHORT,
    volatility_long_window: int = VOLATILITY_LONG,
) -> FloatArray:
    """Standard deviation of the last returns over that of more of them.

    Sample standard deviations (ddof=1) of the returns that exist; at least two thirds of each
    window must. Where a market has few sessions, the short window keeps `FEWEST_SHORT` returns and
    the long one more than it: 3 and 12 months at monthly prices.
    """
    returns = simple_returns(market.close)
    short = market.frequency.sessions(volatility_short_window, FEWEST_SHORT)
    long = max(short + 1, market.frequency.sessions(volatility_long_window))
    return _rows(rebalance, lambda t: volatility_ratio_at(returns, t, short, long), market)


TECHNICAL: dict[str, Callable[..., FloatArray]] = {
    "rsi_14": rsi_14,
    "momentum_12_1": momentum_12_1,
    "volatility_ratio": volatility_ratio,
}
"""Name -> function of each computed factor: an entry here is a factor of the default set."""


def momentum_at(
    filled: FloatArray, t: int, far: int = MONTH * MOMENTUM_MONTHS, near: int = MONTH
) -> FloatArray:
    """Momentum [N] at the close of t, from `far` to `near` sessions before, of closes [T, N]."""
    if t < far:
        return np.full(filled.shape[1], np.nan)
    ratio: FloatArray = filled[t - near] / filled[t - far] - 1.0
    return ratio


def volatility_ratio_at(
    returns: FloatArray, t: int, short: int = VOLATILITY_SHORT, long: int = VOLATILITY_LONG
) -> FloatArray:
    """Volatility ratio [N] at the close of t, from simple returns [T, N]."""
    recent = _deviation(returns[max(0, t - short + 1) : t + 1], short)
    usual = _deviation(returns[max(0, t - long + 1) : t + 1], long)
    ratio = np.full(len(usual), np.nan)
    np.divide(recent, usual, out=ratio, where=usual > FLAT)
    return ratio


def _deviation(window: FloatArray, length: int) -> FloatArray:
    """Sample standard deviation per column; NaN with less than two thirds of `length` known."""
    known = ~np.isnan(window)
    count = known.sum(axis=0)
    enough = count >= max(2, length * KNOWN_SHARE)
    filled = np.where(known, window, 0.0)
    mean = filled.sum(axis=0) / np.maximum(count, 1)
    centred = np.where(known, filled - mean, 0.0)
    variance = (centred * centred).sum(axis=0) / np.maximum(count - 1, 1)
    return np.where(enough, np.sqrt(variance), np.nan)


def _rows(rebalance: IntArray, at: Callable[[int], FloatArray], market: Market) -> FloatArray:
    values = np.full((len(rebalance), len(market.symbols)), np.nan)
    for m, t in enumerate(rebalance):
        values[m] = at(int(t))
    return values
