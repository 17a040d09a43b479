"""Figures of weekly, monthly and calendar-day markets are those that pandas gives by hand."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mech_exo.backtest import metrics
from mech_exo.backtest.candidate import Candidate
from mech_exo.backtest.comparison import universe_metrics
from mech_exo.backtest.kernel import Kernel
from mech_exo.config.settings import BacktestSettings, DataSettings, Settings
from mech_exo.data.build import build_panel
from mech_exo.data.frames import frame_market
from mech_exo.data.frequency import DAILY, EVERY_DAY, MONTHLY, QUARTERLY, WEEKLY, Frequency
from mech_exo.data.panel import Panel
from tests.unit.backtest.comparison import agree, candidate
from tests.unit.backtest.markets import random_panel, suspended_panel
from tests.unit.data.one_market import Version, versions

VERSIONS = versions()
FREE = BacktestSettings(commission_bps=0.0, slippage_bps=0.0)


def panel_of_version(version: Version, **data: float) -> Panel:
    settings = Settings(data=DataSettings(source="frames", **data))  # type: ignore[arg-type]
    return build_panel(frame_market(version.prices, {}, settings.data), settings)


@pytest.mark.parametrize("name", VERSIONS)
def test_annual_figures_are_those_of_pandas(name: str) -> None:
    """By hand from the returns of the portfolio, at the periods of the file."""
    version = VERSIONS[name]
    panel = panel_of_version(version)
    rules = BacktestSettings(risk_free=0.02)
    weights = np.zeros(len(panel.factor_names))
    weights[panel.factor_names.index("momentum_12_1")] = 1.0
    result = Kernel(panel, rules).run(Candidate(weights, 0.05, 0.3, 0.25))
    year, rho = version.periods_per_year, 0.02 / version.periods_per_year
    r: Any = pd.Series(result.returns)
    b: Any = pd.Series(result.benchmark_returns)
    below = np.minimum(r - rho, 0.0)
    hand = {
        "sharpe": (r.mean() - rho) / r.std(ddof=1) * math.sqrt(year),
        "volatility": r.std(ddof=1) * math.sqrt(year),
        "annual_return": (1.0 + r).prod() ** (year / len(r)) - 1.0,
        "sortino": (r - rho).mean() / math.sqrt((below**2).mean()) * math.sqrt(year),
        "active_return": (r - b).mean() * year,
        "information_ratio": (r - b).mean() / (r - b).std(ddof=1) * math.sqrt(year),
        "turnover": 0.5 * result.traded.sum() * year / len(r),
    }
    hand["calmar"] = hand["annual_return"] / result.metric("max_drawdown")
    for metric, value in hand.items():
        assert result.metric(metric) == pytest.approx(value, rel=1e-12, abs=1e-12), metric
    assert result.periods_per_year == year
    universe = universe_metrics(result)
    assert universe["sharpe"] == pytest.approx(
        (b.mean() - rho) / b.std(ddof=1) * math.sqrt(year), rel=1e-12
    )


@pytest.mark.parametrize("name", VERSIONS)
def test_one_stock_without_costs_has_the_ratio_of_its_file(name: str) -> None:
    """Nothing of exo's in it: `prices.pct_change()` of the sessions that the path has."""
    prices: Any = VERSIONS[name].prices[["S04"]]
    year = VERSIONS[name].periods_per_year
    panel = panel_of_version(Version(prices, year))
    rows = len(panel.rebalance)
    panel = replace(
        panel,
        exposures=np.ones((rows, 1, 1)),
        factor_names=("f",),
        factor_categories=("custom",),
    )
    result = Kernel(panel, FREE).run(Candidate(np.ones(1), 0.0, 1.0, 1.0))
    held = prices.loc[pd.DatetimeIndex(result.dates), "S04"].pct_change().fillna(0.0)
    np.testing.assert_allclose(result.returns, held, rtol=0.0, atol=1e-12)
    by_hand = held.mean() / held.std(ddof=1) * math.sqrt(year)
    assert result.metric("sharpe") == pytest.approx(by_hand, rel=1e-12)


def test_the_frequencies_of_one_market_agree_on_its_volatility() -> None:
    """Not so with √252 for all: months would be 4.6 times as volatile as they are."""
    found = {}
    for name, version in VERSIONS.items():
        steps: Any = version.prices.mean(axis=1).pct_change().dropna().to_numpy()
        found[name] = metrics.volatility(steps, version.periods_per_year)
    # five of seven days' movement is seen by weekdays as well: weekends are in Monday's return
    assert max(found.values()) < 1.35 * min(found.values())


FREQUENCIES = (DAILY, WEEKLY, MONTHLY, QUARTERLY, EVERY_DAY, Frequency.stated(100))


@pytest.mark.parametrize("frequency", FREQUENCIES, ids=lambda f: f.name or "stated")
@pytest.mark.parametrize("seed", range(4))
def test_delisting_is_counted_in_days(frequency: Frequency, seed: int) -> None:
    """The kernel against the loop of docs/conventions.md, which counts sessions."""
    for panel in (random_panel(seed, holes=0.2), suspended_panel(seed)):
        rules = BacktestSettings(delist_after=10, delisting_return=0.3)
        proposal = candidate(*[1.0] * len(panel.factor_names))
        agree(replace(panel, frequency=frequency), rules, proposal)


def test_a_daily_market_keeps_every_bit() -> None:
    panel = panel_of_version(VERSIONS["daily"])
    stated = panel_of_version(VERSIONS["daily"], periods_per_year=252.0)
    assert panel.fingerprint == stated.fingerprint
    other = panel_of_version(VERSIONS["daily"], periods_per_year=250.0)
    assert panel.fingerprint != other.fingerprint
