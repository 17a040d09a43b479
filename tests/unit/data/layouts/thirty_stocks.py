"""Thirty made-up stocks, the same in every layout, and the panel that all of them must give."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mech_exo.config.load import settings_from_mapping
from mech_exo.data.build import build_panel
from mech_exo.data.files import file_market
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, Panel

NAMES, SESSIONS = 30, 140
SYMBOLS = [f"S{i:02d}" for i in range(NAMES)]
LATE, DELISTED, SPLIT = 3, 7, 11
PUBLISHED_AFTER = 40  # days
FACTORS = {"min_history": 45, "momentum_window": 2, "volatility_long_window": 40}


@dataclass(frozen=True)
class Stocks:
    """Long tables: `prices` (date, symbol, adjusted, close, volume), `facts` (symbol, end, public,
    roe, growth), the second of which has a restatement.
    """

    prices: pd.DataFrame
    facts: pd.DataFrame

    def wide(self, field: str) -> pd.DataFrame:
        """A column for each symbol, dates as the index."""
        return self.prices.set_index(["date", "symbol"])[field].unstack("symbol")  # noqa: PD010

    @property
    def first_reports(self) -> pd.DataFrame:
        """The facts without the restatement."""
        return self.facts.iloc[:-1]


@cache
def stocks() -> Stocks:
    """One listed late, one delisted, gaps, and a split of seven for one that closes show."""
    rng = np.random.default_rng(13)
    dates = pd.bdate_range("2019-01-02", periods=SESSIONS)
    steps = 0.0003 + 0.01 * rng.standard_normal((SESSIONS, NAMES))
    adjusted = 40.0 * np.exp(np.cumsum(steps, axis=0)) * rng.uniform(0.5, 3.0, NAMES)
    adjusted[:50, LATE] = np.nan
    adjusted[110:, DELISTED] = np.nan
    holes = rng.random(adjusted.shape) < 0.004
    holes[[0, 50, 109, -1]] = False
    adjusted[holes] = np.nan
    close = adjusted.copy()
    close[:70, SPLIT] *= 7.0
    long = pd.DataFrame(
        {
            "date": np.repeat(dates, NAMES),
            "symbol": np.tile(SYMBOLS, SESSIONS),
            "adjusted": adjusted.ravel(),
            "close": close.ravel(),
            "volume": rng.integers(1_000, 9_000, adjusted.size),
        }
    ).dropna()
    ends = pd.to_datetime(["2018-09-30", "2018-12-31", "2019-03-31"])
    rows = [
        (symbol, end, end + pd.Timedelta(days=PUBLISHED_AFTER), *rng.random(2))
        for symbol in SYMBOLS
        for end in ends
    ]
    rows.append((SYMBOLS[5], ends[1], ends[1] + pd.Timedelta(days=75), 0.9, 0.8))
    facts = pd.DataFrame(rows, columns=["symbol", "end", "public", "roe", "growth"])
    return Stocks(long.reset_index(drop=True), facts)


def market_of(data: dict[str, Any]) -> Market:
    """The market of settings of `data`."""
    return file_market(settings_of(data).data)


def settings_of(data: dict[str, Any]) -> Any:
    """Settings with these `data`, paths as texts."""
    return settings_from_mapping({"data": {"source": "files"} | data, "factors": FACTORS}, "test")


def panel_of(data: dict[str, Any]) -> Panel:
    """The panel of settings of `data`."""
    return build_panel(market_of(data), settings_of(data))


def plain_files(folder: Path, *, restated: bool = True) -> dict[str, Any]:
    """The stocks in the plainest form that there is, and the settings that load it."""
    made = stocks()
    prices = made.prices[["date", "symbol", "adjusted"]].set_axis(
        ["date", "symbol", "close"], axis=1
    )
    prices.rename(columns={"adjusted": "close"}).to_csv(folder / "plain.csv", index=False)
    names = {"end": "period_end", "public": "available_date", "roe": "return_on_equity"}
    facts = (made.facts if restated else made.first_reports).rename(
        columns=names | {"growth": "revenue_growth"}
    )
    kept = ["symbol", "period_end", "available_date", "return_on_equity", "revenue_growth"]
    facts[kept].to_csv(folder / "plain_facts.csv", index=False)
    return {
        "prices": str(folder / "plain.csv"),
        "factors": [{"file": str(folder / "plain_facts.csv")}],
    }


def assert_same(panel: Panel, expected: Panel, tolerance: float = 0.0) -> None:
    """The same panel; bit for bit unless a tolerance is given, whatever the names are."""
    assert len(panel.symbols) == NAMES
    assert (panel.dates == expected.dates).all()
    assert panel.factor_names == expected.factor_names
    assert (panel.rebalance == expected.rebalance).all()
    assert (panel.tradable == expected.tradable).all()
    for one, other in (
        (panel.returns, expected.returns),
        (panel.exposures, expected.exposures),
    ):
        _assert_equal(one, other, tolerance)


def _assert_equal(one: FloatArray, other: FloatArray, tolerance: float) -> None:
    if tolerance:
        np.testing.assert_allclose(one, other, rtol=0.0, atol=tolerance)
    else:
        np.testing.assert_array_equal(one, other)
