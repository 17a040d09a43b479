"""New, adjusted anew, restated, vanished: what a second reading of prices says of the first."""

import numpy as np
import pytest

from mech_exo.data.market import Market
from mech_exo.data.store.price_changes import PriceChanges, price_changes, spread
from mech_exo.data.store.replay import NO_PRICES, with_prices
from tests.unit.data.store.deliveries import closes, prices


def after(stored: Market, given: Market) -> tuple[PriceChanges, Market]:
    changes = price_changes(stored, given)
    return changes, with_prices(stored, [changes.rows])


def returns(market: Market, name: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    close = market.close[:, name]
    close = close[~np.isnan(close)]
    return close[1:] / close[:-1] - 1.0


def test_into_an_empty_store_all_is_new() -> None:
    changes, now = after(NO_PRICES, prices(closes()))
    assert (changes.new, changes.late, changes.names) == (240, 0, ("A", "B", "C", "D"))
    np.testing.assert_array_equal(now.close, closes())


def test_the_same_again_is_nothing() -> None:
    changes, _ = after(prices(closes()), prices(closes()))
    assert (len(changes.rows), changes.new, changes.restated) == (0, 0, ())


def test_new_days_names_and_filled_gaps() -> None:
    old = closes(50, 3)
    old[10, 1] = np.nan
    changes, now = after(prices(old), prices(closes()))
    assert changes.new == 10 * 4 + 50 + 1
    assert changes.late == 49 + 1  # of a name's whole history, and a gap: known only now
    assert changes.names == ("D",)
    assert len(changes.rows) == changes.new
    np.testing.assert_array_equal(now.close, closes())


@pytest.mark.parametrize("decimals", [2, 4, 12])
@pytest.mark.parametrize("ratio", [0.98731, 0.1, 7.0])
def test_all_closes_by_one_ratio_are_no_restatement(ratio: float, decimals: int) -> None:
    old, new = closes(50, decimals=decimals), closes(decimals=decimals)
    new[:, 2] = np.round(new[:, 2] * ratio, decimals)
    changes, now = after(prices(old), prices(new))
    assert changes.restated == ()
    assert changes.readjusted == pytest.approx({"C": ratio}, rel=1e-3)
    np.testing.assert_array_equal(now.close, new)  # as the source has it, to the bit


def test_closes_that_were_not_read_again_follow_a_new_scale() -> None:
    """A source that begins later now: without this the return into its first day would be false."""
    new = closes()[20:].copy()
    new[:, 0] *= 0.5
    changes, now = after(prices(closes(50)), prices(new, start=20))
    assert changes.readjusted == {"A": 0.5}
    np.testing.assert_allclose(returns(now, 0), returns(prices(closes()), 0), atol=1e-12)
    np.testing.assert_array_equal(now.close[:, 1:], closes()[:, 1:])


def test_a_corrected_price_is_a_restatement_of_one_value() -> None:
    new = closes()
    new[30, 1] *= 1.1
    changes, now = after(prices(closes()), prices(new))
    (one,) = changes.restated
    assert (one.symbol, one.day, changes.restated_prices) == (
        "B",
        str(prices(new).dates[30]),
        1,
    )
    assert one.relative == pytest.approx(0.1)
    assert (len(changes.rows), changes.readjusted) == (1, {})
    np.testing.assert_array_equal(now.close, new)


@pytest.mark.parametrize("row", [0, 30, 59])
def test_a_small_correction_is_not_taken_for_rounding(row: int) -> None:
    """One step of the last decimal: what is unchanged is equal in a rounded file."""
    old, new = closes(decimals=2), closes(decimals=2)
    new[row, 1] = np.round(new[row, 1] + 0.01, 2)
    changes, _ = after(prices(old), prices(new))
    assert [(one.symbol, one.new) for one in changes.restated] == [("B", new[row, 1])]


def test_an_adjustment_that_came_late_changes_one_return() -> None:
    new = closes()
    new[:40, 3] *= 0.97
    changes, now = after(prices(closes()), prices(new))
    assert changes.restated_prices == 40
    assert [one.day for one in changes.restated] == [str(prices(new).dates[39])]
    np.testing.assert_array_equal(now.close, new)


def test_one_day_in_common_cannot_tell_a_new_scale() -> None:
    new = closes()[49:].copy()
    new[0, 0] *= 1.05
    changes, now = after(prices(closes(50)), prices(new, start=49))
    assert (changes.readjusted, len(changes.restated)) == ({}, 1)
    np.testing.assert_array_equal(now.close[:49], closes()[:49])


def test_prices_of_other_precision_are_the_same() -> None:
    fine = closes(decimals=9)
    changes, _ = after(prices(np.round(fine, 2)), prices(fine))
    assert len(changes.rows) == 0
    changes, _ = after(
        prices(fine * np.pi), prices((fine * np.pi).astype(np.float32).astype(np.float64))
    )
    assert len(changes.rows) == 0


def test_what_is_not_read_again_is_kept_and_counted() -> None:
    new = closes(names=3)
    new[20:25, 0] = np.nan
    changes, now = after(prices(closes(50)), prices(new))
    assert (changes.vanished, changes.absent) == (5, ("D",))
    np.testing.assert_array_equal(now.close[:50], closes(50))
    assert np.isnan(now.close[50:, 3]).all()


def test_days_before_and_after_those_that_were_read_have_not_vanished() -> None:
    changes, _ = after(prices(closes()), prices(closes()[40:50], start=40))
    assert (changes.vanished, len(changes.rows)) == (0, 0)


def test_without_a_day_in_common_nobody_knows_the_scale() -> None:
    changes, now = after(prices(closes(50)), prices(closes()[50:], start=50))
    assert changes.unlinked == ("A", "B", "C", "D")
    np.testing.assert_array_equal(now.close, closes())


def test_examples_are_of_many_names() -> None:
    new = closes() * np.where(np.arange(60) % 7 == 3, 1.2, 1.0)[:, None]
    changes, _ = after(prices(closes()), prices(new))
    assert [one.symbol for one in spread(changes.restated, 5)] == ["A", "B", "C", "D", "A"]
