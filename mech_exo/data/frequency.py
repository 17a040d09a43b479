"""How many sessions a year has, and what that makes of settings that are counted in days."""

import math
from dataclasses import dataclass, replace

from mech_exo.config.settings import BacktestSettings

YEAR = 252.0  # sessions of a daily market; what settings in days are counted in
MONTH = 21  # of them
SEVEN_A_WEEK = 364.0  # sessions a year, at the least
SPARSE = 200.0  # with fewer sessions a year, the next one may be further off than a long weekend


@dataclass(frozen=True)
class Frequency:
    """How often a market has a session.

    Attributes
    ----------
    name
        daily, weekly, monthly, quarterly, calendar-day; "" where `data.periods_per_year` decides.
    unit
        What lies between two sessions: day, week, month, quarter; session where it has no name.
    periods_per_year
        Sessions a year, by which figures are made annual.
    """

    name: str
    unit: str
    periods_per_year: float

    @classmethod
    def stated(cls, periods_per_year: float) -> "Frequency":
        """What `data.periods_per_year` says."""
        return cls("", "session", float(periods_per_year))

    @property
    def words(self) -> str:
        """`weekly, 52 sessions a year`."""
        if not self.name:
            return f"{self.periods_per_year:g} sessions a year (data.periods_per_year)"
        return f"{self.name}, {self.periods_per_year:g} sessions a year"

    @property
    def usual(self) -> bool:
        """Whether a year has as many sessions as that of a daily market."""
        return self.periods_per_year == YEAR

    @property
    def every_day(self) -> bool:
        """Whether each calendar day is a session."""
        return self.periods_per_year >= SEVEN_A_WEEK

    @property
    def wait_days(self) -> int:
        """Calendar days by which the next session may be later than in a daily market."""
        sparse = self.periods_per_year < SPARSE
        return math.ceil(365.0 / self.periods_per_year) if sparse else 0

    @property
    def months(self) -> int:
        """Sessions in a month, one at least."""
        return self.sessions(MONTH)

    def sessions(self, days: float, least: int = 1) -> int:
        """Sessions in the time in which a daily market has `days` of them.

        Parameters
        ----------
        days
            Trading days at 252 a year: 21 are a month, 252 a year.
        least
            The result is not below it, unless `days` are.

        Returns
        -------
        int
            `days`·`periods_per_year`/252, rounded half to even; `days` itself at 252 a year.
        """
        return max(min(int(days), least), round(days * self.periods_per_year / YEAR))

    def rules(self, backtest: BacktestSettings) -> BacktestSettings:
        """The rules of a backtest, with what is stated in days in sessions."""
        return replace(backtest, delist_after=self.sessions(backtest.delist_after))


DAILY = Frequency("daily", "day", YEAR)
WEEKLY = Frequency("weekly", "week", 52.0)
MONTHLY = Frequency("monthly", "month", 12.0)
QUARTERLY = Frequency("quarterly", "quarter", 4.0)
EVERY_DAY = Frequency("calendar-day", "day", 365.0)
