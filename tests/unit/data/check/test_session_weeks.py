"""Months left out, and weeks moved by a day."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.data.check.examined import Examined
from mech_exo.data.check.session_weeks import moved_weeks, pauses
from mech_exo.data.market import Market
from tests.unit.data.check.calm_markets import FILES, calm_market, found


def without(start: int, stop: int) -> Market:
    market = calm_market()
    kept = np.r_[0:start, stop : len(market.dates)]
    return replace(market, dates=market.dates[kept], close=market.close[kept])


def on(weekmask: str) -> Market:
    days = np.busday_offset("2020-01-01", np.arange(400), roll="forward", weekmask=weekmask)
    return replace(calm_market(), dates=days)


def test_a_month_without_sessions_is_a_warning_with_its_day() -> None:
    market = without(100, 120)
    assert found(pauses, market) == [("warning", f"pause:{market.dates[99]}")]
    (finding,) = pauses(Examined(market, FILES))
    assert finding.figure == 29.0


def test_holidays_of_a_week_are_none() -> None:
    assert found(pauses, without(100, 106)) == []


def test_monthly_sessions_are_not_pauses() -> None:
    months = np.arange("2010-01", "2020-01", dtype="datetime64[M]").astype("datetime64[D]")
    market = replace(calm_market(len(months)), dates=months)
    assert found(pauses, market) == []


@pytest.mark.parametrize("week", ["Mon Tue Wed Thu Fri", "Sun Mon Tue Wed Thu"])
def test_weeks_that_exchanges_have_are_none(week: str) -> None:
    assert found(moved_weeks, on(week)) == []


@pytest.mark.parametrize("week", ["Tue Wed Thu Fri Sat", "Sun Tue Wed Thu Fri"])
def test_a_week_that_no_exchange_has_is_a_warning(week: str) -> None:
    assert found(moved_weeks, on(week)) == [("warning", "week")]


def test_every_day_is_no_moved_week() -> None:
    assert found(moved_weeks, on("Mon Tue Wed Thu Fri Sat Sun")) == []
