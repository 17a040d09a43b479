"""A thinned series looks like the whole one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mech_exo.report.charts.thinning import TABLE_ROWS, table_dates, thinned


@given(st.integers(0, 2**32 - 1), st.integers(5, 60), st.floats(0, 0.3))
def test_extremes_ends_and_gaps_stay(seed: int, buckets: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(size=2000))
    start = int(rng.integers(1, 1500))
    values[start : start + int(missing * 1000)] = np.nan
    x = np.arange(2000.0)
    kept = thinned(x, values, buckets)
    assert len(kept) <= 5 * buckets
    assert (np.diff(kept) > 0).all()
    assert {0, 1999} <= set(kept)
    assert np.nanmax(values[kept]) == np.nanmax(values)
    assert np.nanmin(values[kept]) == np.nanmin(values)
    assert np.isnan(values[kept]).any() == np.isnan(values).any()


def test_a_short_series_stays_whole() -> None:
    assert len(thinned(np.arange(200.0), np.ones(200), 50)) == 200


def test_a_table_has_the_last_date_of_each_month_and_says_so() -> None:
    dates = np.arange("2015-01-05", "2020-03-18", dtype="datetime64[D]")
    rows, note = table_dates(dates)
    assert [str(d) for d in dates[rows][[0, 1, -2, -1]]] == [
        *("2015-01-31", "2015-02-28"),
        *("2020-02-29", "2020-03-17"),
    ]
    assert note == "Shown is the last date of each month; the figure has all 1,899."
    assert len(rows) <= TABLE_ROWS
    assert table_dates(dates[:100])[1] == ""
    assert "each quarter" in table_dates(np.arange("1995-01-01", "2020", dtype="datetime64[D]"))[1]
