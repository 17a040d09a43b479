"""Scores of factors under their arguments, from no more than the panel's dates."""

import contextlib
import hashlib
import sys
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.config.settings import Settings
from mech_exo.data.build import canonical
from mech_exo.data.identity import DataIdentity, liquidity_hash
from mech_exo.data.market import Market
from mech_exo.data.panel import FloatArray, IntArray, Panel
from mech_exo.data.scores import factor_scores, technical_scores
from mech_exo.errors import ExoError
from mech_exo.objective.computed_factors import ComputedFactor
from mech_exo.objective.factor import CustomFactor
from mech_exo.objective.factor_names import check_against_panel
from mech_exo.objective.mandates import reads_liquidity
from mech_exo.objective.spec import ObjectiveSpec

Factor = CustomFactor | ComputedFactor


def extend_panel(panel: Panel, market: Market, spec: ObjectiveSpec, settings: Settings) -> Panel:
    """`panel`, as it was built, with the scores of the file's factors that take no parameter.

    The functions see `market` up to the panel's last date and nothing after it: extend the
    in-sample panel for trials, and the whole one to judge a result out of sample.

    Raises
    ------
    ExoError
        For a function that fails or returns anything but one value a date and name, with its
        line; for one named like a factor that has data; for a market that is not the panel's.
    """
    check_against_panel(spec.factors, spec.label, panel)
    fixed = [f for f in spec.factors if not f.parametrised]
    return with_arguments(panel, {f: {} for f in fixed}, known(market, panel), spec, settings)


def with_arguments(
    panel: Panel,
    arguments: Mapping[Factor, Mapping[str, Any]],
    market: Market,
    spec: ObjectiveSpec,
    settings: Settings,
) -> Panel:
    """`panel` with the scores of these factors under these arguments; see `with_scores`.

    Parameters
    ----------
    market
        Known at the panel's last date.
    """
    return with_scores(
        panel,
        {f: scores_of(f, given, panel, market, spec, settings) for f, given in arguments.items()},
    )


def with_scores(panel: Panel, scores: Mapping[Factor, FloatArray]) -> Panel:
    """`panel` with these scores [M, N]: in its factor's place, or at the end for one it has not."""
    if not scores:
        return panel
    place = {name: k for k, name in enumerate(panel.factor_names)}
    new = [f for f in scores if isinstance(f, CustomFactor)]
    exposures = np.concatenate(
        [panel.exposures, *(scores[f][:, :, np.newaxis] for f in new)], axis=2
    )
    for factor in scores.keys() - set(new):
        exposures[:, :, place[factor.name]] = scores[factor]
    names = {f.name for f in new}
    return replace(
        panel,
        exposures=exposures,
        factor_names=panel.factor_names + tuple(f.name for f in new),
        factor_categories=panel.factor_categories + tuple(f.category for f in new),
        missing_factors={n: c for n, c in panel.missing_factors.items() if n not in names},
    )


def scores_of(
    factor: Factor,
    arguments: Mapping[str, Any],
    panel: Panel,
    market: Market,
    spec: ObjectiveSpec,
    settings: Settings,
) -> FloatArray:
    """Scores [M, N] of a factor on the panel's rebalance dates, NaN where unknown.

    Raises
    ------
    ExoError
        For a function of the file that fails, a window that leaves no score, and a market that is
        not the panel's.
    """
    rows, share = _rows(market, panel), settings.factors.winsorise
    if isinstance(factor, ComputedFactor):
        scores = technical_scores(market, factor.name, rows, panel.tradable, arguments, share)
    else:
        raw = own_values(factor, market, arguments, spec)
        scores = factor_scores(market, raw, rows, panel.tradable, share)
    return canonical(scores)


def own_values(
    factor: CustomFactor, market: Market, arguments: Mapping[str, Any], spec: ObjectiveSpec
) -> FloatArray:
    """What the user's function returns for `market`, checked: [T, N], NaN unknown, never ±∞.

    Raises
    ------
    ExoError
        For a function that fails or returns anything else, with its line.
    """
    where = f"{spec.label}:{factor.line}: factor {factor.name!r}"
    with np.errstate(all="ignore"):
        try:
            with contextlib.redirect_stdout(sys.stderr):
                returned = factor.function(market, **arguments)
        except (Exception, SystemExit) as error:
            raise spec.mistake(error) from error
    try:
        values = np.array(returned, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ExoError(
            f"{where} returned {type(returned).__name__}, expected an array of numbers."
        ) from error
    if values.shape != market.close.shape:
        raise ExoError(
            f"{where} returned the shape {values.shape}, expected {market.close.shape}.",
            hint="Return one value for each date and name of market.close.",
        )
    if np.isinf(values).any():
        t, n = np.argwhere(np.isinf(values))[0]
        raise ExoError(
            f"{where} is infinite for {market.symbols[n]} on {market.dates[t]}.",
            hint="Return NaN where a value is unknown.",
        )
    return values


def check_repeats(
    spec: ObjectiveSpec, market: Market, arguments: Mapping[str, Mapping[str, Any]]
) -> None:
    """Raise an ExoError if a factor of the file has other values when it is computed again.

    Once more by the function that `spec` holds, which has been called before, and once by that of
    a copy: a state that it keeps shows, and what is drawn when the file is run.

    Parameters
    ----------
    market
        What the functions see, twice.
    arguments
        Factor -> arguments, of those that take any.
    """
    again = ObjectiveSpec.compile(spec.source, spec.label)  # as each process does
    for factor, copy in zip(spec.factors, again.factors, strict=True):
        given = arguments.get(factor.name, {})
        one, two = (own_values(f, market, given, spec) for f in (factor, copy))
        if np.array_equal(one, two, equal_nan=True):
            continue
        t, n = np.argwhere((one != two) & ~(np.isnan(one) & np.isnan(two)))[0]
        raise ExoError(
            f"{spec.label}:{factor.line}: factor {factor.name!r} is {one[t, n]:.6g} and then "
            f"{two[t, n]:.6g} for {market.symbols[n]} on {market.dates[t]}, computed twice.",
            hint="It must depend on the market and its arguments alone: draw no random numbers, "
            "keep no state.",
        )


def data_identity(
    panel: Panel, market: Market | None, spec: ObjectiveSpec, settings: Settings
) -> DataIdentity:
    """All data that a trial depends on, one hash per part.

    Of the panel (as it was built, not extended); if the file has factors of its own or may suggest
    a window, of the market up to the panel's last date as well, since they may read any of it.

    Raises
    ------
    ValueError
        If the market is needed and not given.
    """
    liquid = reads_liquidity(settings, spec)
    if not spec.reads_market:
        return DataIdentity.of(panel, liquid=liquid)
    if market is None:
        raise ValueError(f"{spec.label} needs the market")
    return DataIdentity.of(panel, known(market, panel), liquid=liquid)


def data_fingerprint(panel: Panel, market: Market | None, spec: ObjectiveSpec) -> str:
    """One SHA-256, in hex, of the data of `data_identity`, as the files of kernel 1 state it.

    Raises
    ------
    ValueError
        If the market is needed and not given.
    """
    if not spec.reads_market:
        return panel.fingerprint
    if market is None:
        raise ValueError(f"{spec.label} needs the market")
    return market_fingerprint(panel, market)


def liquidity_part(panel: Panel, settings: Settings, spec: ObjectiveSpec) -> dict[str, str]:
    """What the fingerprint of `data_fingerprint` lacks, by name; {} where nothing reads it."""
    found = liquidity_hash(panel) if reads_liquidity(settings, spec) else ""
    return {"liquidity": found} if found else {}


def market_fingerprint(panel: Panel, market: Market) -> str:
    """SHA-256, in hex, of a panel and of the market up to its last date."""
    seen = known(market, panel)
    arrays: dict[str, NDArray[Any]] = {"dates": seen.dates, "close": seen.close}
    arrays |= {f"daily.{name}": values for name, values in seen.daily.items()}
    for name, vintage in seen.vintages.items():
        arrays |= {f"vintage.{name}.{f.name}": getattr(vintage, f.name) for f in fields(vintage)}
    digest = hashlib.sha256(f"{panel.fingerprint}{seen.symbols!r}".encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(repr((name, array.shape, array.dtype.str)).encode())
        digest.update(array.view(np.uint8).data)
    return digest.hexdigest()


def market_for(spec: ObjectiveSpec, market: Market, stop: int) -> Market:
    """The market up to position `stop`, exclusive, for trials.

    Closes alone, of which windows are computed, if the file has nothing that reads more: facts
    can take ten times as much memory.
    """
    return (market if spec.reads_market else market.closes).until(stop)


def known(market: Market, panel: Panel) -> Market:
    """`market` as it was known at the panel's last date."""
    stop = int(np.searchsorted(market.dates, panel.dates[-1], side="right"))
    return market.until(stop) if stop < len(market.dates) else market


def _rows(market: Market, panel: Panel) -> IntArray:
    """Positions of the panel's rebalance dates in the market's dates."""
    dates = panel.dates[panel.rebalance]
    rows = np.searchsorted(market.dates, dates)
    inside = rows < len(market.dates)
    if market.symbols != panel.symbols or not (
        inside.all() and (market.dates[rows] == dates).all()
    ):
        raise ExoError("the market's dates and names are not those of the panel.")
    return rows.astype(np.int64)
