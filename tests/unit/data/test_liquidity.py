"""Volume, value traded and size: read by session, measured as of the day."""

from pathlib import Path

import numpy as np
import pytest

from mech_exo.config.settings import DataSettings
from mech_exo.data.liquidity import (
    market_cap,
    traded_value,
    turnover,
    with_market_cap,
    with_traded_value,
    with_volume,
)
from mech_exo.data.market import Market
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

DATES = np.busday_offset("2024-01-01", np.arange(40), roll="forward")
MARKET = Market(
    dates=DATES, symbols=("A", "B"), close=np.column_stack([np.full(40, 10.0), np.full(40, 4.0)])
)
DATA = DataSettings()


def table(tmp_path: Path, text: str, name: str = "volume.csv"):  # type: ignore[no-untyped-def]
    (tmp_path / name).write_text(text)
    return read_table(tmp_path / name)


def test_a_long_file_with_its_own_closes_gives_the_value_traded(tmp_path: Path) -> None:
    text = f"date,ticker,close,volume,closeadj\n{DATES[0]},A,50,7,10\n{DATES[1]},B,20,,4\n"
    market = with_volume(MARKET, table(tmp_path, text), DATA)
    assert market.daily["volume"][0].tolist()[0] == 7.0
    assert np.isnan(market.daily["volume"][1]).all()
    assert traded_value(market, slice(0, 1))[0, 0] == 350.0  # not 7 × the adjusted 10
    assert market.categories == {}  # neither is a factor


def test_a_wide_file_is_multiplied_by_the_closes(tmp_path: Path) -> None:
    text = f"date,B,A\n{DATES[1]},3,\n2024-01-06,9,9\n{DATES[0]},5,2\n"  # a Saturday is left out
    market = with_volume(MARKET, table(tmp_path, text), DATA)
    assert traded_value(market, slice(0, 2)).tolist()[0] == [20.0, 20.0]
    assert market.daily["volume"][1, 1] == 3.0
    assert np.isnan(market.daily["volume"][2:]).all()


def test_a_file_of_traded_values_goes_first(tmp_path: Path) -> None:
    text = f"date,symbol,close,volume\n{DATES[0]},A,50,7\n"
    market = with_volume(MARKET, table(tmp_path, text), DATA)
    text = f"date,symbol,dollar_volume\n{DATES[0]},A,999\n"
    market = with_traded_value(market, table(tmp_path, text, "value.csv"), DATA)
    assert traded_value(market, slice(0, 1))[0, 0] == 999.0


def test_turnover_is_the_median_of_what_is_known() -> None:
    rng = np.random.default_rng(0)
    volume = rng.lognormal(5.0, 1.0, (40, 2))
    volume[15:22, 0] = np.nan
    market = Market(dates=DATES, symbols=("A", "B"), close=MARKET.close, daily={"volume": volume})
    rows = np.array([12, 13, 30, 39])
    found = turnover(market, rows, DATA)
    value = volume * MARKET.close
    for m, t in enumerate(rows.tolist()):
        for n in range(2):
            window = value[max(0, t - 20) : t + 1, n]
            known = window[~np.isnan(window)]
            expected = np.median(known) if len(known) >= 14 else np.nan
            np.testing.assert_allclose(found[m, n], expected, rtol=1e-14)
    assert np.isnan(found[0]).all()  # 13 sessions
    assert not np.isnan(found[1]).any()


def test_one_huge_block_does_not_make_a_name_liquid() -> None:
    volume = np.ones((40, 2))
    volume[39, 0] = 1e9
    market = Market(dates=DATES, symbols=("A", "B"), close=MARKET.close, daily={"volume": volume})
    assert turnover(market, np.array([39]), DATA).tolist() == [[10.0, 4.0]]


def test_a_size_counts_from_its_publication_until_the_next(tmp_path: Path) -> None:
    text = (
        "symbol,available_date,market_cap,other\nA,2023-12-01,100,1\nA,2024-01-10,50,1\n"
        "B,2024-01-10,70,1\nB,2030-01-01,90,1\n"
    )
    market = with_market_cap(MARKET, table(tmp_path, text), DATA)
    rows = np.array([0, 6, 7])  # 2024-01-09 and -10 are the positions 6 and 7
    np.testing.assert_array_equal(market_cap(market, rows, DATA)[:, 0], [100.0, 100.0, 50.0])
    np.testing.assert_array_equal(market_cap(market, rows, DATA)[:, 1], [np.nan, np.nan, 70.0])
    assert market_cap(market, rows, DataSettings(max_age_days=20))[0].tolist()[0] != 100.0
    assert set(market.vintages) == {"market_cap"}  # the other columns are not read
    assert market.vintages["market_cap"].available.max() <= DATES[-1]
    assert market.categories == {}


def test_a_wide_file_of_sizes_stands_until_its_next_row(tmp_path: Path) -> None:
    text = "date,A,B\n2023-12-29,100,\n2024-01-10,50,70\n"
    market = with_market_cap(MARKET, table(tmp_path, text), DATA)
    found = market_cap(market, np.array([6, 7, 39]), DATA)
    np.testing.assert_array_equal(found, [[100.0, np.nan], [50.0, 70.0], [50.0, 70.0]])


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (with_volume, "date,symbol,volume\n2024-01-02,A,-1\n", "line 2: volume is -1, below 0"),
        (with_volume, "date,A\n2024-01-02,1\n2024-01-03,-1\n", "line 3: A is -1, below 0"),
        (with_volume, "date,symbol,volume\n2024-01-02,A,x\n", "line 2: volume is 'x'"),
        (
            with_volume,
            "date,symbol,volume\n2024-01-02,A,1\n2024-01-02,A,1\n",
            "line 3: A has a second row on 2024-01-02",
        ),
        (with_volume, "date,A\n2024-01-02,1\n2024-01-02,2\n", "line 3: the date 2024-01-02"),
        (with_volume, "date,symbol,volume\n2024-01-02,X,1\n", "line 2: X has no prices"),
        (with_volume, "date,symbol,volume\n2019-01-02,A,1\n", "none of its days is a session"),
        (with_volume, "date,symbol,shares\n2024-01-02,A,1\n", "no column 'volume'"),
        (with_traded_value, "date,symbol,volume\n2024-01-02,A,1\n", "no column 'traded_value'"),
        (with_market_cap, "date,symbol,market_cap\n2024-01-02,A,-5\n", "line 2: market_cap is -5"),
        (with_market_cap, "date,symbol,size\n2024-01-02,A,5\n", "no column 'market_cap'"),
    ],
)
def test_mistakes_are_named_by_line(tmp_path: Path, read, text: str, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ExoError) as caught:
        read(MARKET, table(tmp_path, text), DATA)
    assert words in caught.value.message


def test_a_field_that_a_factor_table_gives_is_not_read_twice(tmp_path: Path) -> None:
    market = with_market_cap(MARKET, table(tmp_path, "date,A\n2024-01-02,5\n"), DATA)
    with pytest.raises(ExoError, match="market_cap is also in a table"):
        with_market_cap(market, table(tmp_path, "date,A\n2024-01-02,5\n"), DATA)
