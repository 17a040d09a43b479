"""Prices in every layout that is known: the same panel, and three broken ones of each refused."""

import gzip
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pytest

from mech_exo.errors import ExitCode, ExoError
from tests.unit.data.layouts.thirty_stocks import (
    DELISTED,
    SYMBOLS,
    assert_same,
    market_of,
    panel_of,
    plain_files,
    stocks,
)

Files = dict[str, Any]
Writer = Callable[[Path], Files]
Spoil = Callable[[Path], object]
Broken = list[tuple[Spoil, str]]


def bars(symbol: str) -> pd.DataFrame:
    """One stock as `Date, Open, High, Low, Close, Adj Close, Volume`."""
    one = stocks().prices.query("symbol == @symbol")
    close = one["close"].to_numpy()
    return pd.DataFrame(
        {
            "Date": one["date"].dt.strftime("%Y-%m-%d"),
            "Open": close * 0.99,
            "High": close * 1.02,
            "Low": close * 0.98,
            "Close": close,
            "Adj Close": one["adjusted"].to_numpy(),
            "Volume": one["volume"].to_numpy(),
        }
    )


def download() -> pd.DataFrame:
    """What `yfinance.download` gives, not adjusted: columns of field and ticker."""
    made = stocks()
    fields = {
        "Adj Close": made.wide("adjusted"),
        "Close": made.wide("close"),
        "Volume": made.wide("volume"),
    }
    frame = pd.concat(fields, axis=1, names=["Price", "Ticker"])
    frame.index.name = "Date"
    return frame


def text(path: Path, old: str, new: str, count: int = 1) -> None:
    """Change a file's text, which must have it."""
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new, count), encoding="utf-8")


def yfinance(folder: Path) -> Files:
    download().to_csv(folder / "p.csv")
    return {"prices": str(folder / "p.csv")}


def yfinance_old(folder: Path) -> Files:
    download().rename_axis(columns=["", ""]).to_csv(folder / "p.csv")
    return {"prices": str(folder / "p.csv")}


def yfinance_by_ticker(folder: Path) -> Files:
    download().swaplevel(axis=1).sort_index(axis=1).to_csv(folder / "p.csv")
    return {"prices": str(folder / "p.csv")}


def yfinance_two_rows(folder: Path) -> Files:
    download().reset_index().to_csv(folder / "p.csv", index=False)
    return {"prices": str(folder / "p.csv")}


def yfinance_joined(folder: Path) -> Files:
    frame = download().reset_index()
    frame.columns = pd.Index(["_".join(pair).strip("_") for pair in frame.columns])
    frame.to_csv(folder / "p.csv", index=False)
    return {"prices": str(folder / "p.csv")}


def yfinance_parquet(folder: Path) -> Files:
    download().to_parquet(folder / "p.parquet")
    return {"prices": str(folder / "p.parquet")}


def yfinance_history(folder: Path) -> Files:
    """`Ticker.history()` of each: times with the exchange's zone, closes adjusted."""
    (folder / "p").mkdir()
    for symbol in SYMBOLS:
        one = bars(symbol)
        one["Date"] = pd.DatetimeIndex(one["Date"]).tz_localize("America/New_York")
        one["Close"] = one.pop("Adj Close")
        one.assign(Dividends=0.0, **{"Stock Splits": 0.0}).to_csv(
            folder / f"p/{symbol}.csv", index=False
        )
    return {"prices": str(folder / "p")}


def yfinance_each(folder: Path) -> Files:
    """A download of one ticker a file, three header rows in each."""
    (folder / "p").mkdir()
    whole = download()
    for symbol in SYMBOLS:
        one = whole.xs(symbol, axis=1, level="Ticker", drop_level=False).dropna()
        one.to_csv(folder / f"p/{symbol}.csv")
    return {"prices": str(folder / "p")}


def csvdir(folder: Path) -> Files:
    (folder / "p/daily").mkdir(parents=True)
    (folder / "p/minute").mkdir()
    (folder / "p/minute/S00.csv").write_text("not to be read")
    for symbol in SYMBOLS:
        one = bars(symbol).rename(columns=str.lower)
        one["close"] = one.pop("adj close")
        one.assign(dividend=0.0, split=1.0).to_csv(folder / f"p/daily/{symbol}.csv", index=False)
    return {"prices": str(folder / "p")}


def alphalens(folder: Path) -> Files:
    long = stocks().prices.set_index(["date", "symbol"])["adjusted"]
    long.rename_axis(["date", "asset"]).rename("price").to_csv(folder / "p.csv")
    return {"prices": str(folder / "p.csv")}


def alphalens_parquet(folder: Path) -> Files:
    dates = stocks().prices.assign(date=lambda p: p["date"].dt.tz_localize("UTC"))
    long = dates.set_index(["date", "symbol"])[["adjusted"]]
    long.rename_axis(["date", "asset"]).set_axis(["price"], axis=1).to_parquet(folder / "p.parquet")
    return {"prices": str(folder / "p.parquet")}


def qlib(folder: Path) -> Files:
    made = stocks().prices
    pd.DataFrame(
        {
            "instrument": [f"SH6000{s[1:]}" for s in made["symbol"]],
            "datetime": made["date"],
            "$close": made["adjusted"],
            "$volume": made["volume"],
            "$factor": made["adjusted"] / made["close"],
        }
    ).to_csv(folder / "p.csv", index=False)
    return {"prices": str(folder / "p.csv")}


def sharadar(folder: Path) -> Files:
    made = stocks().prices
    pd.DataFrame(
        {
            "ticker": made["symbol"],
            "date": made["date"],
            **dict.fromkeys(("open", "high", "low", "close"), made["close"]),
            "volume": made["volume"],
            "closeadj": made["adjusted"],
            "closeunadj": made["close"],
            "lastupdated": "2020-01-01",
        }
    ).to_csv(folder / "p.csv", index=False)
    return {"prices": str(folder / "p.csv")}


def simfin(folder: Path) -> Files:
    made = stocks().prices
    pd.DataFrame(
        {
            "Ticker": made["symbol"],
            "SimFinId": 1,
            "Date": made["date"],
            "Close": made["close"],
            "Adj. Close": made["adjusted"],
            "Volume": made["volume"],
        }
    ).to_csv(folder / "p.csv", index=False, sep=";")
    return {"prices": str(folder / "p.csv")}


def kaggle(folder: Path) -> Files:
    made = stocks().prices
    columns = dict.fromkeys(("open", "close", "low", "high"), made["adjusted"])
    pd.DataFrame(
        {
            "date": made["date"].dt.strftime("%Y-%m-%d 00:00:00"),
            "symbol": made["symbol"],
            **columns,
            "volume": made["volume"],
        }
    ).to_csv(folder / "prices-split-adjusted.csv", index=False)
    return {"prices": str(folder / "prices-split-adjusted.csv")}


def stooq_frame() -> pd.DataFrame:
    made = stocks().prices
    return pd.DataFrame(
        {
            "<TICKER>": [f"{symbol}.US" for symbol in made["symbol"]],
            "<PER>": "D",
            "<DATE>": made["date"].dt.strftime("%Y%m%d"),
            "<TIME>": "000000",
            **{f"<{name}>": made["adjusted"] for name in ("OPEN", "HIGH", "LOW", "CLOSE")},
            "<VOL>": made["volume"],
            "<OPENINT>": 0,
        }
    )


def stooq(folder: Path) -> Files:
    stooq_frame().to_csv(folder / "p.txt", index=False)
    return {"prices": str(folder / "p.txt")}


def stooq_folder(folder: Path) -> Files:
    place = folder / "p/us/nasdaq stocks/1"
    place.mkdir(parents=True)
    for ticker, one in stooq_frame().groupby("<TICKER>"):
        one.to_csv(place / f"{str(ticker).lower()}.txt", index=False)
    return {"prices": str(folder / "p")}


def permno(symbols: "pd.Series[str]") -> Any:
    return 10_000 + symbols.str[1:].astype(int)


def crsp_prices(folder: Path) -> Files:
    """PRC unadjusted, some of it a mean of bid and ask, and the factor that adjusts it."""
    made = stocks().prices
    sign = np.where(np.arange(len(made)) % 97 == 5, -1.0, 1.0)
    factor = np.where((made["close"] / made["adjusted"]) > 2.0, 7.0, 1.0)
    pd.DataFrame(
        {
            "PERMNO": permno(made["symbol"]),
            "date": made["date"].dt.strftime("%Y%m%d"),
            "TICKER": made["symbol"],
            "PRC": made["adjusted"] * factor * sign,
            "CFACPR": factor,
        }
    ).to_csv(folder / "p.csv", index=False)
    return {"prices": str(folder / "p.csv")}


def crsp_returns(folder: Path) -> Files:
    """RET with its codes; the delisting's return stands beside the last one, compounded there."""
    made = stocks().prices.sort_values(["symbol", "date"])
    growth = made.groupby("symbol")["adjusted"].pct_change()
    last = (made["symbol"] == SYMBOLS[DELISTED]) & ~made.duplicated("symbol", keep="last")
    ret = growth.where(~last, (1.0 + growth) / 0.9 - 1.0)
    pd.DataFrame(
        {
            "PERMNO": permno(made["symbol"]),
            "date": made["date"].dt.strftime("%Y-%m-%d"),
            "PRC": -made["close"],
            "RET": [repr(float(x)) if x == x else "C" for x in ret],
            "DLRET": np.where(last, "-0.1", ""),
        }
    ).to_csv(folder / "r.csv", index=False)
    return {"returns": str(folder / "r.csv")}


def compustat(folder: Path) -> Files:
    made = stocks().prices
    pd.DataFrame(
        {"gvkey": "001", "tic": made["symbol"], "datadate": made["date"], "trp": made["adjusted"]}
    ).to_csv(folder / "p.csv", index=False)
    return {"prices": str(folder / "p.csv"), "keys": {"price": "trp"}}


def plain() -> pd.DataFrame:
    made = stocks().prices
    return pd.DataFrame(
        {"date": made["date"], "symbol": made["symbol"], "adj_close": made["adjusted"]}
    )


def feather(folder: Path) -> Files:
    table = pa.Table.from_pandas(plain(), preserve_index=False)
    pyarrow.feather.write_feather(table, folder / "p.feather")
    return {"prices": str(folder / "p.feather")}


def zst(folder: Path) -> Files:
    content = plain().to_csv(index=False).encode()
    (folder / "p.csv.zst").write_bytes(pa.Codec("zstd").compress(content, asbytes=True))
    with pa.CompressedOutputStream(folder / "p.csv.zst", "zstd") as stream:
        stream.write(content)
    return {"prices": str(folder / "p.csv.zst")}


def tsv(folder: Path) -> Files:
    content = plain().to_csv(index=False, sep="\t").encode()
    (folder / "p.tsv.gz").write_bytes(gzip.compress(content, mtime=0))
    return {"prices": str(folder / "p.tsv.gz")}


def xlsx(folder: Path) -> Files:
    wide = stocks().wide("adjusted")
    with pd.ExcelWriter(folder / "p.xlsx") as writer:
        pd.DataFrame({"note": ["closes"], "of": ["mine"]}).to_excel(writer, sheet_name="About")
        wide.to_excel(writer, sheet_name="Closes")
    return {"prices": str(folder / "p.xlsx"), "sheet": "Closes"}


QUERY = "SELECT day AS date, name AS symbol, value AS close FROM closes WHERE kind = 'adjusted'"


def database(connection: Any) -> None:
    rows = [
        (day.strftime("%Y-%m-%d"), symbol, kind, value)
        for day, symbol, adjusted, close in stocks()
        .prices[["date", "symbol", "adjusted", "close"]]
        .itertuples(index=False)
        for kind, value in (("adjusted", adjusted), ("close", close))
    ]
    connection.execute("CREATE TABLE closes (day TEXT, name TEXT, kind TEXT, value DOUBLE)")
    connection.execute("CREATE TABLE other (day TEXT)")
    if isinstance(connection, sqlite3.Connection):
        connection.executemany("INSERT INTO closes VALUES (?, ?, ?, ?)", rows)
    else:
        frame = pa.table({str(i): [row[i] for row in rows] for i in range(4)})  # noqa: F841
        connection.execute("INSERT INTO closes SELECT * FROM frame")
    connection.commit()
    connection.close()


def sqlite(folder: Path) -> Files:
    database(sqlite3.connect(folder / "p.sqlite"))
    return {"prices": str(folder / "p.sqlite"), "query": QUERY}


def duckdb(folder: Path) -> Files:
    import duckdb

    connection = duckdb.connect(str(folder / "p.duckdb"))
    connection.begin()
    database(connection)
    return {"prices": str(folder / "p.duckdb"), "query": QUERY}


def change(name: str, old: str, new: str) -> Spoil:
    return lambda folder: text(folder / name, old, new)


def cut(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return spoil


def settings(**stated: Any) -> Spoil:
    """The files stay as they are; the settings change."""
    return lambda _: stated


def rewritten(name: str, write: Callable[[Path], object]) -> Spoil:
    def spoil(folder: Path) -> None:
        write(folder / name)

    return spoil


def twice_delisted(folder: Path) -> None:
    text(folder / "r.csv", "C,\n", "C,-0.5\n")
    lines = (folder / "r.csv").read_text().splitlines()
    lines[2] += "-0.5"
    (folder / "r.csv").write_text("\n".join(lines) + "\n")


def no_price_frame(path: Path) -> None:
    download()[["Volume"]].to_parquet(path)


def two_levels_of_tickers(path: Path) -> None:
    frame = download()[["Close"]]
    frame.columns = frame.columns.map(lambda pair: (f"x{pair[0]}", pair[1]))
    frame.to_parquet(path)


def repeated_day(path: Path) -> None:
    frame = download()
    pd.concat([frame, frame.iloc[:1]]).to_parquet(path)


FIRST_S00 = repr(float(stocks().prices["adjusted"].iloc[0]))

CASES: dict[str, tuple[Writer, float, Broken]] = {
    "yfinance": (
        yfinance,
        0.0,
        [
            (change("p.csv", "Adj Close,Adj Close", "Adj Close,Foo"), "the column"),
            (change("p.csv", "2019-01-03,", "2019-01-02,"), "2019-01-02 is there twice"),
            (change("p.csv", FIRST_S00, "-1"), "not positive"),
        ],
    ),
    "yfinance, old order": (
        yfinance_old,
        0.0,
        [
            (change("p.csv", "2019-01-02,", "1/2/2019,"), "not a date"),
            (cut("p.csv"), "cells, the header has"),
            (settings(keys={"price": "Open"}), "has the fields Adj Close, Close, Volume"),
        ],
    ),
    "yfinance, by ticker": (
        yfinance_by_ticker,
        0.0,
        [
            (change("p.csv", FIRST_S00, "n.a."), "not a finite number"),
            (settings(keys={"date": "Day"}), "no column 'Day' (data.keys.date)"),
            (change("p.csv", "2019-01-02,", ","), "not a date"),
        ],
    ),
    "yfinance, two rows": (
        yfinance_two_rows,
        0.0,
        [
            (change("p.csv", "2019-01-02,", "yesterday,"), "not a date"),
            (change("p.csv", "2019-01-03,", "2019-01-02,"), "is there twice"),
            (settings(sheet="x"), "its format holds one table"),
        ],
    ),
    "yfinance, joined names": (
        yfinance_joined,
        0.0,
        [
            (change("p.csv", "Adj Close_S01", "Adj Close_S00"), "the column 'Adj Close_S00' twice"),
            (change("p.csv", "Date", "Day"), "no column 'date'"),
            (settings(keys={"price": "Open"}), "has the fields Adj Close, Close, Volume"),
        ],
    ),
    "yfinance, Parquet": (
        yfinance_parquet,
        0.0,
        [
            (rewritten("p.parquet", no_price_frame), "none of them is the price"),
            (rewritten("p.parquet", two_levels_of_tickers), "which of the two is the field"),
            (rewritten("p.parquet", repeated_day), "is there twice"),
        ],
    ),
    "yfinance, history": (
        yfinance_history,
        0.0,
        [
            (change("p/S01.csv", "Close", "Adj Close"), "S01.csv: has 'Adj Close' as the price"),
            (change("p/S01.csv", "2019-01-02 00:00:00-05:00", "02.01.2019"), "S01.csv, line 2"),
            (lambda f: (f / "p/S00.csv.gz").write_bytes(b""), "is of the same symbol as"),
        ],
    ),
    "yfinance, a ticker a file": (
        yfinance_each,
        0.0,
        [
            (change("p/S01.csv", "Ticker,S01,S01,S01", "Ticker,S00,S00,S00"), "second price"),
            (change("p/S01.csv", "Adj Close", "Adj Clos"), "S01.csv"),
            (
                change("p/S02.csv", "\n2019-01-03,", "\n2019-01-03,,"),
                "S02.csv, line 5: has 5 cells",
            ),
        ],
    ),
    "zipline csvdir": (
        csvdir,
        0.0,
        [
            (change("p/daily/S04.csv", "close", "cloze"), "S04.csv: holds neither"),
            (change("p/daily/S04.csv", "2019-01-03", "2019-01-02"), "S04.csv, line 3: S04 has a"),
            (settings(prices="p/daily/S04.csv"), "prices of one stock"),
        ],
    ),
    "alphalens": (
        alphalens,
        0.0,
        [
            (change("p.csv", "asset", "who"), "line 3: the date 2019-01-02 is there twice"),
            (change("p.csv", "price", "worth"), "no column 'close'"),
            (change("p.csv", "2019-01-02,S01", "2019-01-02,S00"), "S00 has a second price"),
        ],
    ),
    "alphalens, Parquet": (
        alphalens_parquet,
        0.0,
        [
            (cut("p.parquet"), "not a readable Parquet file"),
            (settings(keys={"price": "close"}), "no column 'close' (data.keys.price)"),
            (settings(query="SELECT 1"), "its format holds one table"),
        ],
    ),
    "qlib": (
        qlib,
        0.0,
        [
            (change("p.csv", "$close", "$open"), "no column 'close'"),
            (change("p.csv", "datetime", "when"), "no column 'date'"),
            (change("p.csv", "SH600000", ""), "line 2: instrument is empty"),
        ],
    ),
    "Sharadar": (
        sharadar,
        0.0,
        [
            (change("p.csv", "closeunadj", "adj_close"), "could both be meant"),
            (
                change("p.csv", f"{FIRST_S00},{FIRST_S00},2020", f"0,{FIRST_S00},2020"),
                "not positive",
            ),
            (change("p.csv", "date", "when"), "no column 'date'"),
        ],
    ),
    "SimFin": (
        simfin,
        0.0,
        [
            (
                change("p.csv", f";{FIRST_S00};{FIRST_S00};", ";1,5;1,5;"),
                "Adj. Close is '1,5', not a finite number",
            ),
            (change("p.csv", "S01;", "S00;"), "S00 has a second price"),
            (change("p.csv", "S01;1;", "S01;1"), "cells, the header has 6"),
        ],
    ),
    "Kaggle NYSE": (
        kaggle,
        0.0,
        [
            (change("prices-split-adjusted.csv", "close", "end"), "no column 'close'"),
            (change("prices-split-adjusted.csv", "symbol", "name"), "prices of one stock"),
            (change("prices-split-adjusted.csv", "2019-01-02 00:00:00", "43467"), "not a date"),
        ],
    ),
    "Stooq": (
        stooq,
        0.0,
        [
            (change("p.txt", "S00.US,D,", "S00.US,60,"), "<PER> is '60', 'D'"),
            (change("p.txt", "20190102", "2019012"), "not a date"),
            (change("p.txt", "<CLOSE>", "<LAST PRICE>"), "no column 'close'"),
        ],
    ),
    "Stooq, folder": (
        stooq_folder,
        0.0,
        [
            (change("p/us/nasdaq stocks/1/s01.us.txt", "S01.US", "S00.US"), "second price"),
            (change("p/us/nasdaq stocks/1/s01.us.txt", ",D,", ",5,"), "s01.us.txt: <PER>"),
            (settings(prices="p/us/nasdaq stocks/2"), "cannot be read"),
        ],
    ),
    "CRSP, prices": (
        crsp_prices,
        1e-12,
        [
            (change("p.csv", ",1.0\n", ",0\n"), "CFACPR is 0, not positive"),
            (change("p.csv", "10001,", "10000,"), "10000 has a second price"),
            (change("p.csv", "20190102", "2019-1-2"), "line 2: date is '2019-1-2', not a date"),
        ],
    ),
    "CRSP, returns": (
        crsp_returns,
        1e-12,
        [
            (change("r.csv", "C,\n", "-33,\n"), "RET is -33, below −1"),
            (twice_delisted, "10000 has 2 values of DLRET"),
            (settings(prices="r.csv"), "data.prices and data.returns are both set"),
        ],
    ),
    "Compustat": (
        compustat,
        0.0,
        [
            (settings(keys=None), "no column 'close'"),
            (settings(keys={"price": "tic"}), "line 2: tic is 'S00', not a finite number"),
            (change("p.csv", "datadate", "data"), "no column 'date'"),
        ],
    ),
    "Feather": (
        feather,
        0.0,
        [
            (cut("p.feather"), "not a readable Feather file"),
            (lambda f: (f / "p.feather").write_bytes(b""), "not a readable Feather file"),
            (settings(keys={"symbol": "name"}), "no column 'name' (data.keys.symbol)"),
        ],
    ),
    "Zstandard": (
        zst,
        0.0,
        [
            (cut("p.csv.zst"), "truncated or damaged Zstandard file"),
            (lambda f: (f / "p.csv.zst").write_bytes(b"date,A\n"), "damaged Zstandard file"),
            (settings(prices="p.zst"), "cannot be read"),
        ],
    ),
    "TSV": (
        tsv,
        0.0,
        [
            (cut("p.tsv.gz"), "truncated or damaged gzip"),
            (lambda f: (f / "p.tsv.gz").write_bytes(gzip.compress(b"date A\n1 2\n")), "single"),
            (
                lambda f: (f / "p.tsv.gz").write_bytes(
                    gzip.compress(b"date\tA\n2020-01-02\t1\t2\n")
                ),
                "line 2: has 3 cells, the header has 2",
            ),
        ],
    ),
    "Excel": (
        xlsx,
        1e-12,
        [
            (settings(sheet="Close"), "has no sheet 'Close'"),
            (settings(sheet=None), "not a date"),
            (cut("p.xlsx"), "not a readable workbook"),
        ],
    ),
    "SQLite": (
        sqlite,
        0.0,
        [
            (settings(query=None), "holds 2 tables (closes, other)"),
            (settings(query="SELECT * FROM clozes"), "the query fails (no such table: clozes)"),
            (settings(query="DROP TABLE closes"), "the query fails"),
        ],
    ),
    "DuckDB": (
        duckdb,
        0.0,
        [
            (settings(query=None), "holds 2 tables (closes, other)"),
            (settings(query="COPY closes TO 'out.csv'"), "the query fails"),
            (cut("p.duckdb"), "p.duckdb"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_prices_in_this_layout_are_the_same_panel(name: str, tmp_path: Path) -> None:
    writer, tolerance, _ = CASES[name]
    expected = panel_of({"prices": plain_files(tmp_path)["prices"]})
    (tmp_path / "layout").mkdir()
    assert_same(panel_of(writer(tmp_path / "layout")), expected, tolerance)


def broken_cases() -> Iterator[Any]:
    for name, (_, _, broken) in CASES.items():
        assert len(broken) >= 3
        for i in range(len(broken)):
            yield pytest.param(name, i, id=f"{name} {i + 1}")


@pytest.mark.parametrize(("name", "variant"), list(broken_cases()))
def test_what_is_broken_is_refused(
    name: str, variant: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, _, broken = CASES[name]
    monkeypatch.chdir(tmp_path)
    data = writer(tmp_path)
    spoil, says = broken[variant]
    stated = spoil(tmp_path)
    with pytest.raises(ExoError) as caught:
        market_of(data | (stated if isinstance(stated, dict) else {}))
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    assert says in caught.value.message
    assert "\n" not in str(caught.value)
