"""Made-up markets in which nothing is wrong, and much looks as if it were.

Fat tails, volatility in clusters, results that move a price by a fifth, crashes of 30 to 60 % with
turmoil after them, bankruptcies, takeovers whose price is pinned afterwards, illiquid shares that
do not trade on most days and cost a few ticks, listings and delistings spread over the years,
missing closes, prices rounded to cents. What the data check says of them is a false alarm.
"""

import numpy as np

from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import DateArray, FloatArray


def honest_market(seed: int, names: int = 80, years: float = 8.0) -> Market:
    """A market of this seed, with quarterly accounts that are published 20 to 70 days later."""
    rng = np.random.default_rng(seed)
    sessions = int(252 * years)
    dates = np.busday_offset("2012-01-03", np.arange(sessions), roll="forward")
    moves = _moves(rng, sessions, names)
    close = rng.uniform(8.0, 120.0, names) * np.exp(np.cumsum(moves, axis=0))
    _crashes(rng, close)
    close = np.maximum(np.round(close, 2), 0.01)
    _illiquid(rng, close)
    _ends(rng, close)
    close[rng.random(close.shape) < 0.001] = np.nan
    reports = _reports(rng, dates, names)
    return Market(
        dates=dates,
        symbols=tuple(f"H{n:03d}" for n in range(names)),
        close=close,
        vintages={"return_on_equity": reports, "revenue_growth": reports},
        source="honest",
    )


def _moves(rng: np.random.Generator, sessions: int, names: int) -> FloatArray:
    """Log moves of a market in clusters, and of the names' own, with fat tails and results."""
    level = np.zeros(sessions)
    for t in range(1, sessions):
        level[t] = 0.97 * level[t - 1] + rng.normal(0.0, 0.15)
    market = 0.008 * np.exp(level) * rng.standard_t(4, sessions) / np.sqrt(2.0)
    market[rng.integers(300, sessions)] = -0.13  # a day like that of October 1987
    own = rng.uniform(0.007, 0.035, names) * np.exp(0.4 * level)[:, None]
    moves = rng.uniform(0.5, 1.5, names) * market[:, None]
    moves = moves + own * rng.standard_t(4, (sessions, names)) / np.sqrt(2.0)
    results = rng.random((sessions, names)) < 4 / 252
    moves = moves + results * rng.standard_t(4, (sessions, names)) * 2.0 * own
    limited: FloatArray = np.clip(moves, -1.2, 0.9)
    return limited


def _crashes(rng: np.random.Generator, close: FloatArray) -> None:
    """A tenth of the names fall by 30 to 60 % on a day, and are in turmoil for months."""
    sessions, names = close.shape
    for n in rng.choice(names, names // 10, replace=False):
        t = int(rng.integers(100, sessions - 30))
        after = np.arange(sessions - t)
        turmoil = 0.06 * np.exp(-after / 40.0) * rng.standard_t(4, len(after)) / np.sqrt(2.0)
        turmoil[0] = np.log(1.0 - rng.uniform(0.3, 0.6))
        close[t:, n] *= np.exp(np.cumsum(turmoil))


def _illiquid(rng: np.random.Generator, close: FloatArray) -> None:
    """A tenth of the names cost a few ticks and trade on some days only."""
    sessions, names = close.shape
    for n in rng.choice(names, names // 10, replace=False):
        tick = float(rng.choice([0.01, 0.05, 0.125]))
        ticks = np.maximum(np.round(close[:, n] / close[0, n] * rng.uniform(6, 60)), 1.0)
        traded = np.asarray(rng.random(sessions) < rng.uniform(0.1, 0.6))
        traded[0] = True
        last = np.maximum.accumulate(np.where(traded, np.arange(sessions), 0))
        close[:, n] = tick * ticks[last]


def _ends(rng: np.random.Generator, close: FloatArray) -> None:
    """Listings and delistings: by takeover, with a pinned price; by bankruptcy; without a word."""
    sessions, names = close.shape
    for n in rng.choice(names, names // 4, replace=False):
        t = int(rng.integers(60, sessions - 60))
        kind = rng.integers(3)
        if kind == 0:
            bid = close[t - 1, n] * rng.uniform(1.15, 1.7)
            pinned = bid * (1.0 + rng.normal(0.0, 0.0012, sessions - t))
            close[t:, n] = np.round(pinned, 2)
            t += int(rng.integers(20, 58))
        elif kind == 1:
            fall = np.log(1.0 - rng.uniform(0.5, 0.95)) + np.cumsum(
                rng.normal(0.0, 0.15, sessions - t)
            )
            close[t:, n] = np.maximum(np.round(close[t - 1, n] * np.exp(fall), 2), 0.01)
            t += int(rng.integers(5, 58))
        close[t:, n] = np.nan
    for n in rng.choice(names, names // 8, replace=False):
        if np.isfinite(close[-1, n]):
            close[: int(rng.integers(1, sessions // 2)), n] = np.nan


def _reports(rng: np.random.Generator, dates: DateArray, names: int) -> Vintage:
    """Values of all quarters, each published once."""
    quarters = np.arange("2011-12", str(dates[-1])[:7], 3, dtype="datetime64[M]")
    ends = (quarters + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    symbol = np.repeat(np.arange(names), len(ends))
    period: DateArray = np.tile(ends, names)
    delay = rng.integers(20, 70, len(period))
    public: DateArray = (period.astype(np.int64) + delay).astype("datetime64[D]")
    return Vintage(symbol, period, public, rng.normal(size=len(period)))
