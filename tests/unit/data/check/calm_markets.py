"""A market in which nothing is wrong, and the means to damage it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np

from mech_exo.config.settings import DataSettings, FactorSettings, Settings
from mech_exo.data.check.examined import Examined
from mech_exo.data.check.finding import Finding
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray

FILES = Settings(data=DataSettings(source="files"), factors=FactorSettings(min_history=21))
TODAY = date(2024, 1, 2)


def calm_market(
    sessions: int = 400, names: int = 12, seed: int = 0, usual: float = 0.012
) -> Market:
    """Random walks of weekdays from 2020 on, in cents; the last name is delisted."""
    rng = np.random.default_rng(seed)
    moves = rng.normal(0.0, usual, (sessions, names)) + rng.normal(0.0, 0.006, (sessions, 1))
    close = np.round(rng.uniform(40.0, 90.0, names) * np.exp(np.cumsum(moves, axis=0)), 2)
    close[sessions - 60 :, -1] = np.nan
    return Market(
        dates=np.busday_offset("2020-01-01", np.arange(sessions), roll="forward"),
        symbols=tuple(f"N{n:02d}" for n in range(names)),
        close=close,
        source="calm",
    )


def damaged(market: Market, damage: Callable[[FloatArray], None]) -> Market:
    """The market after `damage` has changed its closes in place."""
    close = market.close.copy()
    damage(close)
    return replace(market, close=close)


def found(
    rule: Callable[[Examined], Iterator[Finding]],
    market: Market,
    settings: Settings = FILES,
    today: date = TODAY,
) -> list[tuple[str, str]]:
    """Severity and name of what a rule finds."""
    return [(f.severity, f.name) for f in rule(Examined(market, settings, today))]
