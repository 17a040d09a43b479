"""What the synthetic companies publish: quarterly reports, news, analysts' revisions.

Everything comes with the date on which it became public. Fundamentals lag the end of their
quarter by 25 to 75 days, one report in twenty is restated later, and some values are missing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mech_exo.data.draws import Draws
from mech_exo.data.market import Vintage
from mech_exo.data.panel import DateArray, FloatArray

QUARTERS_BEFORE = 4  # reported before the first session
RESTATED_SHARE = 0.05


@dataclass(frozen=True)
class Field:
    """How one field behaves; `shape` turns a standard normal state into its unit."""

    memory: float  # from one period to the next
    missing: float  # share published as missing
    uncovered: float  # share of the names that never have a value
    shape: Callable[[FloatArray], FloatArray]


REPORTED: dict[str, Field] = {
    "pe_ratio": Field(0.8, 0.05, 0.0, lambda x: 18.0 + 6.0 * x + 1.2 * x * x),
    "return_on_equity": Field(0.8, 0.02, 0.0, lambda x: 0.12 + 0.08 * x),
    "revenue_growth": Field(0.7, 0.02, 0.0, lambda x: 0.06 + 0.09 * x),
    "earnings_growth": Field(0.6, 0.06, 0.0, lambda x: 0.08 + 0.25 * x + 0.05 * x * x * x),
}
PUBLISHED: dict[str, Field] = {
    "news_sentiment": Field(0.85, 0.03, 0.05, lambda x: np.clip(0.35 * x, -1.0, 1.0)),
    "analyst_revisions": Field(0.85, 0.0, 0.1, lambda x: 0.02 * x),
}
PUBLISHED_EVERY = 5  # sessions


def reports(dates: DateArray, names: int, seed: int) -> dict[str, Vintage]:
    """All published fields, those that become public after the last session left out."""
    last = dates[-1]
    quarters = _quarter_ends(dates)
    made: dict[str, Vintage] = {}
    lag = Draws(seed, 10).uniform(len(quarters), names)
    available = quarters[:, None] + (25 + np.floor(50.0 * lag)).astype("timedelta64[D]")
    for stream, (name, field) in enumerate(REPORTED.items(), start=20):
        draws = Draws(seed, stream)
        first = _values(draws, field, len(quarters), names)
        made[name] = _restated(draws, field, first, quarters, available, last)
    days = dates[::PUBLISHED_EVERY]
    for stream, (name, field) in enumerate(PUBLISHED.items(), start=40):
        value = _values(Draws(seed, stream), field, len(days), names)
        same_day = np.broadcast_to(days[:, None], value.shape)
        made[name] = _vintage(value, same_day, same_day, last)
    return made


def _values(draws: Draws, field: Field, periods: int, names: int) -> FloatArray:
    """[periods, N] values; NaN where published as missing or never covered."""
    value = field.shape(draws.persistent(periods, field.memory, names))
    missing = draws.uniform(periods, names) < field.missing
    uncovered = draws.uniform(names) < field.uncovered
    return np.where(missing | uncovered, np.nan, value)


def _restated(
    draws: Draws,
    field: Field,
    first: FloatArray,
    quarters: DateArray,
    available: DateArray,
    last: np.datetime64,
) -> Vintage:
    """First reports, and later corrections of some of them."""
    again = draws.uniform(*first.shape) < RESTATED_SHARE
    spread = field.shape(np.ones(1)) - field.shape(np.zeros(1))
    corrected = first + 0.5 * spread * draws.normal(*first.shape)
    delay = (40 + np.floor(160.0 * draws.uniform(*first.shape))).astype("timedelta64[D]")
    period = np.broadcast_to(quarters[:, None], first.shape)
    return _vintage(
        np.concatenate([first, np.where(again, corrected, np.nan)]),
        np.concatenate([period, period]),
        np.concatenate([available, available + delay]),
        last,
        np.concatenate([np.ones_like(again), again & ~np.isnan(first)]),
    )


def _vintage(
    value: FloatArray,
    period: DateArray,
    available: DateArray,
    last: np.datetime64,
    stated: np.ndarray | None = None,
) -> Vintage:
    keep = available <= last
    if stated is not None:
        keep &= stated
    symbol = np.broadcast_to(np.arange(value.shape[1])[None, :], value.shape)
    return Vintage(symbol[keep], period[keep], available[keep], value[keep])


def _quarter_ends(dates: DateArray) -> DateArray:
    """Last days of the quarters from a year before the first session to the last session."""
    first = dates[0].astype("datetime64[M]").astype(np.int64) // 3 - QUARTERS_BEFORE
    stop = dates[-1].astype("datetime64[M]").astype(np.int64) // 3
    after = (np.arange(first, stop + 1) * 3 + 3).astype("datetime64[M]")
    ends: DateArray = np.subtract(after.astype("datetime64[D]"), np.timedelta64(1, "D"))
    return ends
