"""The as-of join, against a plain loop and by hand."""

import numpy as np
import pytest

from mech_exo.data.asof import as_of
from mech_exo.data.market import Vintage
from tests.unit.data.small_markets import random_vintage


def vintage(*rows: tuple[int, str, str, float]) -> Vintage:
    symbol, period, available, value = zip(*rows, strict=True)
    return Vintage(
        np.array(symbol),
        np.array(period, dtype="datetime64[D]"),
        np.array(available, dtype="datetime64[D]"),
        np.array(value),
    )


def on(v: Vintage, *days: str, names: int = 1, max_age_days: int | None = None) -> list[float]:
    known = as_of(v, np.array(days, dtype="datetime64[D]"), names, max_age_days)
    return [float(x) for x in known[:, 0]]


def test_a_value_counts_from_the_day_it_is_public() -> None:
    v = vintage((0, "2019-12-31", "2020-03-30", 5.0))
    before, at, after = on(v, "2020-03-29", "2020-03-30", "2030-01-01")
    assert np.isnan(before)
    assert (at, after) == (5.0, 5.0)


def test_a_restatement_counts_from_its_own_day() -> None:
    v = vintage((0, "2019-12-31", "2020-03-30", 5.0), (0, "2019-12-31", "2020-06-01", 4.0))
    assert on(v, "2020-05-31", "2020-06-01") == [5.0, 4.0]


def test_an_older_period_published_later_does_not_displace_a_newer_one() -> None:
    v = vintage(
        (0, "2020-03-31", "2020-05-01", 2.0),
        (0, "2019-12-31", "2020-06-01", 1.0),  # a late restatement of the period before
        (0, "2020-06-30", "2020-08-01", 3.0),
    )
    assert on(v, "2020-05-01", "2020-06-01", "2020-08-01") == [2.0, 2.0, 3.0]


def test_two_periods_on_one_day_give_the_newer() -> None:
    v = vintage((0, "2020-03-31", "2020-05-01", 2.0), (0, "2019-12-31", "2020-05-01", 1.0))
    assert on(v, "2020-05-01") == [2.0]


def test_a_value_published_as_missing_makes_it_unknown() -> None:
    v = vintage((0, "2019-12-31", "2020-03-30", 5.0), (0, "2020-12-31", "2021-03-30", np.nan))
    known = on(v, "2021-03-29", "2021-03-30")
    assert known[0] == 5.0
    assert np.isnan(known[1])


def test_an_old_value_is_unknown() -> None:
    v = vintage((0, "2019-12-31", "2020-01-01", 5.0))
    known = on(v, "2020-01-11", "2020-01-12", max_age_days=10)
    assert known[0] == 5.0
    assert np.isnan(known[1])


def test_a_name_never_takes_its_neighbours_values() -> None:
    v = vintage((0, "2020-01-01", "2020-01-01", 1.0), (2, "2020-01-05", "2020-01-05", 3.0))
    days = np.array(["2019-01-01", "2020-01-03", "2021-01-01"], dtype="datetime64[D]")
    known = as_of(v, days, 4)
    nan = np.nan
    np.testing.assert_array_equal(
        known, [[nan, nan, nan, nan], [1.0, nan, nan, nan], [1.0, nan, 3.0, nan]]
    )


def test_nothing_published_is_nothing_known() -> None:
    empty = Vintage(*(np.array([], dtype=d) for d in ("i8", "M8[D]", "M8[D]", "f8")))
    assert np.isnan(as_of(empty, np.array(["2020-01-01"], dtype="datetime64[D]"), 3)).all()


@pytest.mark.parametrize("max_age_days", [None, 60])
@pytest.mark.parametrize("seed", range(8))
def test_like_a_plain_loop(seed: int, max_age_days: int | None) -> None:
    rng = np.random.default_rng(seed)
    v = random_vintage(rng, 320, 6)
    dates = np.datetime64("2019-06-01") + np.arange(0, 700, 9)
    known = as_of(v, dates, 6, max_age_days)
    for m, day in enumerate(dates):
        for n in range(6):
            rows = [r for r in range(len(v.value)) if v.symbol[r] == n and v.available[r] <= day]
            best = max(rows, key=lambda r: (v.period_end[r], v.available[r], r), default=None)
            expected = np.nan
            if best is not None and (
                max_age_days is None or (day - v.available[best]).astype(int) <= max_age_days
            ):
                expected = v.value[best]
            np.testing.assert_equal(known[m, n], expected)
