"""Ticks are round, within the axis, and few enough; labels tell them apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mech_exo.report.charts.chart_units import COUNT, MONEY, NUMBER, PERCENT
from mech_exo.report.charts.ticks import date_ticks, log_ticks, number_ticks

ends = st.floats(-1e6, 1e6, allow_nan=False)


@given(ends, st.floats(1e-3, 1e6), st.integers(2, 8), st.sampled_from([NUMBER, PERCENT]))
def test_ticks_of_numbers(low: float, width: float, about: int, unit: object) -> None:
    assert isinstance(unit, type(NUMBER))
    high = low + width
    ticks = number_ticks(low, high, about, unit)
    assert 0 < len(ticks) <= about + 1
    assert all(low - 1e-6 * width <= t.at <= high + 1e-6 * width for t in ticks)
    assert len({t.label for t in ticks}) == len(ticks)
    for tick in ticks:
        shown = float(tick.label.removesuffix(unit.suffix).replace(",", "")) / unit.factor
        assert shown == pytest.approx(tick.at, abs=1e-9 * max(width, abs(low), 1))


@pytest.mark.parametrize(
    ("low", "high", "unit", "labels"),
    [
        (-0.31, 0.02, PERCENT, ["-30 %", "-20 %", "-10 %", "0 %"]),
        (0.0, 1.1, NUMBER, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (0, 2.4e6, MONEY, ["0", "500,000", "1,000,000", "1,500,000", "2,000,000"]),
        (0, 210, COUNT, ["0", "50", "100", "150", "200"]),
    ],
)
def test_labels(low: float, high: float, unit: object, labels: list[str]) -> None:
    assert isinstance(unit, type(NUMBER))
    found = [t.label for t in number_ticks(low, high, 5, unit)]
    assert found == labels


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (42, 310, ["50", "100", "200", "300"]),
        (0.8, 1200, ["1", "10", "100", "1,000"]),
        (98, 103, ["98", "99", "100", "101", "102", "103"]),
    ],
)
def test_ticks_of_ratios(low: float, high: float, labels: list[str]) -> None:
    found = [t.label for t in log_ticks(low, high, 5, NUMBER)]
    assert set(found) <= {*labels, "500"}
    assert len(found) >= 2


@given(st.integers(0, 20000), st.integers(0, 20000), st.integers(2, 14))
def test_ticks_of_dates(first: int, length: int, about: int) -> None:
    start = np.datetime64("1970-01-01") + first
    ticks = date_ticks(np.array([start, start + length]), about)
    assert 0 < len(ticks) <= max(about, 4)
    assert all(first <= t.at <= first + length for t in ticks)
    assert len({t.label for t in ticks}) == len(ticks)


@pytest.mark.parametrize(
    ("first", "last", "about", "labels"),
    [
        ("2012-01-03", "2015-06-30", 4, ["2013", "2014", "2015"]),
        ("2020-01-01", "2020-12-31", 6, ["2020-01", "2020-04", "2020-07", "2020-10"]),
        ("1990-01-01", "2024-01-01", 8, ["1990", "1995", "2000", "2005", "2010", "2015", "2020"]),
        ("2020-01-01", "2020-01-20", 6, ["2020-01-01"]),
    ],
)
def test_dates_are_written_as_short_as_they_can_be(
    first: str, last: str, about: int, labels: list[str]
) -> None:
    dates = np.array([first, last], "datetime64[D]")
    assert [t.label for t in date_ticks(dates, about)][: len(labels)] == labels
