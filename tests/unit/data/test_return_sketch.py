"""Known again by a few returns."""

import numpy as np
import pytest

from mech_exo.data import return_sketch
from mech_exo.data.return_sketch import PER_SESSION, ReturnSketch

DATES = np.datetime64("2020-01-01") + np.arange(40)
NAMES = ("A", "B", "C", "D", "E")
RETURNS = np.random.default_rng(0).normal(0.0, 0.01, (40, 5))


def test_three_names_of_each_session_by_exact_value() -> None:
    cells = ReturnSketch.of(DATES, NAMES, RETURNS).cells
    assert len(cells) == 40 * PER_SESSION
    for day, _, value in cells.tolist():
        row = RETURNS[day - 18262]  # 2020-01-01 is day 18262 since 1970-01-01
        assert np.float32(value) in row.astype(np.float32)


def test_the_order_of_names_and_dates_beside_it_do_not_matter() -> None:
    whole = ReturnSketch.of(DATES, NAMES, RETURNS)
    turned = ReturnSketch.of(DATES, NAMES[::-1], RETURNS[:, ::-1])
    part = ReturnSketch.of(DATES[10:20], NAMES, RETURNS[10:20])
    assert turned.to_bytes() == whole.to_bytes()
    assert whole.between("2020-01-11", "2020-01-20").to_bytes() == part.to_bytes()


def test_how_many_sessions_are_looked_at_at_a_time_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = ReturnSketch.of(DATES, NAMES, RETURNS)
    monkeypatch.setattr(return_sketch, "SESSIONS", 7)
    assert ReturnSketch.of(DATES, NAMES, RETURNS).to_bytes() == whole.to_bytes()
    assert not len(ReturnSketch.of(DATES[:0], NAMES, RETURNS[:0]))


def test_bytes_and_back() -> None:
    sketch = ReturnSketch.of(DATES, NAMES, RETURNS)
    assert ReturnSketch.from_bytes(sketch.to_bytes()).same_data(sketch)


def test_a_hole_is_never_chosen() -> None:
    holes = RETURNS.copy()
    holes[:, 1:] = np.nan
    holes[3] = np.nan
    sketch = ReturnSketch.of(DATES, NAMES, holes)
    assert len(sketch) == 39
    assert np.isfinite(sketch.cells["value"]).all()
    assert not sketch.covers("2019-12-31", "2020-01-05")
    assert sketch.covers("2020-01-01", "2020-02-09")
    assert not sketch.covers("2020-01-01", "2020-02-10")


def test_a_quarter_of_equal_returns_is_the_same_data() -> None:
    one = ReturnSketch.of(DATES, NAMES[:1], RETURNS[:, :1])
    for equal, same in ((10, True), (9, False)):
        other = RETURNS[:, :1] + 0.1
        other[:equal] = RETURNS[:equal, :1] + 4e-4
        assert one.same_data(ReturnSketch.of(DATES, NAMES[:1], other)) is same
    far = ReturnSketch.of(DATES, NAMES[:1], RETURNS[:, :1] + 6e-4)
    assert not one.same_data(far)
    later = ReturnSketch.of(DATES + np.timedelta64(40, "D"), NAMES[:1], RETURNS[:, :1])
    assert not one.same_data(later)
