"""Building the Panel of a market."""

from collections.abc import Collection

import numpy as np

from mech_exo.config.settings import Settings
from mech_exo.data.factors import factor_categories, missing_factors, raw_values
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, IntArray, Panel
from mech_exo.data.prices import simple_returns
from mech_exo.data.sources import load_market
from mech_exo.data.standardise import standardise
from mech_exo.errors import ExoError


def load_panel(settings: Settings) -> Panel:
    """The panel that the settings describe, read from its source."""
    return build_panel(load_market(settings), settings)


def build_panel(market: Market, settings: Settings, listed: Collection[str] | None = None) -> Panel:
    """Standardised scores on the rebalance dates, from what was known at each.

    Parameters
    ----------
    listed
        The factors that a study or a factor file was made with, in the order of its weights
        (`data.factors.factor_categories`). None: all that are known now.

    Raises
    ------
    ExoError
        If no rebalance date is left.
    """
    rebalance = rebalance_rows(market, settings)
    tradable = ~np.isnan(market.close[rebalance])
    categories = factor_categories(market, listed)
    exposures = np.full((len(rebalance), len(market.symbols), len(categories)), np.nan)
    for k, name in enumerate(categories):
        raw = raw_values(market, name, rebalance, settings.data.max_age_days)
        exposures[:, :, k] = standardise(raw, tradable, settings.factors.winsorise)
    exposures = canonical(exposures)
    return Panel(
        dates=market.dates,
        symbols=market.symbols,
        returns=canonical(simple_returns(market.close)),
        exposures=exposures,
        factor_names=tuple(categories),
        factor_categories=tuple(categories.values()),
        rebalance=rebalance,
        tradable=tradable,
        missing_factors=missing_factors(market, listed),
        source=market.source,
    )


def canonical(values: FloatArray) -> FloatArray:
    """Equal numbers as equal bytes: one NaN, one zero, on whatever processor they arose."""
    return np.where(np.isnan(values), np.nan, values) + 0.0


def rebalance_rows(market: Market, settings: Settings) -> IntArray:
    """Positions [M] of the dates at whose close a portfolio is decided.

    Every `backtest.rebalance_days`-th session from the position `factors.min_history` on, counted
    from the first date, so that later data never move the grid; dates on which fewer than
    `factors.min_names` names have a price are left out.
    """
    first, step = settings.factors.min_history, settings.backtest.rebalance_days
    sessions = len(market.dates)
    grid = np.arange(first, sessions, step, dtype=np.int64)
    if not len(grid):
        raise ExoError(
            f"{market.source}: has {sessions} sessions, the first rebalance needs {first + 1}.",
            hint="Use a longer date range, or lower factors.min_history.",
        )
    names = np.count_nonzero(~np.isnan(market.close[grid]), axis=1)
    kept: IntArray = grid[names >= settings.factors.min_names]
    if not len(kept):
        raise ExoError(
            f"{market.source}: no rebalance date has {settings.factors.min_names} names with a "
            f"price, {int(names.max())} at most.",
            hint="Lower factors.min_names.",
        )
    return kept
