"""Dates of publication, and what cannot be such."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from mech_exo.data.check.publication_dates import (
    backfilled,
    publication,
    tables_of,
    yet_to_come,
)
from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import IntArray
from tests.unit.data.check.calm_markets import calm_market, found

NAMES = 12


def quarterly(months: int = 3) -> tuple[IntArray, np.ndarray[tuple[int], np.dtype[np.datetime64]]]:
    """Symbol and period end of every name's quarters."""
    starts = np.arange("2018-12", "2021-06", months, dtype="datetime64[M]")
    ends = (starts + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    return np.repeat(np.arange(NAMES), len(ends)), np.tile(ends, NAMES)


def market_of(delay: int | IntArray, field: str = "return_on_equity", months: int = 3) -> Market:
    symbol, period = quarterly(months)
    days = np.broadcast_to(np.asarray(delay), period.shape)
    available = (period.astype(np.int64) + days).astype("datetime64[D]")
    value = np.random.default_rng(0).normal(size=len(period))
    return replace(
        calm_market(names=NAMES), vintages={field: Vintage(symbol, period, available, value)}
    )


@pytest.mark.parametrize("delay", [0, 1, 3, 9])
@pytest.mark.parametrize("months", [3, 12])
def test_accounts_without_a_delay_are_an_error(delay: int, months: int) -> None:
    market = market_of(delay, months=months)
    assert found(publication, market) == [("error", "publication:return_on_equity")]


def test_of_a_field_of_unknown_meaning_it_is_a_warning() -> None:
    assert found(publication, market_of(0, "my_score")) == [("warning", "publication:my_score")]


@pytest.mark.parametrize("delay", [25, 45, 90])
def test_accounts_that_are_published_weeks_later_are_none(delay: int) -> None:
    assert found(publication, market_of(delay)) == []


def test_days_of_publication_that_stand_for_the_period_too_are_none() -> None:
    """A table with a `date` only, which is that of the report."""
    delay = np.random.default_rng(1).integers(20, 60, len(quarterly()[0]))
    market = market_of(delay)
    old = market.vintages["return_on_equity"]
    same = Vintage(old.symbol, old.available, old.available, old.value)
    assert found(publication, replace(market, vintages={"return_on_equity": same})) == []


def test_daily_and_monthly_scores_are_none() -> None:
    dates = calm_market().dates
    for step in (1, 5, 21):
        days = dates[::step]
        symbol, day = np.repeat(np.arange(NAMES), len(days)), np.tile(days, NAMES)
        vintage = Vintage(symbol, day, day, np.ones(len(day)))
        assert found(publication, replace(calm_market(), vintages={"pe_ratio": vintage})) == []


def test_publication_at_the_ends_of_months_needs_a_cautious_delay() -> None:
    symbol, period = quarterly()
    for later, says in ((1, ["error"]), (3, [])):
        available = (period.astype("datetime64[M]") + 1 + later).astype("datetime64[D]") - 1
        vintage = Vintage(symbol, period, available, np.ones(len(period)))
        market = replace(calm_market(), vintages={"pe_ratio": vintage})
        assert [severity for severity, _ in found(publication, market)] == says


def test_columns_of_one_table_are_one_finding() -> None:
    market = market_of(0)
    vintage = market.vintages["return_on_equity"]
    both = replace(market, vintages={"return_on_equity": vintage, "revenue_growth": vintage})
    assert [table.fields for table in tables_of(both)] == [("return_on_equity", "revenue_growth")]
    assert len(found(publication, both)) == 1


def test_a_history_that_came_out_on_one_day_is_backfilled() -> None:
    market = market_of(30)
    vintage = market.vintages["return_on_equity"]
    late = np.full(len(vintage.value), np.datetime64("2021-06-30"))
    old = Vintage(vintage.symbol, vintage.period_end, late, vintage.value)
    assert found(backfilled, replace(market, vintages={"roe": old})) == [
        ("warning", "backfilled:roe")
    ]
    assert found(backfilled, market) == []


def test_values_that_are_public_after_today_are_a_warning() -> None:
    market = market_of(45)
    old = market.vintages["return_on_equity"]
    late = old.available.copy()
    late[3] = np.datetime64("2099-01-01")
    changed = replace(
        market, vintages={"return_on_equity": Vintage(old.symbol, old.period_end, late, old.value)}
    )
    assert found(yet_to_come, changed) == [("warning", "future-values:return_on_equity")]
    assert found(yet_to_come, changed, today=date(2098, 12, 31)) == []  # tomorrow, elsewhere
    assert found(yet_to_come, market) == []
