"""One market of calendar days, and what is left of it in files of other frequencies."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

YEARS = 12


class Version(NamedTuple):
    """The closes of some of its days, and how many of them are a year."""

    prices: pd.DataFrame
    periods_per_year: float


def calendar_days(names: int = 10, years: int = YEARS, seed: int = 5) -> pd.DataFrame:
    """Closes of every day, weekends too; each name has a drift of its own."""
    generator = np.random.default_rng(seed)
    dates = pd.date_range("2008-01-01", periods=365 * years, name="date")
    drift = np.linspace(0.02, 0.25, names) / 365
    common = generator.normal(0.0, 0.006, (len(dates), 1))
    steps = drift + common + generator.normal(0.0, 0.008, (len(dates), names))
    symbols = [f"S{n:02d}" for n in range(names)]
    return pd.DataFrame(50.0 * np.exp(np.cumsum(steps, axis=0)), dates, symbols)


def versions(names: int = 10, years: int = YEARS) -> dict[str, Version]:
    """The market as files have it: frequency -> closes."""
    whole: Any = calendar_days(names, years)
    weekdays: Any = whole[whole.index.day_of_week < 5]
    return {
        "calendar-day": Version(whole, 365.0),
        "daily": Version(weekdays, 252.0),
        "weekly": Version(weekdays[weekdays.index.day_of_week == 4], 52.0),
        "monthly": Version(weekdays.groupby(weekdays.index.to_period("M")).tail(1), 12.0),
        "quarterly": Version(weekdays.groupby(weekdays.index.to_period("Q")).tail(1), 4.0),
    }


def filled_weekends(prices: Any) -> pd.DataFrame:
    """Closes of weekdays, with Friday's copied to the weekend: what `asfreq("D")` makes."""
    filled: pd.DataFrame = prices[prices.index.day_of_week < 5].asfreq("D", method="ffill")
    return filled
