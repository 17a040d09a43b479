"""Weekends that repeat Friday's close are told, and nothing else of calendar days."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mech_exo.config.settings import DataSettings, Settings
from mech_exo.data.check.examined import Examined
from mech_exo.data.check.filled_weekends import weekends_filled
from mech_exo.data.check.holes import holes
from mech_exo.data.check.rules import examine
from mech_exo.data.frames import frame_market
from mech_exo.data.frequency import MONTHLY
from tests.unit.data.one_market import calendar_days, filled_weekends, versions

WHOLE = calendar_days(years=2)


def findings(prices: pd.DataFrame) -> list[str]:
    data = DataSettings(source="frames")
    examined = Examined(frame_market(prices, {}, data), Settings(data=data))
    return [f.name for f in weekends_filled(examined)]


def test_copies_are_found() -> None:
    assert findings(filled_weekends(WHOLE)) == ["weekends_filled"]


def test_copies_are_told_once_and_filled_holidays_beside_them() -> None:
    data = DataSettings(source="frames")
    prices = filled_weekends(WHOLE)
    settings = Settings(data=data)
    found = examine(frame_market(prices, {}, data), settings).findings
    assert [f.rule for f in found] == ["weekends_filled"]
    prices.iloc[30] = prices.iloc[29]  # a Thursday
    found = examine(frame_market(prices, {}, data), settings).findings
    assert [f.rule for f in found] == ["carried", "weekends_filled"]
    assert found[0].day == "2008-01-31"


def test_copies_with_holidays_and_a_late_listing_are_found() -> None:
    prices = WHOLE.copy()
    prices.iloc[30:33] = prices.iloc[29]
    prices.iloc[:100, 2] = np.nan
    assert findings(filled_weekends(prices)) == ["weekends_filled"]


@pytest.mark.parametrize("name", ["calendar-day", "daily", "weekly", "monthly"])
def test_honest_markets_are_quiet(name: str) -> None:
    assert findings(versions(years=2)[name].prices) == []


def test_a_market_in_which_little_moves_is_no_copy() -> None:
    """Coarse prices stand still on any day of the week."""
    assert findings(WHOLE.round(-1)) == []


def test_a_hole_is_a_month_of_any_frequency() -> None:
    prices = versions()["monthly"].prices.copy()
    prices.iloc[40:43, 1] = np.nan
    data = DataSettings(source="frames")
    market = frame_market(prices, {}, data)
    assert market.frequency == MONTHLY
    assert [f.rule for f in holes(Examined(market, Settings()))] == ["hole"]
    prices.iloc[40, 1] = 50.0
    shorter = frame_market(prices, {}, data)
    assert list(holes(Examined(shorter, Settings()))) == []
    days = replace(market, frequency=frame_market(WHOLE, {}, data).frequency)
    assert list(holes(Examined(days, Settings()))) == []


def test_decisions_are_counted_in_the_sessions_of_the_market() -> None:
    market = frame_market(versions()["weekly"].prices, {}, DataSettings(source="frames"))
    assert Examined(market, Settings()).decisions[:3].tolist() == [52, 56, 60]
