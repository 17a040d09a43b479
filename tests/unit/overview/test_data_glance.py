"""The age of the data in weekdays."""

from datetime import date, timedelta

import numpy as np
import pytest

from mech_exo.overview.data_glance import weekdays_between


@pytest.mark.parametrize("start", range(7))
@pytest.mark.parametrize("days", [-3, 0, 1, 2, 5, 6, 7, 13, 400])
def test_weekdays_are_those_of_the_calendar(start: int, days: int) -> None:
    first = date(2026, 11, 23) + timedelta(days=start)
    last = first + timedelta(days=days)
    after = np.datetime64(first) + 1
    expected = max(int(np.busday_count(after, np.datetime64(last) + 1)), 0)
    assert weekdays_between(first, last) == expected
