"""Prices, wide and long."""

from pathlib import Path

import numpy as np
import pytest

from mech_exo.data.market import Market
from mech_exo.data.price_files import check_live, read_prices
from mech_exo.errors import ExoError

WIDE = "date,B,A\n2020-01-02,20,10\n2020-01-01,19,9\n2020-01-03,,11\n"
LONG = """date,symbol,close
2020-01-02,B,20
2020-01-01,A,9
2020-01-02,A,10
2020-01-03,A,11
2020-01-01,B,19
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "prices.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text", [WIDE, WIDE.removeprefix("date"), LONG, LONG.replace("symbol,close", "Ticker,Price")]
)
def test_layouts_are_found_and_sorted(tmp_path: Path, text: str) -> None:
    market = read_prices(written(tmp_path, text))
    assert market.symbols == ("A", "B")
    assert [str(d) for d in market.dates] == ["2020-01-01", "2020-01-02", "2020-01-03"]
    np.testing.assert_array_equal(market.close, [[9, 19], [10, 20], [11, np.nan]])


def test_adjusted_closes_are_preferred(tmp_path: Path) -> None:
    text = "date,symbol,close,adj_close\n2020-01-01,A,10,5\n"
    assert read_prices(written(tmp_path, text)).close[0, 0] == 5.0


def test_a_day_without_any_price_is_no_session(tmp_path: Path) -> None:
    text = "date,A,B\n2020-01-01,1,1\n2020-01-02,,\n2020-01-03,2,\n"
    assert len(read_prices(written(tmp_path, text)).dates) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("date,A\n2020-01-01,1\n2020-01-02,2\n2020-01-01,1\n", "line 4: the date 2020-01-01"),
        (LONG + "2020-01-02,A,10\n", "line 7: A has a second price on 2020-01-02"),
        ("date,A,B\n2020-01-01,1,2\n2020-01-02,1,0\n", "line 3: the price of B on 2020-01-02 is 0"),
        ("date,symbol,close\n2020-01-01,A,-3\n", "line 2: the price of A on 2020-01-01 is -3"),
        ("date,A,B\n2020-01-01,1,2\n2020-01-02,1,n.a.\n", "line 3: B is 'n.a.'"),
        ("day,A\n2020-01-01,1\n", "no column 'date'"),
        ("date,symbol,cloze\n2020-01-01,A,1\n", "no column 'close'"),
        ("date,symbol,close\n2020-01-01,,1\n", "line 2: symbol is empty"),
        ("date,A\n2020-01-01,\n", "holds no price"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, says: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ExoError) as caught:
        read_prices(path)
    assert caught.value.message.startswith(str(path))
    assert says in caught.value.message


def market_of(*rows: tuple[float, ...]) -> Market:
    close = np.array(rows, dtype=float)
    dates = np.datetime64("2020-01-01") + np.arange(len(rows))
    return Market(dates, tuple("AB"), close, source="files")


def test_prices_that_stopped_are_stale(tmp_path: Path) -> None:
    stopped = read_prices(written(tmp_path, "date,A,B\n2020-01-01,1,1\n2020-01-02,,\n"))
    with pytest.raises(ExoError, match="stale, no name has a price after 2020-01-01"):
        check_live(stopped)


def test_prices_that_stand_still_are_stale() -> None:
    still = [(1.0, 1.0), (2.0, np.nan)] + [(2.0, np.nan)] * 5
    with pytest.raises(ExoError, match="stand still since 2020-01-02, 5 sessions"):
        check_live(market_of(*still))
    check_live(market_of(*still[:-1]))


def test_constant_prices_and_delistings_are_not_stale() -> None:
    check_live(market_of(*[(1.0, 1.0)] * 9))
    check_live(market_of((1.0, 1.0), *[(float(i), np.nan) for i in range(2, 9)]))
