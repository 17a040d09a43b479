import numpy as np

from mech_exo.config.settings import DemoSettings
from mech_exo.data.demo import demo_market
from mech_exo.data.late_facts import published_later
from mech_exo.data.market import Market


def test_facts_are_delayed_and_prices_and_trading_are_not() -> None:
    dates = np.arange("2020-01-01", "2020-01-11", dtype="datetime64[D]")
    values = np.arange(20.0).reshape(10, 2)
    daily = {"mood": values, "volume": values}
    late = published_later(Market(dates, ("A", "B"), values + 1.0, daily=daily), 3)
    np.testing.assert_array_equal(late.daily["mood"][3:], values[:-3])
    assert np.isnan(late.daily["mood"][:3]).all()
    np.testing.assert_array_equal(late.daily["volume"], values)
    np.testing.assert_array_equal(late.close, values + 1.0)


def test_over_a_weekend_the_last_session_that_was_out_counts() -> None:
    dates = np.array(["2020-01-02", "2020-01-03", "2020-01-06"], dtype="datetime64[D]")
    values = np.array([[1.0], [2.0], [3.0]])
    late = published_later(Market(dates, ("A",), values, daily={"mood": values}), 2)
    np.testing.assert_array_equal(late.daily["mood"].ravel(), [np.nan, np.nan, 2.0])


def test_fields_of_one_table_go_on_sharing_their_dates() -> None:
    market = demo_market(DemoSettings(symbols=3, years=2))
    late = published_later(market, 30)
    tables = [{id(v.available) for v in m.vintages.values()} for m in (market, late)]
    assert len(tables[0]) == len(tables[1])
    for name, vintage in market.vintages.items():
        wait = late.vintages[name].available - vintage.available
        assert (wait == np.timedelta64(30, "D")).all()
        assert late.vintages[name].value is vintage.value
