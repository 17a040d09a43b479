"""Small random markets with everything that real ones have: gaps, listings, restatements."""

from dataclasses import replace

import numpy as np

from mech_exo.config.settings import BacktestSettings, DataSettings, FactorSettings, Settings
from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import FloatArray
from mech_exo.data.sector_history import SectorHistory

SETTINGS = Settings(
    factors=FactorSettings(min_history=15), backtest=BacktestSettings(rebalance_days=5)
)
NARROWED = replace(SETTINGS, data=DataSettings(min_turnover=3e5, min_market_cap=-1.0))


def random_market(seed: int, sessions: int = 320, names: int = 12) -> Market:
    rng = np.random.default_rng(seed)
    dates = np.busday_offset("2020-01-01", np.arange(sessions), roll="forward")
    steps = 1.0 + rng.normal(0.0, 0.02, (sessions, names))
    close: FloatArray = 100.0 * np.cumprod(steps, axis=0, dtype=np.float64)
    close[rng.random(close.shape) < 0.02] = np.nan
    close[: sessions // 3, 0] = np.nan  # listed late
    close[sessions // 2 :, 1] = np.nan  # delisted
    return Market(
        dates=dates,
        symbols=tuple(f"S{i:02d}" for i in range(names)),
        close=close,
        vintages={"return_on_equity": random_vintage(rng, sessions, names)},
        daily={"value_score": rng.normal(size=close.shape)},
        categories={"value_score": "custom"},
        source="random",
    )


def universe_market(seed: int) -> Market:
    """A random market with members, changing sectors, volume, and sizes published now and then."""
    market = random_market(seed)
    rng = np.random.default_rng(seed + 1)
    sessions, names = market.close.shape
    flips = rng.random((sessions, names)) < 0.02
    sectors = np.array(["oil", "banks", "tech"])[np.cumsum(flips, axis=0) % 3]
    return replace(
        market,
        member=np.cumsum(flips, axis=0) % 4 != 3,
        sectors=SectorHistory.of(sectors),
        daily=market.daily | {"volume": np.exp(rng.normal(10.0, 2.0, (sessions, names)))},
        vintages=market.vintages | {"market_cap": random_vintage(rng, sessions, names)},
    )


def random_vintage(rng: np.random.Generator, sessions: int, names: int) -> Vintage:
    rows = 8 * names
    period = np.datetime64("2019-06-30") + rng.integers(0, sessions, rows) // 40 * 40
    available = period + rng.integers(0, 200, rows)
    value = rng.normal(size=rows)
    value[rng.random(rows) < 0.1] = np.nan
    return Vintage(rng.integers(0, names, rows), period, available, value)


def garbage_after(market: Market, stop: int, seed: int) -> Market:
    """The market with everything that becomes known at position `stop` or later replaced."""
    rng = np.random.default_rng(seed)
    later = market.dates[stop - 1]

    def scrambled(values: FloatArray) -> FloatArray:
        changed = values.copy()
        changed[stop:] = np.exp(rng.normal(0.0, 5.0, changed[stop:].shape))
        return changed

    def scrambled_vintage(v: Vintage) -> Vintage:
        value = v.value.copy()
        unknown = v.available > later
        value[unknown] = 1e6 * rng.normal(size=int(unknown.sum()))
        days = rng.integers(0, 50, int(unknown.sum())).astype("timedelta64[D]")
        extra = v.available[unknown] + days
        return Vintage(
            np.concatenate([v.symbol, v.symbol[unknown]]),
            np.concatenate([v.period_end, v.period_end[unknown] + np.timedelta64(400, "D")]),
            np.concatenate([v.available, extra]),
            np.concatenate([value, value[unknown]]),
        )

    member, sectors = market.member, market.sectors
    if member is not None:
        member = member.copy()
        member[stop:] = rng.random(member[stop:].shape) < 0.5
    if sectors is not None and sectors.dated:
        texts = np.array([sectors.names(t) for t in range(len(market.dates))], dtype="U9")
        texts[stop:] = "another"
        sectors = SectorHistory.of(texts)
    return replace(
        market,
        close=scrambled(market.close),
        vintages={name: scrambled_vintage(v) for name, v in market.vintages.items()},
        daily={name: scrambled(values) for name, values in market.daily.items()},
        member=member,
        sectors=sectors,
    )
