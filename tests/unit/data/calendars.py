"""Calendars of sessions as markets and vendors have them."""

import numpy as np

from mech_exo.data.panel import DateArray

DAY = np.timedelta64(1, "D")


def day(text: str) -> np.datetime64:
    return np.datetime64(text, "D")


def every_day(start: str = "2018-01-01", count: int = 900) -> DateArray:
    return day(start) + np.arange(count) * DAY


def weekdays(start: str = "2015-01-01", count: int = 1300, mask: str = "1111100") -> DateArray:
    days = day(start) + np.arange(3 * count) * DAY
    return days[np.is_busday(days, weekmask=mask)][:count]


def weekly(start: str = "2010-01-01", count: int = 300, step: int = 7) -> DateArray:
    return day(start) + np.arange(count) * step * DAY


def month_ends(start: str = "2000-01", count: int = 160, step: int = 1) -> DateArray:
    """Last calendar days of months."""
    first = np.datetime64(start, "M") + 1
    months = np.arange(first, first + step * count, step, dtype="datetime64[M]")
    return np.asarray(months.astype("datetime64[D]") - DAY, dtype="datetime64[D]")


def month_starts(start: str = "2000-01", count: int = 160, offset: int = 0) -> DateArray:
    first = np.datetime64(start, "M")
    months = np.arange(first, first + count, dtype="datetime64[M]")
    return np.asarray(months.astype("datetime64[D]") + offset * DAY, dtype="datetime64[D]")


def business(days: DateArray, roll: str = "backward") -> DateArray:
    """The nearest weekdays before or after."""
    return np.busday_offset(days, 0, roll=roll)  # type: ignore[call-overload, no-any-return]


def third_fridays(start: str = "2000-01", count: int = 160) -> DateArray:
    months = np.datetime64(start, "M") + np.arange(count)
    return np.busday_offset(months, 2, roll="forward", weekmask="Fri")


def without(days: DateArray, *positions: int) -> DateArray:
    return np.delete(days, positions)


def thinned(days: DateArray, share: float, seed: int = 0) -> DateArray:
    """Some dates left out at random; the first and the last stay."""
    kept = np.random.default_rng(seed).random(len(days)) >= share
    kept[[0, -1]] = True
    return days[kept]


def joined(*parts: DateArray) -> DateArray:
    return np.unique(np.concatenate(parts))


def shifted(days: DateArray, share: float, by: int, seed: int = 1) -> DateArray:
    """Some dates moved by so many days."""
    moved = np.random.default_rng(seed).random(len(days)) < share
    return np.unique(days + np.where(moved, by, 0) * DAY)


def after(days: DateArray, start: str) -> DateArray:
    return days[days >= day(start)]


def before(days: DateArray, stop: str) -> DateArray:
    return days[days < day(stop)]


def new_year_closures(days: DateArray) -> DateArray:
    """Without ten days in February and eight in October, as in China."""
    since = (days - days.astype("datetime64[Y]").astype("datetime64[D]")).astype(int)
    open_then: DateArray = days[
        ~(((since >= 38) & (since < 48)) | ((since >= 273) & (since < 281)))
    ]
    return open_then
