"""Names that vanish and come back."""

import numpy as np

from mech_exo.data.check.holes import holes
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import calm_market, damaged, found


def test_a_hole_of_a_month_is_a_warning() -> None:
    def damage(close: FloatArray) -> None:
        close[100:125, 3] = np.nan

    assert found(holes, damaged(calm_market(), damage)) == [("warning", "hole")]


def test_a_halt_of_two_weeks_and_late_listings_are_none() -> None:
    def damage(close: FloatArray) -> None:
        close[100:110, 3] = np.nan
        close[:150, 4] = np.nan

    assert found(holes, damaged(calm_market(), damage)) == []


def test_monthly_prices_among_daily_ones_are_none() -> None:
    def damage(close: FloatArray) -> None:
        close[np.arange(len(close)) % 25 > 0, 3] = np.nan

    assert found(holes, damaged(calm_market(), damage)) == []
