"""From raw factor values to scores on the rebalance dates."""

from collections.abc import Collection, Mapping

import numpy as np

from mech_exo.config.settings import FactorSettings
from mech_exo.data.asof import InForce, as_of
from mech_exo.data.catalogue import CUSTOM_CATEGORY, DEFAULT_FACTORS
from mech_exo.data.lookbacks import WINDOWS, check_windows, in_words, stated_windows
from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, FloatArray, IntArray
from mech_exo.data.standardise import standardise
from mech_exo.data.technical import TECHNICAL
from mech_exo.errors import ExoError


def factor_categories(market: Market, listed: Collection[str] | None = None) -> dict[str, str]:
    """Name -> category of every factor for which the market has data.

    The listed factors first, in their order, then the user's own that are not listed, by name. A
    field that is neither listed nor given a category is raw material, not a factor.

    Parameters
    ----------
    listed
        The factors that a study or a factor file was made with: what became known by name since
        is left out. None: all that are known now.
    """
    names = DEFAULT_FACTORS if listed is None else listed
    fields = market.vintages.keys() | market.daily.keys()
    found = [name for name in names if name in fields or name in TECHNICAL]
    own = (name for name in sorted(fields & market.categories.keys()) if name not in names)
    return {name: _category(market, name) for name in (*found, *own)}


def missing_factors(market: Market, listed: Collection[str] | None = None) -> dict[str, str]:
    """Name -> category of the listed factors for which the market has no data."""
    names = DEFAULT_FACTORS if listed is None else listed
    found = factor_categories(market, listed)
    return {name: _category(market, name) for name in names if name not in found}


def _category(market: Market, name: str) -> str:
    return market.categories.get(name) or DEFAULT_FACTORS.get(name, CUSTOM_CATEGORY)


def computed(market: Market, name: str) -> bool:
    """Whether a factor is computed from the closes: data of that name take its place."""
    return name in TECHNICAL and name not in market.daily and name not in market.vintages


def raw_values(
    market: Market,
    name: str,
    rebalance: IntArray,
    max_age_days: int | None = None,
    windows: Mapping[str, int] | None = None,
    in_force: InForce | None = None,
) -> FloatArray:
    """Values of a factor as they were known at the close of each rebalance date.

    Data take precedence over computation: a column named rsi_14 replaces the computed one.

    Parameters
    ----------
    windows
        Of a computed factor; those left out have their defaults.
    in_force
        Kept from one factor to the next, for those of one table.

    Returns
    -------
    numpy.ndarray
        [M, N]; NaN where unknown.
    """
    if name in market.daily:
        return market.daily[name][rebalance]
    if name in market.vintages:
        dates = market.dates[rebalance]
        names = len(market.symbols)
        return as_of(market.vintages[name], dates, names, max_age_days, in_force)
    return TECHNICAL[name](market, rebalance, **(windows or {}))


def technical_scores(
    market: Market,
    name: str,
    rebalance: IntArray,
    tradable: BoolArray,
    windows: Mapping[str, int],
    winsorise: float,
) -> FloatArray:
    """Scores [M, N] of a computed factor under `windows`, as `standardise` has them.

    Raises
    ------
    ExoError
        For windows that do not go together, and for those that leave no score on any date.
    """
    check_windows(windows)
    scores = standardise(raw_values(market, name, rebalance, None, windows), tradable, winsorise)
    if not np.isfinite(scores).any():
        raise ExoError(
            f"{name} has no score on any date with {in_words(windows)}: the data have "
            f"{len(market.dates)} sessions.",
            hint="Take a shorter window, or more data.",
        )
    return scores


def check_stated_windows(market: Market, settings: FactorSettings) -> None:
    """Raise an ExoError if the settings state a window of a factor that is not computed."""
    for name in dict.fromkeys(window.factor for window in WINDOWS.values()):
        stated = stated_windows(name, settings)
        if stated and not computed(market, name):
            raise ExoError(
                f"factors.{next(iter(stated))} is set, but the data give {name!r} itself, so that "
                "nothing is computed.",
                hint="Remove the setting, or rename the column (data.factors: columns).",
            )


def factor_scores(
    market: Market,
    raw_daily: FloatArray,
    rebalance: IntArray,
    tradable: BoolArray,
    winsorise: float,
) -> FloatArray:
    """Scores of a factor that is given day by day (a user's function).

    Parameters
    ----------
    raw_daily
        [T, N] values known at the close of the day they stand at; NaN or infinite: unknown.
    rebalance, tradable
        [M] and [M, N], as in the Panel.

    Returns
    -------
    numpy.ndarray
        [M, N], as `standardise` has it.
    """
    values = np.asarray(raw_daily, dtype=np.float64)
    expected = (len(market.dates), len(market.symbols))
    if values.shape != expected:
        raise ExoError(
            f"a factor's values have the shape {values.shape}, expected {expected} "
            "(dates, symbols).",
            hint="Return one value for each date and symbol of market.close.",
        )
    return standardise(values[rebalance], tradable, winsorise)
