"""Which frequency a market has, from its dates alone.

What counts is the usual distance of a session from the next, taken over `NEAR` distances at a
time, so that holidays, a missing week or a stray Saturday change nothing, and a stretch of another
frequency shows. Where sessions lie a day apart, the weekdays decide: five of them are a daily
market, seven one of calendar days.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mech_exo.config.settings import DataSettings
from mech_exo.data.frequency import (
    DAILY,
    EVERY_DAY,
    MONTHLY,
    QUARTERLY,
    WEEKLY,
    Frequency,
)
from mech_exo.data.market import Market
from mech_exo.data.panel import DateArray, IntArray
from mech_exo.errors import ExoError

NEAR = 9  # distances of which the middle one is the usual one; odd
FEWEST = 5  # distances below which nothing is refused
BLOCK_WEEKS = 13  # in which the weekdays are counted
TRADED = 0.5  # a weekday belongs to the market if more than this share of them has a session
FULL_DAYS = 6.4  # sessions a week that are no less than calendar days, where weeks are few
THIN_WEEK = 4.2  # sessions a week below which a market is not one of five days
CROWDED = 1.06  # times as many sessions a year as a frequency has are not that frequency
# Lowest distance in days of each kind, and what it is; None is none that has a name.
KINDS: tuple[tuple[int, Frequency | None], ...] = (
    (0, DAILY),
    (5, WEEKLY),
    (10, None),
    (25, MONTHLY),
    (37, None),
    (80, QUARTERLY),
    (101, None),
)
_LOWEST = np.array([low for low, _ in KINDS[1:]])
_BY_HAND = "data.periods_per_year"


def with_frequency(market: Market, data: DataSettings) -> Market:
    """The market with its frequency: as `data.periods_per_year` says, or as the sessions show it.

    Raises
    ------
    ExoError
        As `recognised`.
    """
    stated = data.periods_per_year
    if stated is not None:
        return replace(market, frequency=Frequency.stated(stated))
    return replace(market, frequency=recognised(market.dates, market.source))


def recognised(dates: DateArray, origin: str) -> Frequency:
    """The frequency of some sessions [T], strictly increasing.

    Parameters
    ----------
    origin
        What the data are, for messages.

    Raises
    ------
    ExoError
        If the frequency changes on the way, or is none of those that have a name.
    """
    day = dates.astype("datetime64[D]").astype(np.int64)
    gaps = np.diff(day)
    if len(gaps) < FEWEST:
        usual = KINDS[_kind(_middle(gaps))][1] if len(gaps) else None
        return usual or DAILY
    kinds = _kind(_usual(gaps))
    other = np.flatnonzero(kinds != kinds[0])
    if len(other):
        at = int(other[0])
        after = min(at + NEAR // 2, len(gaps) - 1)
        words = (_named(gaps[: at + 1], int(kinds[0])), _named(gaps[at:], int(kinds[after])))
        raise _mixed(origin, words, dates[at], dates[at + 1])
    frequency = KINDS[int(kinds[0])][1]
    if frequency is DAILY:
        return _by_weekdays(dates, origin)
    if frequency is None or _crowded(day, frequency):
        raise _nameless(origin, f"{_middle(gaps)} days apart, and {round(_rate(day))} a year", day)
    return frequency


def _middle(gaps: IntArray) -> int:
    """The middle one of some distances: one of them, never between two."""
    return int(np.sort(gaps)[len(gaps) // 2])


def _usual(gaps: IntArray) -> IntArray:
    """The usual distance around each: the middle one of the nearest `NEAR`."""
    if len(gaps) < NEAR:
        return np.full(len(gaps), _middle(gaps))
    middle = np.sort(sliding_window_view(gaps, NEAR), axis=1)[:, NEAR // 2]
    return np.pad(middle, NEAR // 2, mode="edge").astype(np.int64)


def _kind(gaps: "IntArray | int") -> IntArray:
    """Positions in `KINDS`."""
    return np.searchsorted(_LOWEST, gaps, side="right")


def _named(gaps: IntArray, kind: int) -> str:
    frequency = KINDS[kind][1]
    return frequency.name if frequency else f"some {_middle(gaps)} days apart"


def _crowded(day: IntArray, frequency: Frequency) -> bool:
    """Whether a year has clearly more sessions than it should: weekly and month ends, 28 days."""
    enough = len(day) > min(2 * frequency.periods_per_year, 2 * NEAR)
    return enough and _rate(day) > CROWDED * frequency.periods_per_year


def _rate(day: IntArray) -> float:
    """Sessions a year."""
    return float((len(day) - 1) * 365.25 / (day[-1] - day[0]))


def _by_weekdays(dates: DateArray, origin: str) -> Frequency:
    """Of sessions that lie a day or two apart."""
    day = dates.astype("datetime64[D]").astype(np.int64)
    weeks = int(day[-1] - day[0] + 1) // 7
    gaps = np.diff(day)
    if weeks < 4:
        full = 7.0 * len(gaps) / float(day[-1] - day[0]) >= FULL_DAYS
        return EVERY_DAY if full and weeks else DAILY
    # [weeks, 7] whether there was a session; a week begins with the first session's weekday
    present = np.zeros(weeks * 7, dtype=np.bool_)
    present[day[day < day[0] + len(present)] - day[0]] = True
    table = present.reshape(weeks, 7)
    whole = _weekdays(table)
    _check_weeks(table, whole, dates[0], origin)
    held = 7.0 * len(gaps) / float(np.minimum(gaps, 4).sum())
    if whole == 6 or (whole < 6 and len(dates) >= 30 and held < THIN_WEEK):
        raise _nameless(origin, f"{round(held)} a week", day)
    return EVERY_DAY if whole == 7 else DAILY


def _weekdays(table: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> int:
    """How many weekdays belong to the market; five at least."""
    return max(5, int((table.mean(axis=0) > TRADED).sum()))


def _check_weeks(
    table: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]",
    whole: int,
    first: np.datetime64,
    origin: str,
) -> None:
    """Refuse weeks of five days and weeks of seven in one market, a quarter of a year of either."""
    blocks = len(table) // BLOCK_WEEKS
    if blocks < 2:
        return
    found = [_weekdays(table[b * BLOCK_WEEKS : (b + 1) * BLOCK_WEEKS]) for b in range(blocks)]
    lowest, highest = min(found), max(found)
    lasting = any(a == b == 6 for a, b in pairwise(found)) and whole != 6
    if highest - lowest < 2 and not lasting:
        return
    before = found[0]
    changed = next((b for b in range(blocks) if found[b] != before), blocks)
    after = found[min(changed + 1, blocks - 1)]
    later = after if after != before else found[changed]
    held = table.sum(axis=1) > (before + later) / 2  # whether a week is one of the fuller kind
    new = held == (later > before)
    start = max(0, (changed - 1) * BLOCK_WEEKS)
    steady = [w for w in range(start, len(new) - 3) if new[w : w + 4].all()]
    at = first + np.timedelta64(7 * (steady[0] if steady else changed * BLOCK_WEEKS), "D")
    words = (f"{before} a week", f"{later} a week")
    raise _mixed(origin, words, at - np.timedelta64(1, "D"), at)


def _mixed(
    origin: str, words: tuple[str, str], until: np.datetime64, since: np.datetime64
) -> ExoError:
    return ExoError(
        f"{origin}: the sessions are {words[0]} until {until} and {words[1]} from {since} on; "
        "figures a year need one frequency.",
        hint=f"Use one part (data.end: {until}, or data.start: {since}), or say how many sessions "
        f"are a year: {_BY_HAND}.",
    )


def _nameless(origin: str, words: str, day: IntArray) -> ExoError:
    return ExoError(
        f"{origin}: the sessions are {words}; that is none of the frequencies that are known "
        "(daily, weekly, monthly, quarterly, calendar days).",
        hint=f"Say how many sessions are a year: {_BY_HAND}; here they are about "
        f"{max(1, round(_rate(day)))}.",
    )
