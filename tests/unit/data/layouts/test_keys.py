"""Which column is what: spellings that are known, settings, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.config.load import settings_from_mapping
from mech_exo.data.files import file_market
from mech_exo.data.market import Market
from mech_exo.errors import ExoError

DAYS = ("2020-01-02", "2020-01-03", "2020-01-06")


def market_of(
    folder: Path, prices: str, facts: str | None = None, data: Any = None, **table: Any
) -> Market:
    (folder / "prices.csv").write_text(prices, encoding="utf-8")
    tables = []
    if facts is not None:
        (folder / "facts.csv").write_text(facts, encoding="utf-8")
        tables = [{"file": str(folder / "facts.csv"), **table}]
    stated = {"source": "files", "prices": str(folder / "prices.csv"), "factors": tables}
    return file_market(settings_from_mapping({"data": stated | (data or {})}, "test").data)


def refused(folder: Path, *args: Any, **table: Any) -> ExoError:
    with pytest.raises(ExoError) as caught:
        market_of(folder, *args, **table)
    assert "\n" not in str(caught.value)
    return caught.value


def long(header: str, *rows: str) -> str:
    return "\n".join((header, *rows)) + "\n"


def prices(date: str = "date", symbol: str = "symbol", price: str = "close") -> str:
    rows = (f"{d},{s},{10 + i + n}" for i, d in enumerate(DAYS) for n, s in enumerate(("A", "B")))
    return long(f"{date},{symbol},{price}", *rows)


CLOSE = [[10.0, 11.0], [11.0, 12.0], [12.0, 13.0]]


@pytest.mark.parametrize("date", ["Date", "datetime", "TIMESTAMP", "trade_date", "caldt", "time"])
@pytest.mark.parametrize("symbol", ["asset", "Ticker", "tic", "ts_code", "INSTRUMENT", "Code"])
def test_keys_are_found_in_the_spellings_of_the_world(
    tmp_path: Path, date: str, symbol: str
) -> None:
    market = market_of(tmp_path, prices(date, symbol))
    assert market.symbols == ("A", "B")
    np.testing.assert_array_equal(market.close, CLOSE)


@pytest.mark.parametrize(
    "adjusted",
    [
        *("adj_close", "Adj Close", "adjClose", "closeadj", "adjusted_close", "Adj. Close"),
        *("ADJ_CLOSE", "adj_close_price", "total_return", "Adjusted Close", "close_adj"),
    ],
)
def test_an_adjusted_column_counts_before_the_unadjusted(tmp_path: Path, adjusted: str) -> None:
    text = prices(price=f"close,{adjusted}").replace("\n20", ",\n20").replace(",\n", "\n", 1)
    lines = text.splitlines()
    rows = [line.rstrip(",") + f",{50 + i}" for i, line in enumerate(lines[1:])]
    market = market_of(tmp_path, long(lines[0], *rows))
    assert market.price_column == adjusted
    np.testing.assert_array_equal(market.close.ravel(), np.arange(50.0, 56.0))
    plain = market_of(tmp_path, long(lines[0], *rows), data={"keys": {"price": "close"}})
    assert plain.price_column == "close"
    assert [finding.name for finding in plain.findings] == ["unadjusted:prices.csv"]
    assert market.findings == ()
    np.testing.assert_array_equal(plain.close, CLOSE)


def test_two_adjusted_columns_are_refused_unless_they_are_one(tmp_path: Path) -> None:
    text = long("date,symbol,adj_close,closeadj", "2020-01-02,A,1,1", "2020-01-03,A,2,{}")
    assert market_of(tmp_path, text.format(2)).close.tolist() == [[1.0], [2.0]]
    error = refused(tmp_path, text.format(3))
    assert "'adj_close' and 'closeadj' could both be meant" in error.message
    assert "data.keys.price" in error.hint
    named = market_of(tmp_path, text.format(3), data={"keys": {"price": "closeadj"}})
    assert named.close.tolist() == [[1.0], [3.0]]


def test_keys_of_the_settings(tmp_path: Path) -> None:
    text = prices("when", "who", "worth")
    keys = {"date": "when", "symbol": "who", "price": "worth"}
    np.testing.assert_array_equal(market_of(tmp_path, text, data={"keys": keys}).close, CLOSE)
    error = refused(tmp_path, text, data={"keys": keys | {"price": "wort"}})
    assert "no column 'wort' (data.keys.price)" in error.message
    assert error.hint == "Did you mean 'worth'?"


def test_a_ticker_that_is_spelled_like_a_key_stays_a_ticker(tmp_path: Path) -> None:
    text = long("date,SID,CODE,TIC", "2020-01-02,1.5,2,3", "2020-01-03,1.25,3,4")
    market = market_of(tmp_path, text)
    assert market.symbols == ("CODE", "SID", "TIC")


def test_whole_numbers_beside_a_price_are_symbols(tmp_path: Path) -> None:
    text = long("PERMNO,date,PRC", "10001,20200102,5", "10002,20200102,6", "10001,20200103,7")
    market = market_of(tmp_path, text)
    assert market.symbols == ("10001", "10002")
    assert market.close[1, 0] == 7.0


@pytest.mark.parametrize(
    "columns",
    [
        "Date,Open,High,Low,Close,Adj Close,Volume",
        "date,open,high,low,close,volume",
        "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits",
        "date,close",
        "timestamp,Close,Volume",
    ],
)
def test_one_stocks_bars_are_no_universe(tmp_path: Path, columns: str) -> None:
    width = columns.count(",")
    rows = (d + ",1" * width for d in DAYS)
    error = refused(tmp_path, long(columns, *rows))
    assert "holds the prices of one stock" in error.message
    assert "folder" in error.hint


def test_tickers_named_like_a_bar_are_a_universe(tmp_path: Path) -> None:
    text = long("date,LOW,OPEN,AAPL", *(f"{d},1,2,{i + 1}" for i, d in enumerate(DAYS)))
    assert market_of(tmp_path, text).symbols == ("AAPL", "LOW", "OPEN")


WIDE = long("date,A,B", *(f"2020-0{m}-{d:02d},{d},{m}" for m in range(1, 8) for d in range(1, 29)))


@pytest.mark.parametrize(
    "column",
    [
        *("available_date", "Published", "datekey", "filed", "filing_date", "rdq", "Publish Date"),
        *("acceptance", "accepted_date", "announce_date", "acceptance_datetime"),
    ],
)
def test_publication_is_found_in_its_spellings(tmp_path: Path, column: str) -> None:
    facts = long(f"ticker,datadate,{column},eps", "A,2020-03-31,2020-05-04,1")
    vintage = market_of(tmp_path, WIDE, facts).vintages["eps"]
    assert str(vintage.available[0]) == "2020-05-04"
    assert str(vintage.period_end[0]) == "2020-03-31"


@pytest.mark.parametrize(
    "period",
    [
        *("period_end", "period", "reportperiod", "calendardate", "datadate", "Report Date"),
        *("fiscal_period_end", "end", "Period Ending", "fiscalDateEnding", "end_date"),
    ],
)
def test_a_periods_end_is_never_a_publication(tmp_path: Path, period: str) -> None:
    facts = long(f"symbol,{period},eps", "A,2020-03-31,1", "B,2020-03-31,2")
    error = refused(tmp_path, WIDE, facts)
    assert "no column 'available_date'" in error.message
    assert f"{period!r} is the end of a period" in error.message
    assert "availability_lag_days" in error.hint
    assert f"{period!r}" not in error.hint
    assert f": {period}" not in error.hint
    market = market_of(tmp_path, WIDE, facts, availability_lag_days=45)
    assert str(market.vintages["eps"].available[0]) == "2020-05-15"
    assert market.notes == (f"facts.csv: taken as public 45 days after {period!r} (no date of it)",)


def test_a_date_that_is_called_a_periods_end_is_no_publication(tmp_path: Path) -> None:
    facts = long("symbol,date,eps", "A,2020-03-31,1")
    assert str(market_of(tmp_path, WIDE, facts).vintages["eps"].available[0]) == "2020-03-31"
    error = refused(tmp_path, WIDE, facts, keys={"period_end": "date"})
    assert "'date' is the end of a period" in error.message
    lagged = market_of(tmp_path, WIDE, facts, availability_lag_days=30).vintages["eps"]
    assert str(lagged.available[0]) == "2020-04-30"


def test_no_hint_points_to_a_near_name(tmp_path: Path) -> None:
    error = refused(tmp_path, WIDE, long("symbol,available_dat,eps", "A,2020-03-31,1"))
    assert "available_dat" not in error.hint.replace("available_date", "")
    named = {"available_date": "available_dat"}
    market = market_of(
        tmp_path, WIDE, long("symbol,available_dat,eps", "A,2020-03-31,1"), keys=named
    )
    assert str(market.vintages["eps"].available[0]) == "2020-03-31"


def test_rows_without_a_publication_need_the_lag(tmp_path: Path) -> None:
    facts = long("tic,datadate,rdq,eps", "A,2020-03-31,2020-04-20,1", "B,2020-03-31,,2")
    error = refused(tmp_path, WIDE, facts)
    assert "line 3: rdq is empty (1 such rows)" in error.message
    assert "availability_lag_days" in error.hint
    market = market_of(tmp_path, WIDE, facts, availability_lag_days=90)
    days = [str(day) for day in market.vintages["eps"].available]
    assert days == ["2020-04-20", "2020-06-29"]
    assert "1 of 2 rows have no rdq" in market.notes[0]


def test_two_dates_of_publication_are_refused(tmp_path: Path) -> None:
    facts = long("symbol,end,filed,accepted,eps", "A,2020-03-31,2020-04-20,2020-04-21,1")
    error = refused(tmp_path, WIDE, facts)
    assert "could both be meant" in error.message
    assert "keys: {available_date" in error.hint or "keys: available_date" in error.hint
    market = market_of(tmp_path, WIDE, facts, keys={"available_date": "accepted"})
    assert str(market.vintages["eps"].available[0]) == "2020-04-21"


DIMENSIONS = long(
    "symbol,dim,available_date,eps,year",
    "A,ARQ,2020-03-31,1,2019",
    "A,ARY,2020-03-31,4,2019",
    "B,ARQ,2020-03-30,2,2020",
)


def test_where_keeps_rows(tmp_path: Path) -> None:
    market = market_of(tmp_path, WIDE, DIMENSIONS, where={"dim": "ARQ"})
    assert market.vintages["eps"].value.tolist() == [1.0, 2.0]
    both = {"dim": ["ARQ", "ARY"], "year": 2020}
    assert market_of(tmp_path, WIDE, DIMENSIONS, where=both).vintages["eps"].value.tolist() == [2.0]
    error = refused(tmp_path, WIDE, DIMENSIONS, where={"dim": "MRQ"})
    assert "no row has 'MRQ' in 'dim'" in error.message
    assert error.hint == "There is 'ARQ', 'ARY'."
    assert refused(tmp_path, WIDE, DIMENSIONS, where={"dimm": "x"}).hint == "Did you mean 'dim'?"
    none = refused(tmp_path, WIDE, DIMENSIONS, where={"dim": "ARY", "year": 2020})
    assert "no row has '2020' in 'year'" in none.message


def test_drop_leaves_columns_out_and_no_key(tmp_path: Path) -> None:
    only = {"dim": "ARQ"}
    market = market_of(tmp_path, WIDE, DIMENSIONS, where=only, drop=["year"])
    assert list(market.vintages) == ["eps"]
    for key in ("symbol", "available_date"):
        error = refused(tmp_path, WIDE, DIMENSIONS, where=only, drop=[key])
        assert f"{key!r} is needed" in error.message
    error = refused(tmp_path, WIDE, DIMENSIONS, where=only, drop=["yaer"])
    assert error.hint == "Did you mean 'year'?"


def test_the_factor_of_a_long_table_has_the_name_of_the_settings(tmp_path: Path) -> None:
    facts = long("date,asset,factor", "2020-03-31,A,1", "2020-03-31,B,2")
    market = market_of(tmp_path, WIDE, facts, factor="quality")
    assert market.categories == {"quality": "custom"}
    assert market.vintages["quality"].value.tolist() == [1.0, 2.0]


def test_a_lag_must_be_a_number_of_days(tmp_path: Path) -> None:
    facts = long("symbol,period_end,eps", "A,2020-03-31,1")
    error = refused(tmp_path, WIDE, facts, availability_lag_days=-1)
    assert "data.factors[0].availability_lag_days is -1" in error.message


WIDE_FACTOR = "2020-03-31,1,2\n2020-06-30,3,4\n"


@pytest.mark.parametrize("column", ["date", "", "Datetime", "period_end", "Report Date"])
def test_a_wide_factor_with_period_ends_needs_the_lag(tmp_path: Path, column: str) -> None:
    facts = f"{column},A,B\n{WIDE_FACTOR}"
    market = market_of(tmp_path, WIDE, facts, factor="own", availability_lag_days=45)
    before, after = (
        np.searchsorted(market.dates, np.datetime64(d)) for d in ("2020-05-14", "2020-05-15")
    )
    assert np.isnan(market.daily["own"][before]).all()
    assert market.daily["own"][after].tolist() == [1.0, 2.0]
    assert "45 days after" in market.notes[0]
    if column in ("period_end", "Report Date"):
        error = refused(tmp_path, WIDE, facts, factor="own")
        assert f"{column!r} is the end of a period" in error.message
    else:
        now = market_of(tmp_path, WIDE, facts, factor="own")
        assert np.flatnonzero(~np.isnan(now.daily["own"][:, 0]))[0] == np.searchsorted(
            now.dates, np.datetime64("2020-03-31")
        )


def test_a_wide_factors_date_that_is_called_a_periods_end(tmp_path: Path) -> None:
    facts = f"date,A,B\n{WIDE_FACTOR}"
    error = refused(tmp_path, WIDE, facts, factor="own", keys={"period_end": "date"})
    assert "'date' is the end of a period" in error.message
    named = {"available_date": "when"}
    market = market_of(tmp_path, WIDE, f"when,A,B\n{WIDE_FACTOR}", factor="own", keys=named)
    assert not np.isnan(market.daily["own"][-1]).any()


def test_a_setting_without_meaning_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, WIDE, data={"keys": {"price": "A"}})
    assert "is a wide table" in error.message
    returns = long("PERMNO,date,RET", "10001,2020-01-02,C", "10001,2020-01-03,0.1")
    assert "data.returns" in refused(tmp_path, returns).hint
