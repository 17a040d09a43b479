import numpy as np
import pandas as pd
import pytest

from mech_exo.config.settings import DataSettings
from mech_exo.data.frames import frame_market, table_of
from mech_exo.errors import ExoError
from tests.unit.library.markets import frames

DATA = DataSettings(source="frames")


def test_wide_long_and_typed_prices_are_one_market() -> None:
    prices, _ = frames()
    one = frame_market(prices, {}, DATA)
    long = prices.reset_index().melt("date", var_name="symbol", value_name="close")
    nullable = prices.astype("Float64")
    shuffled = prices.sample(frac=1.0, random_state=1)
    for other in (long, nullable, shuffled, prices.reset_index(), prices.astype(object)):
        market = frame_market(other, {}, DATA)
        assert market.symbols == one.symbols
        assert np.array_equal(market.close, one.close, equal_nan=True)
        assert (market.dates == one.dates).all()


def test_a_wide_factor_stands_until_its_next_row_and_a_long_one_from_its_publication() -> None:
    prices, reports = frames()
    weekly = pd.DataFrame({"S01": [1.0, 2.0]}, pd.to_datetime(["2015-03-02", "2015-03-09"]))
    market = frame_market(prices, {"mood": weekly, "reports": reports}, DATA)
    assert market.categories["mood"] == "custom"
    row = int(np.searchsorted(market.dates, np.datetime64("2015-03-06")))
    assert market.daily["mood"][row, 1] == 1.0
    assert market.daily["mood"][row + 1, 1] == 2.0
    assert "return_on_equity" in market.vintages


def test_a_long_factor_is_the_column_of_its_name() -> None:
    prices, reports = frames()
    renamed = reports.rename(columns={"return_on_equity": "quality"})
    market = frame_market(prices, {"quality": renamed}, DATA)
    assert market.categories == {"quality": "custom"}


def test_the_range_of_the_settings_counts() -> None:
    prices, _ = frames()
    market = frame_market(prices, {}, DataSettings(source="frames", start="2015-06-01"))
    assert market.dates[0] == np.datetime64("2015-06-01")


def test_tables_of_the_universe_are_read_as_their_files_are() -> None:
    prices, _ = frames()
    days = prices.index
    members = pd.DataFrame(
        {
            "symbol": ["S01", "S02"],
            "from": [days[0], days[10]],
            "to": [pd.NaT, days[20]],
        }
    )
    volume = pd.DataFrame({"S01": 5.0, "S02": 7}, index=days)
    universe = {"membership": members, "volume": volume}
    market = frame_market(prices, {}, DATA, universe)
    assert market.member is not None
    assert market.member.sum(axis=0).tolist()[1:3] == [len(market.dates), 11]
    assert market.daily["volume"][3, 1:3].tolist() == [5.0, 7.0]


@pytest.mark.parametrize(
    ("universe", "words"),
    [
        ({"members": pd.DataFrame()}, "'members' is no table of the universe"),
        ({"membership": [1]}, "universe['membership']: is list, not a DataFrame"),
        (
            {"membership": pd.DataFrame({"symbol": ["S01", "S01"], "from": [1, 2], "to": None})},
            "universe['membership'], row 1: from is '1', not a date",
        ),
    ],
)
def test_mistakes_in_tables_of_the_universe(universe: dict[str, object], words: str) -> None:
    with pytest.raises(ExoError) as caught:
        frame_market(frames()[0], {}, DATA, universe)  # type: ignore[arg-type]
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame({"S": [1.0]}), "column 'date'"),
        (pd.DataFrame([[1.0, 2.0]], [pd.Timestamp("2020-01-01")], ["S", "S"]), "twice"),
        (pd.DataFrame({"S": ["x"]}, pd.to_datetime(["2020-01-01"])), "not a finite number"),
        (pd.DataFrame({"S": [np.inf]}, pd.to_datetime(["2020-01-01"])), "not a finite number"),
    ],
)
def test_what_cannot_be_read_is_named(frame: pd.DataFrame, words: str) -> None:
    with pytest.raises(ExoError, match=words):
        frame_market(frame, {}, DATA)


def test_no_value_of_a_column_of_text_is_taken_for_a_text() -> None:
    frame = pd.DataFrame({"symbol": ["A", pd.NA], "x": [1, 2]}, dtype="string")
    table = table_of("t", frame.assign(date="2020-01-01"))
    with pytest.raises(ExoError, match="row 2: symbol is empty"):
        table.texts("symbol")


def test_the_frames_of_libraries_are_read_as_they_come() -> None:
    """yfinance's columns of field and ticker, alphalens' index of date and asset, zones."""
    prices, _ = frames()
    one = frame_market(prices, {}, DATA)
    fields = {"Close": prices * 2.0, "Adj Close": prices, "Volume": prices * 0.0 + 5.0}
    download = pd.concat(fields, axis=1, names=["Price", "Ticker"])
    download.index.name = "Date"
    by_ticker = download.swaplevel(axis=1).sort_index(axis=1)
    stacked = prices.stack()  # noqa: PD013
    index = stacked.index.set_names(["date", "asset"])
    long = pd.DataFrame({"price": stacked.to_numpy()}, index)
    zone = prices.tz_localize("America/New_York")
    in_columns = prices.tz_localize("Asia/Tokyo").reset_index()
    unnamed = long.set_axis(long.index.set_names([None, None]))
    for other in (download, by_ticker, long, zone, in_columns, unnamed):
        market = frame_market(other, {}, DATA)
        assert market.symbols == one.symbols
        assert np.array_equal(market.close, one.close, equal_nan=True)
        assert (market.dates == one.dates).all()


def test_an_alphalens_factor_is_public_on_its_date() -> None:
    prices, _ = frames()
    index = pd.MultiIndex.from_product(
        [pd.to_datetime(["2015-03-02", "2015-03-09"]), ["S00", "S01"]], names=["date", "asset"]
    )
    factor = pd.DataFrame({"factor": [1.0, 2.0, 3.0, 4.0]}, index)
    market = frame_market(prices, {"mood": factor}, DATA)
    assert market.categories == {"mood": "custom"}
    assert [str(day) for day in market.vintages["mood"].available[::2]] == [
        *("2015-03-02", "2015-03-09")
    ]


def test_one_stocks_bars_are_no_universe() -> None:
    prices, _ = frames()
    bars = prices.iloc[:, :5].set_axis(["Open", "High", "Low", "Close", "Volume"], axis=1)
    with pytest.raises(ExoError, match="holds the prices of one stock"):
        frame_market(bars, {}, DATA)
