"""What large tables share and skip changes no result."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mech_exo.data import price_files
from mech_exo.data.asof import InForce, as_of
from mech_exo.data.build import build_panel
from mech_exo.data.market import Vintage, published_until, read_only
from mech_exo.data.panel import IntArray
from mech_exo.data.price_files import ranked, repeats
from mech_exo.data.tables.columns import Coded
from tests.unit.data.small_markets import SETTINGS, random_market, random_vintage

keys = st.integers(1, 40).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(-3, 3) | st.integers(-(2**40), 2**40), min_size=size, max_size=size),
        min_size=1,
        max_size=3,
    )
)


def one_by_one(*columns: IntArray) -> list[int]:
    seen, found = set(), []
    for at, row in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        if row in seen:
            found.append(at)
        seen.add(row)
    return found


@settings(deadline=None)
@given(keys=keys, dense=st.sampled_from([0, 16, 10**9]))
def test_repeated_rows_are_found(keys: list[list[int]], dense: int) -> None:
    columns = [np.array(key, dtype=np.int64) for key in keys]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(price_files, "DENSE", dense if dense < 10**6 else 16)
        assert repeats(*columns).tolist() == one_by_one(*columns)
        days = [c.astype("datetime64[D]") if i else c for i, c in enumerate(columns)]
        assert repeats(*days).tolist() == one_by_one(*columns)


def test_no_rows_repeat_in_an_empty_table() -> None:
    assert repeats(np.zeros(0, dtype=np.int64)).tolist() == []


@given(st.lists(st.integers(-20_000, 80_000), min_size=1, max_size=50))
def test_days_are_ranked_as_numpy_ranks_them(days: list[int]) -> None:
    array = np.array(days, dtype=np.int64).astype("datetime64[D]")
    dates, row = ranked(array)
    expected, inverse = np.unique(array, return_inverse=True)
    np.testing.assert_array_equal(dates, expected)
    np.testing.assert_array_equal(row, inverse)


@given(st.lists(st.sampled_from(["", "A", "B", "b", "É", "10", "9"]), min_size=1, max_size=20))
def test_coded_texts_are_the_texts(texts: list[str]) -> None:
    coded = Coded.of(texts)
    names, inverse = np.unique(np.array(texts), return_inverse=True)
    assert coded.texts == tuple(names.tolist())
    np.testing.assert_array_equal(coded.codes, inverse)
    assert list(coded) == coded.whole().tolist() == texts
    half = coded[: len(texts) // 2 + 1]
    assert list(half) == list(half.used) == texts[: len(texts) // 2 + 1]
    assert set(half.used.texts) == set(half)


def by_publication(vintage: Vintage) -> Vintage:
    order = np.argsort(vintage.available, kind="stable")
    return Vintage(*(getattr(vintage, field.name)[order] for field in fields(Vintage)))


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("age", [None, 100])
def test_fields_of_one_table_are_joined_as_each_alone(ordered: bool, age: int | None) -> None:
    market = random_market(4)
    one = random_vintage(np.random.default_rng(5), 320, 12)
    if ordered:
        one = by_publication(one)
    other = Vintage(one.symbol, one.period_end, one.available, -one.value[::-1])
    apart = replace(other, symbol=one.symbol.copy())
    assert one.of_one_table(other)
    assert not one.of_one_table(apart)
    dates, shared = market.dates[::7], InForce()
    for vintage in (one, other, apart, one):
        found = as_of(vintage, dates, 12, age, shared)
        assert found.tobytes() == as_of(vintage, dates, 12, age).tobytes()
    assert np.isfinite(as_of(other, dates, 12, age)).any()


@pytest.mark.parametrize("ordered", [False, True])
def test_what_was_public_is_cut_once_for_all_fields(ordered: bool) -> None:
    one = random_vintage(np.random.default_rng(6), 320, 12)
    if ordered:
        one = by_publication(one)
    other = Vintage(one.symbol, one.period_end, one.available, one.value * 2.0)
    last = np.sort(one.available)[len(one.available) // 2]
    known = published_until({"one": one, "other": other}, last)
    keep = one.available <= last
    for name, vintage in (("one", one), ("other", other)):
        np.testing.assert_array_equal(known[name].value, vintage.value[keep])
        np.testing.assert_array_equal(known[name].available, vintage.available[keep])
    assert known["one"].of_one_table(known["other"])
    assert np.shares_memory(known["one"].value, one.value) == ordered  # a part of it, or a copy
    whole = published_until({"one": one}, one.available.max())
    assert whole["one"] is one


def test_parts_of_a_panel_are_views() -> None:
    panel = build_panel(random_market(7), SETTINGS)
    for start, stop in ((0, 200), (100, 320), (37, 38), (0, 320)):
        part = panel.between(start, stop)
        keep = (panel.rebalance >= start) & (panel.rebalance < stop)
        np.testing.assert_array_equal(part.exposures, panel.exposures[keep])
        np.testing.assert_array_equal(part.rebalance, panel.rebalance[keep] - start)
        if len(part.rebalance):
            assert np.shares_memory(part.exposures, panel.exposures)


def test_a_view_that_cannot_be_written_to_is_made_once() -> None:
    array = np.zeros(3)
    view = read_only(array)
    assert not view.flags.writeable
    assert array.flags.writeable
    assert read_only(view) is view
