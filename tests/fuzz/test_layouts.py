"""Spoilt files in vendors' layouts and formats: an ExoError, or what they say."""

import gzip
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mech_exo.config.settings import FactorTable
from mech_exo.data.factor_tables import read_factor_table
from mech_exo.data.price_files import read_prices
from mech_exo.data.return_files import read_returns
from mech_exo.errors import ExoError
from tests.fuzz.mutations import spoilt
from tests.unit.data.small_markets import random_market

fuzz = settings(settings.get_profile("fuzz"))
MARKET = random_market(1)
DAYS = [f"2020-01-{d:02d}" for d in range(1, 15)]
LONG = "date,symbol,close\n" + "".join(
    f"{d},{s},{i + 9}.5\n" for i, d in enumerate(DAYS) for s in "AB"
)
DOWNLOAD = "Price,Close,Close,Volume,Volume\nTicker,A,B,A,B\nDate,,,,\n" + "".join(
    f"{d} 00:00:00-05:00,{i + 9}.5,{i + 7}.25,1,2\n" for i, d in enumerate(DAYS)
)
STOOQ = "<TICKER>,<PER>,<DATE>,<TIME>,<CLOSE>\n" + "".join(
    f"A.US,D,{d.replace('-', '')},000000,{i + 9}\n" for i, d in enumerate(DAYS)
)
SEMICOLONS = LONG.replace(",", ";").replace("close", "Adj. Close")
CRSP = "PERMNO,date,PRC,RET,DLRET\n" + "".join(
    f"10001,{d},-{i + 9}.5,{'C' if not i else '0.01'},\n" for i, d in enumerate(DAYS)
)
SF1 = (
    "ticker,dimension,datekey,reportperiod,roe\nS00,ARQ,2020-02-01,2019-12-31,1\n"
    "S01,ARQ,2020-02-11,2019-12-31,2\n"
)
SIMFIN = (
    "Ticker;Report Date;Publish Date;Restated Date;roe\n"
    "S00;2019-12-31;2020-02-01;2020-03-01;1\nS01;2019-12-31;2020-02-01;;2\n"
)
FIGURE = {
    "end": "2019-12-31",
    "start": "2019-10-02",
    "filed": "2020-02-01",
    "val": 5,
    "form": "10-Q",
}
COMPANY = json.dumps({"ticker": "S00", "facts": {"us-gaap": {"roe": {"units": {"USD": [FIGURE]}}}}})


def feather(text: str) -> bytes:
    sink = io.BytesIO()
    pyarrow.feather.write_feather(pa.csv.read_csv(io.BytesIO(text.encode())), sink)
    return sink.getvalue()


def zst(text: str) -> bytes:
    return bytes(pa.compress(text.encode(), codec="zstd", asbytes=True))


def workbook(text: str) -> bytes:
    book, sink = openpyxl.Workbook(), io.BytesIO()
    assert book.active is not None
    for line in text.splitlines():
        book.active.append(line.split(","))
    book.save(sink)
    return sink.getvalue()


def sqlite(text: str) -> bytes:
    with TemporaryDirectory() as folder:
        with closing(sqlite3.connect(Path(folder) / "x.db")) as connection, connection:
            connection.execute("CREATE TABLE closes (date, symbol, close)")
            rows = [line.split(",") for line in text.splitlines()[1:]]
            connection.executemany("INSERT INTO closes VALUES (?, ?, ?)", rows)
        return (Path(folder) / "x.db").read_bytes()


def facts(path: Path) -> object:
    entry = FactorTable(file=path, columns={"roe": "return_on_equity"}, availability_lag_days=30)
    return read_factor_table(entry, MARKET, ignore_unknown=True, max_age_days=None)


READERS: dict[str, tuple[str, Callable[[Path], object], bytes]] = {
    "yfinance": ("p.csv", read_prices, DOWNLOAD.encode()),
    "Stooq": ("p.txt.gz", read_prices, gzip.compress(STOOQ.encode())),
    "semicolons": ("p.csv", read_prices, SEMICOLONS.encode()),
    "CRSP": ("p.csv", read_prices, CRSP.encode()),
    "CRSP returns": ("p.csv", read_returns, CRSP.encode()),
    "Sharadar": ("f.csv", facts, SF1.encode()),
    "SimFin": ("f.csv", facts, SIMFIN.encode()),
    "EDGAR": ("f.json", facts, COMPANY.encode()),
    "Feather": ("p.feather", read_prices, feather(LONG)),
    "Zstandard": ("p.csv.zst", read_prices, zst(LONG)),
    "workbook": ("p.xlsx", read_prices, workbook(LONG)),
    "SQLite": ("p.db", read_prices, sqlite(LONG)),
}


@pytest.mark.parametrize("kind", READERS)
def test_the_files_themselves_are_read(kind: str, tmp_path: Path) -> None:
    name, read, content = READERS[kind]
    (tmp_path / name).write_bytes(content)
    read(tmp_path / name)


@pytest.mark.parametrize("kind", READERS)
@fuzz
@given(data=st.data())
def test_a_spoilt_file_is_an_error_or_is_read(kind: str, data: st.DataObject) -> None:
    name, read, original = READERS[kind]
    content = data.draw(spoilt([original]))
    with TemporaryDirectory() as place:
        (Path(place) / name).write_bytes(content)
        with suppress(ExoError):
            read(Path(place) / name)
