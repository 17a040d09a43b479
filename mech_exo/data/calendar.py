"""Sessions of the synthetic market."""

import numpy as np

from mech_exo.data.panel import DateArray

FIXED_HOLIDAYS = ((1, 1), (7, 4), (12, 25))  # month, day
MONDAY, THURSDAY = 0, 3
# month, weekday, which one of the month (−1: the last)
MOVING_HOLIDAYS = (
    (1, MONDAY, 3),
    (2, MONDAY, 3),
    (5, MONDAY, -1),
    (9, MONDAY, 1),
    (11, THURSDAY, 4),
)


def sessions(first_year: int, years: int) -> DateArray:
    """Weekdays that are no US holiday, from the start of `first_year`: about 253 a year."""
    start = np.datetime64(f"{first_year:04d}-01-01", "D")
    stop = np.datetime64(f"{first_year + years:04d}-01-01", "D")
    holidays = [day for year in range(first_year, first_year + years) for day in _holidays(year)]
    days = np.arange(start, stop)
    return days[np.is_busday(days, holidays=holidays)]


def _holidays(year: int) -> list[np.datetime64]:
    fixed = [np.datetime64(f"{year:04d}-{month:02d}-{day:02d}") for month, day in FIXED_HOLIDAYS]
    return fixed + [_nth_weekday(year, *rule) for rule in MOVING_HOLIDAYS]


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> np.datetime64:
    start = np.datetime64(f"{year:04d}-{month:02d}", "M")
    after = start + np.timedelta64(1, "M")
    days = np.arange(start.astype("datetime64[D]"), after.astype("datetime64[D]"))
    # 1970-01-01 was a Thursday
    matching = days[(days.astype(np.int64) + 3) % 7 == weekday]
    return np.datetime64(matching[nth - 1 if nth > 0 else nth])
