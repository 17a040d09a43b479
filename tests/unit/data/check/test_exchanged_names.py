"""Two names that exchange their histories."""

from mech_exo.data.check.exchanged_names import exchanged
from mech_exo.data.panel import FloatArray
from tests.unit.data.check.calm_markets import calm_market, damaged, found


def test_two_names_that_take_each_others_price_are_a_warning() -> None:
    def damage(close: FloatArray) -> None:
        close[:, 2] *= 1.7 * close[200, 6] / close[200, 2]
        close[200:, [2, 6]] = close[200:, [6, 2]]

    market = damaged(calm_market(), damage)
    assert found(exchanged, market) == [("warning", f"exchanged:N06:N02:{market.dates[200]}")]


def test_two_crashes_on_one_day_are_none() -> None:
    def damage(close: FloatArray) -> None:
        close[200:, 2] *= 0.5
        close[200:, 6] *= 1.9

    assert found(exchanged, calm_market()) == []
    assert found(exchanged, damaged(calm_market(), damage)) == []
