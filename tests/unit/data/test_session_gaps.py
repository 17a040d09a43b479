"""The frequency of a market is seen in its dates, whatever its holidays; a mixture is refused."""

import numpy as np
import pytest

from mech_exo.data.calendar import sessions
from mech_exo.data.frequency import DAILY, EVERY_DAY, MONTHLY, QUARTERLY, WEEKLY, Frequency
from mech_exo.data.panel import DateArray
from mech_exo.data.session_gaps import recognised
from mech_exo.errors import ExitCode, ExoError
from tests.unit.data.calendars import (
    after,
    before,
    business,
    day,
    every_day,
    joined,
    month_ends,
    month_starts,
    new_year_closures,
    shifted,
    thinned,
    third_fridays,
    weekdays,
    weekly,
    without,
)

FRIDAYS = weekly("2010-01-01")
CLOSED_IN_MARCH = joined(before(weekdays("2010-01-01"), "2011-01-28"), weekdays("2011-03-23"))
SUNDAYS = after(weekdays("2008-01-01", 2600, "1110011"), "2008-01-01")
OLD_WEEKEND = before(weekdays("2008-01-01", 2600, "1110011"), "2013-06-29")
NEW_WEEKEND = after(weekdays("2008-01-01", 2600, "1111001"), "2013-06-29")

KNOWN: dict[str, tuple[DateArray, Frequency]] = {
    "weekdays": (weekdays(), DAILY),
    "the demo's US holidays": (sessions(2010, 12), DAILY),
    "weekdays, 30 sessions": (weekdays(count=30), DAILY),
    "weekdays over Christmas, 12 sessions": (
        np.setdiff1d(weekdays("2019-12-16", 16), [day("2019-12-25"), day("2020-01-01")])[:12],
        DAILY,
    ),
    "weekdays, 4 sessions": (weekdays(count=4), DAILY),
    "one session": (weekdays(count=1), DAILY),
    "closed for ten days twice a year": (new_year_closures(weekdays()), DAILY),
    "closed for two months once": (CLOSED_IN_MARCH, DAILY),
    "Sunday to Thursday": (weekdays(mask="1111001"), DAILY),
    "Saturday to Wednesday": (SUNDAYS, DAILY),
    "the weekend moved in 2013": (joined(OLD_WEEKEND, NEW_WEEKEND), DAILY),
    "five Saturdays": (joined(weekdays(), weekly("2016-01-02", 5, 98)), DAILY),
    "a Saturday every month": (joined(weekdays(), weekly("2015-01-03", 45, 28)), DAILY),
    "five Saturdays in a row": (joined(weekdays(), weekly("2016-01-02", 5)), DAILY),
    "one day in ten is missing": (thinned(weekdays(), 0.1), DAILY),
    "one day in five is missing": (thinned(weekdays(count=400), 0.15), DAILY),
    "a year is missing": (
        joined(before(weekdays(), "2016-06-01"), after(weekdays(), "2017-06-01")),
        DAILY,
    ),
    "two stray dates long before": (joined(month_ends("1990-01", 2), weekdays()), DAILY),
    "decades of days": (weekdays("1963-01-02", 15_000), DAILY),
    "Fridays": (FRIDAYS, WEEKLY),
    "Mondays": (weekly("2010-01-04"), WEEKLY),
    "Sundays, as crypto weeks end": (weekly("2017-01-01", 200), WEEKLY),
    "Fridays, some of them Thursdays": (shifted(FRIDAYS, 0.08, -1), WEEKLY),
    "Fridays, many of them Wednesdays": (shifted(FRIDAYS, 0.2, -2), WEEKLY),
    "a week is missing": (without(FRIDAYS, 77), WEEKLY),
    "every tenth week is missing": (without(FRIDAYS, *range(5, 290, 10)), WEEKLY),
    "eight weeks are missing": (without(FRIDAYS, *range(100, 108)), WEEKLY),
    "weeks, and the last day": (joined(FRIDAYS, FRIDAYS[-1:] + 3), WEEKLY),
    "30 weeks": (FRIDAYS[:30], WEEKLY),
    "7 weeks": (FRIDAYS[:7], WEEKLY),
    "month ends": (month_ends(), MONTHLY),
    "last weekdays of the months": (business(month_ends()), MONTHLY),
    "first of the months": (month_starts(), MONTHLY),
    "first weekdays of the months": (business(month_starts(), "forward"), MONTHLY),
    "fifteenth of the months": (month_starts(offset=14), MONTHLY),
    "third Fridays": (third_fridays(), MONTHLY),
    "a month is missing": (without(month_ends(), 44), MONTHLY),
    "every twelfth month is missing": (without(month_ends(), *range(6, 150, 12)), MONTHLY),
    "30 months": (business(month_ends(count=30)), MONTHLY),
    "6 months": (month_ends(count=6), MONTHLY),
    "two centuries of months": (month_ends("1815-01", 2400), MONTHLY),
    "months, and the last day": (joined(month_ends(), month_ends()[-1:] + 12), MONTHLY),
    "quarter ends": (month_ends("2000-03", 60, 3), QUARTERLY),
    "last weekdays of the quarters": (business(month_ends("2000-03", 60, 3)), QUARTERLY),
    "calendar days": (every_day(), EVERY_DAY),
    "calendar days, 30 sessions": (every_day(count=30), EVERY_DAY),
    "calendar days, 9 sessions": (every_day(count=9), EVERY_DAY),
    "calendar days, one in thirty missing": (thinned(every_day(), 1 / 30), EVERY_DAY),
    "calendar days, one in ten missing": (thinned(every_day(), 0.1), EVERY_DAY),
    "calendar days, a month missing": (
        joined(every_day(count=400), every_day("2019-03-07", 400)),
        EVERY_DAY,
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_it_is_recognised(name: str) -> None:
    dates, frequency = KNOWN[name]
    assert recognised(dates, name) == frequency


@pytest.mark.parametrize("start", range(7))
def test_the_first_weekday_changes_nothing(start: int) -> None:
    for dates, frequency in ((weekdays(), DAILY), (every_day(), EVERY_DAY)):
        assert recognised(dates[start:], "cut") == frequency


def test_each_prefix_has_the_frequency_of_the_whole() -> None:
    """More data must not change what was done with less: it is the same, or an error."""
    for dates, frequency in KNOWN.values():
        for stop in range(70, len(dates), 111):
            assert recognised(dates[:stop], "prefix") == frequency


LATE_DAYS = after(weekdays("2000-01-03", 3000), "2010-01-01")
# calendar -> the frequencies named, and the first date of the second, to within some days
MIXED: dict[str, tuple[DateArray, str, str, str, int]] = {
    "months, then days": (
        joined(month_ends("2000-01", 120), LATE_DAYS),
        "monthly until 2009-12-31",
        "daily",
        "2010-01-01",
        0,
    ),
    "weeks, then days": (
        joined(weekly("2005-01-07", 260), LATE_DAYS),
        "weekly until 2010-01-01",
        "daily",
        "2010-01-04",
        0,
    ),
    "days, then weeks": (
        joined(before(weekdays("2000-01-03", 3000), "2004-01-01"), weekly("2004-01-02", 300)),
        "daily until 2004-01-02",
        "weekly",
        "2004-01-09",
        0,
    ),
    "days, a year of weeks, then days": (
        joined(
            before(weekdays("2002-01-01", 3000), "2004-01-01"),
            weekly("2004-01-02", 52),
            after(weekdays("2002-01-01", 3000), "2005-01-01"),
        ),
        "daily until 2004-01-02",
        "weekly",
        "2004-01-09",
        0,
    ),
    "quarters, then months": (
        joined(month_ends("1990-03", 40, 3), month_ends("2000-01", 100)),
        "quarterly until 1999-12-31",
        "monthly",
        "2000-01-31",
        0,
    ),
    "months, then weeks": (
        joined(month_ends("1990-01", 120), weekly("2000-01-07", 500)),
        "monthly until 1999-12-31",
        "weekly",
        "2000-01-07",
        0,
    ),
    "weeks, then days for two weeks": (
        joined(weekly("2005-01-07", 260), weekdays("2010-01-01", 10)),
        "weekly until 2010-01-01",
        "daily",
        "2010-01-04",
        0,
    ),
    "calendar days, then weekdays": (
        joined(every_day("2015-01-01", 1096), weekdays("2018-01-01", 700)),
        "7 a week",
        "5 a week",
        "2018-01-01",
        10,
    ),
    "weekdays, then calendar days": (
        joined(before(weekdays(), "2018-01-01"), every_day("2018-01-01", 800)),
        "5 a week",
        "7 a week",
        "2018-01-01",
        10,
    ),
    "six days a week until 1952": (
        joined(
            before(weekdays("1945-01-01", 3000, "1111110"), "1952-06-01"),
            after(weekdays("1945-01-01", 4000), "1952-06-01"),
        ),
        "6 a week",
        "5 a week",
        "1952-06-01",
        10,
    ),
    "weeks, then every second week": (
        joined(weekly("2000-01-07", 200), weekly("2004-01-02", 60, 14)),
        "weekly until 2003-10-31",
        "some 14 days apart",
        "2004-01-02",
        0,
    ),
}


@pytest.mark.parametrize("name", MIXED)
def test_a_mixture_is_refused_with_the_date_of_the_change(name: str) -> None:
    dates, first, second, since, slack = MIXED[name]
    with pytest.raises(ExoError) as refused:
        recognised(dates, "prices.csv")
    message, hint = str(refused.value.message), str(refused.value.hint)
    assert refused.value.exit_code == ExitCode.BAD_INPUT
    assert message.startswith("prices.csv: the sessions are")
    assert first in message
    assert second in message
    found = day(message.split(" from ")[1][:10])
    assert abs((found - day(since)).astype(int)) <= slack
    assert f"data.start: {found}" in hint
    assert "data.periods_per_year" in hint


@pytest.mark.parametrize("name", MIXED)
def test_each_side_of_the_change_is_a_market_of_its_own(name: str) -> None:
    dates = MIXED[name][0]
    with pytest.raises(ExoError) as refused:
        recognised(dates, "prices.csv")
    hint = str(refused.value.hint)
    until, since = (day(hint.split(part)[1][:10]) for part in ("data.end: ", "data.start: "))
    sides: list[Frequency | None] = []
    for part in (dates[dates <= until], dates[dates >= since]):
        try:
            sides.append(recognised(part, "part"))
        except ExoError:  # six days a week, two weeks; or the third part of three
            sides.append(None)
    assert sides[0] != sides[1]


NAMELESS = {
    "every second week": (weekly(step=14), 26),
    "twice a month": (joined(month_starts(), month_starts(offset=14)), 24),
    "every four weeks": (weekly(step=28), 13),
    "years": (month_ends("1950-12", 60, 12), 1),
    "half years": (month_ends("1990-06", 40, 6), 2),
    "every tenth day": (weekly(step=10), 37),
    "Monday, Wednesday, Friday": (weekdays(mask="1010100"), 157),
    "Monday to Saturday": (weekdays(mask="1111110"), 313),
    "Fridays and month ends": (joined(FRIDAYS, business(month_ends("2010-01", 69))), 59),
}


@pytest.mark.parametrize("name", NAMELESS)
def test_what_has_no_name_is_refused_with_a_figure_to_set(name: str) -> None:
    dates, sessions_a_year = NAMELESS[name]
    with pytest.raises(ExoError) as refused:
        recognised(dates, "prices.csv")
    assert "data.periods_per_year" in str(refused.value.hint)
    assert abs(int(str(refused.value.hint).split("about ")[1].rstrip(".")) - sessions_a_year) <= 2


def test_days_become_sessions() -> None:
    for days in (1, 2, 5, 10, 21, 63, 126, 252, 100_000):
        assert DAILY.sessions(days) == Frequency.stated(252).sessions(days) == days
        assert DAILY.sessions(days, least=500) == days
    expected = {
        WEEKLY: (1, 2, 4, 13, 52),
        MONTHLY: (1, 1, 1, 3, 12),
        QUARTERLY: (1, 1, 1, 1, 4),
        EVERY_DAY: (7, 14, 30, 91, 365),
        Frequency.stated(26): (1, 1, 2, 6, 26),
    }
    for frequency, sessions_of in expected.items():
        assert tuple(map(frequency.sessions, (5, 10, 21, 63, 252))) == sessions_of
        assert frequency.sessions(0) == 0
    assert MONTHLY.sessions(252, least=20) == 20
    assert MONTHLY.sessions(5, least=20) == 5


def test_a_session_may_be_late_by_a_period() -> None:
    waits = [f.wait_days for f in (DAILY, EVERY_DAY, WEEKLY, MONTHLY, QUARTERLY)]
    assert waits == [0, 0, 8, 31, 92]
