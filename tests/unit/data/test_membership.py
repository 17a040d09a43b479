"""`data.membership`: who is in the universe, to the day."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.config.settings import DataSettings
from mech_exo.data.market import Market
from mech_exo.data.membership import with_membership
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

DATES = np.arange("2024-01-01", "2024-01-11", dtype="datetime64[D]")  # ten sessions
MARKET = Market(dates=DATES, symbols=("A", "B", "C", "D"), close=np.full((10, 4), 100.0))
IGNORE = DataSettings(unknown_symbols="ignore")


def members(
    tmp_path: Path, text: str, data: DataSettings | None = None, name: str = "m.csv"
) -> Market:
    path = tmp_path / name
    path.write_text(text)
    return with_membership(MARKET, read_table(path), data or DataSettings())


def days(market: Market, symbol: str) -> list[int]:
    """Days of January 2024 on which a name is a member."""
    assert market.member is not None
    within = market.member[:, market.symbols.index(symbol)]
    return [int(str(day)[-2:]) for day in market.dates[within]]


def test_both_ends_of_a_stretch_are_in_it(tmp_path: Path) -> None:
    text = (
        "symbol,from,to\nA,2020-05-01,\nB,2024-01-03,2024-01-05\n"
        "C,2023-01-01,2024-01-02\nC,2024-01-09,2030-01-01\n"
    )
    market = members(tmp_path, text)
    assert days(market, "A") == list(range(1, 11))
    assert days(market, "B") == [3, 4, 5]
    assert days(market, "C") == [1, 2, 9, 10]
    assert days(market, "D") == []
    np.testing.assert_array_equal(market.close, MARKET.close)  # leaving is no delisting


@pytest.mark.parametrize(
    "text",
    [
        "Ticker,Added,Removed\nA,20240101,\nB,2024-01-03,20240105\n",
        "symbol,start_date,end_date,note\nB,2024-01-03,2024-01-05,x\nA,1999-01-04,9999-12-31,y\n",
        "to,symbol,from\nNaT,A,2024-01-01\n2024-01-04,B,2024-01-03\n2024-01-05,B,2024-01-04\n",
    ],
)
def test_spellings_and_stretches_that_touch(tmp_path: Path, text: str) -> None:
    market = members(tmp_path, text)
    assert days(market, "A") == list(range(1, 11))
    assert days(market, "B") == [3, 4, 5]


def test_dates_of_parquet(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(
        {
            "symbol": ["A", "B"],
            "from": pd.to_datetime(["2024-01-02", "2024-01-03"]),
            "to": pd.to_datetime([None, "2024-01-05"]),
        }
    )
    frame.to_parquet(tmp_path / "m.parquet", index=False)
    market = with_membership(MARKET, read_table(tmp_path / "m.parquet"), DataSettings())
    assert days(market, "A") == list(range(2, 11))
    assert days(market, "B") == [3, 4, 5]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("symbol,from,to\nA,2024-01-01,\nB,2024-01-05,2024-01-03\n", "line 3: the stretch of B"),
        ("symbol,from,to\nA,2024-01-01,\nA,2024-01-05,2024-01-08\n", "line 2: A has no end, but"),
        ("symbol,from,to\nA,,\n", "line 2: from is ''"),
        ("symbol,from,to\nA,2024-01-01,soon\n", "line 2: to is 'soon', not a date"),
        ("symbol,from,to\n,2024-01-01,\n", "line 2: symbol is empty"),
        ("symbol,from\nA,2024-01-01\n", "no column 'to'"),
        ("symbol,to\nA,2024-01-01\n", "no column 'from'"),
        ("name,from,to\nA,2024-01-01,\n", "no column 'symbol'"),
        ("symbol,from,to\nA,2020-01-01,2024-01-04\n", "nobody is a member after 2024-01-04"),
        ("symbol,from,to\nA,2025-01-01,\n", "nobody is a member on any of the sessions"),
        ("symbol,from,to\nA,2024-01-01,\nX,2024-01-02,\n", "line 3: X has no prices (1 of 2"),
    ],
)
def test_mistakes_are_named_by_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ExoError) as caught:
        members(tmp_path, text)
    assert words in caught.value.message
    assert "m.csv" in caught.value.message


def test_members_without_prices_are_a_finding_where_they_are_left_out(tmp_path: Path) -> None:
    text = "symbol,from,to\nA,2024-01-01,\nX,2024-01-02,\nOLD,1990-01-01,1999-12-31\n"
    market = members(tmp_path, text, IGNORE)
    (finding,) = market.findings
    assert (finding.rule, finding.figure) == ("members", 0.5)  # OLD was gone before the prices
    assert "1 of 2 members have no prices (X)" in finding.message


def test_the_same_row_twice_and_an_earlier_stretch_with_an_end_are_no_mistake(
    tmp_path: Path,
) -> None:
    text = "symbol,from,to\nA,2024-01-04,\nA,2024-01-04,\nA,2023-01-01,2024-01-02\n"
    assert days(members(tmp_path, text), "A") == [1, 2, *range(4, 11)]


def test_a_market_that_is_cut_keeps_its_members(tmp_path: Path) -> None:
    market = members(tmp_path, "symbol,from,to\nA,2024-01-01,\nB,2024-01-03,2024-01-05\n")
    assert days(market.until(4), "B") == [3, 4]
    assert days(market.since(3), "B") == [4, 5]
    with pytest.raises(ValueError, match="member has shape"):
        replace(market, member=np.ones((10, 3), dtype=bool))
    assert market.member is not None
    assert not market.member.flags.writeable
