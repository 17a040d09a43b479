"""Building the Panel of a market."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from mech_exo.config.settings import Settings
from mech_exo.data.asof import InForce
from mech_exo.data.liquidity import has_size, has_volume, market_cap, turnover
from mech_exo.data.lookbacks import stated_windows, windows_of
from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, FloatArray, IntArray, Panel
from mech_exo.data.prices import simple_returns
from mech_exo.data.scores import (
    check_stated_windows,
    computed,
    factor_categories,
    missing_factors,
    raw_values,
    technical_scores,
)
from mech_exo.data.sources import load_market
from mech_exo.data.standardise import standardise
from mech_exo.data.universe import eligible, universe_words
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
        If no rebalance date is left, and for a window of the settings that leaves its factor
        without a score, or whose factor the data give.
    """
    check_stated_windows(market, settings.factors)
    rebalance, tradable, within = decisions(market, settings)
    categories = factor_categories(market, listed)
    exposures = np.full((len(rebalance), len(market.symbols), len(categories)), np.nan)
    in_force = InForce()
    for k, name in enumerate(categories):
        exposures[:, :, k] = _scores(market, name, rebalance, tradable, settings, in_force)
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
        computed=tuple(name for name in categories if computed(market, name)),
        sectors=None if market.sectors is None else market.sectors.at(rebalance),
        eligible=within,
        adv=turnover(market, rebalance, settings.data) if has_volume(market) else None,
        size=market_cap(market, rebalance, settings.data) if has_size(market) else None,
        source=market.source,
        frequency=market.frequency,
    )


def _scores(
    market: Market,
    name: str,
    rebalance: IntArray,
    tradable: BoolArray,
    settings: Settings,
    in_force: InForce,
) -> FloatArray:
    share = settings.factors.winsorise
    if stated_windows(name, settings.factors):
        windows = windows_of(name, settings.factors)
        return technical_scores(market, name, rebalance, tradable, windows, share)
    raw = raw_values(market, name, rebalance, settings.data.max_age_days, in_force=in_force)
    return standardise(raw, tradable, share)


def canonical(values: FloatArray) -> FloatArray:
    """Equal numbers as equal bytes: one NaN, one zero, on whatever processor they arose."""
    return np.where(np.isnan(values), np.nan, values) + 0.0


class Decisions(NamedTuple):
    """When portfolios are decided, and from what.

    Attributes
    ----------
    rows
        [M] positions of the dates at whose close one is.
    tradable, eligible
        [M, N], as the panel has them.
    """

    rows: IntArray
    tradable: BoolArray
    eligible: BoolArray | None


def decisions(market: Market, settings: Settings) -> Decisions:
    """The dates at whose close a portfolio is decided, and the names that can be chosen on them.

    Every `backtest.rebalance_days` from `factors.min_history` on, both in sessions of the market's
    frequency, counted from the first date, so that later data never move the grid; dates on which
    fewer than `factors.min_names` names can be chosen are left out.

    Raises
    ------
    ExoError
        If no date is left, and for a minimum of something that the data do not have.
    """
    grid = rebalance_grid(market, settings)
    if not len(grid):
        sessions = len(market.dates)
        first = market.frequency.sessions(settings.factors.min_history)
        raise ExoError(
            f"{market.source}: has {sessions} sessions, the first rebalance needs {first + 1}.",
            hint="Use a longer date range, or lower factors.min_history.",
        )
    tradable: BoolArray = ~np.isnan(market.close[grid])
    within = eligible(market, grid, settings.data)
    if within is not None:
        tradable &= within
    names = np.count_nonzero(tradable, axis=1)
    kept = names >= settings.factors.min_names
    if not kept.any():
        raise _no_date(market, settings, int(names.max()))
    return Decisions(grid[kept], tradable[kept], None if within is None else within[kept])


def _no_date(market: Market, settings: Settings, most: int) -> ExoError:
    """That no date has names enough, and what narrows their choice."""
    least, universe = settings.factors.min_names, universe_words(market, settings.data)
    words = f"no rebalance date has {least} names with a price"
    if universe:
        return ExoError(
            f"{market.source}: {words} in the universe, {most} at most. It holds {universe}.",
            hint="Lower factors.min_names or the minimums of the universe, or use dates with "
            "members.",
        )
    return ExoError(f"{market.source}: {words}, {most} at most.", hint="Lower factors.min_names.")


def rebalance_grid(market: Market, settings: Settings) -> IntArray:
    """Positions of the dates that would be rebalance dates with names enough; may be empty."""
    sessions_of = market.frequency.sessions
    first = sessions_of(settings.factors.min_history)
    step = sessions_of(settings.backtest.rebalance_days)
    return np.arange(first, len(market.dates), step, dtype=np.int64)
