"""Volume in the layouts of its sources: the same shares, and the same value traded."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mech_exo.config.settings import DataSettings, PriceKeys
from mech_exo.data.files import file_market
from mech_exo.data.liquidity import traded_value
from mech_exo.data.market import Market
from mech_exo.data.universe_files import with_universe
from mech_exo.errors import ExoError
from tests.unit.data.layouts.thirty_stocks import plain_files, settings_of, stocks

EVERY = slice(None)


@cache
def market(folder: Path) -> Market:
    return file_market(settings_of(plain_files(folder)).data)


def long(**renamed: str) -> pd.DataFrame:
    kept = ["date", "symbol", "close", "volume"]
    return stocks().prices[kept].rename(columns=renamed)


def wide(*fields: str) -> pd.DataFrame:
    frame = pd.concat({f.capitalize(): stocks().wide(f) for f in fields}, axis=1)
    return frame.rename_axis(index="Date", columns=["Price", "Ticker"])


def sharadar(folder: Path) -> Path:
    frame = long(symbol="ticker").assign(closeadj=1.0, closeunadj=2.0, open=3.0)
    frame.to_csv(folder / "v.csv", index=False)
    return folder / "v.csv"


def stooq(folder: Path) -> Path:
    names = {"symbol": "<TICKER>", "date": "<DATE>", "close": "<CLOSE>", "volume": "<VOL>"}
    frame = long(**names).assign(**{"<PER>": "D"})
    frame["<DATE>"] = frame["<DATE>"].dt.strftime("%Y%m%d")
    frame.to_csv(folder / "v.csv", index=False)
    return folder / "v.csv"


def yfinance(folder: Path) -> Path:
    wide("close", "volume").to_csv(folder / "v.csv")
    return folder / "v.csv"


def yfinance_parquet(folder: Path) -> Path:
    wide("close", "volume").swaplevel(axis=1).to_parquet(folder / "v.parquet")
    return folder / "v.parquet"


def one_stock_a_file(folder: Path) -> Path:
    (folder / "v").mkdir()
    for symbol, rows in long(date="Date", close="Close", volume="Volume").groupby("symbol"):
        rows.drop(columns="symbol").to_csv(folder / f"v/{symbol}.csv", index=False)
    return folder / "v"


def bid_and_ask(folder: Path) -> Path:
    """As CRSP: a price that is a mean of bid and ask is negative."""
    frame = long(symbol="tic", close="PRC", volume="VOL")
    frame.loc[::7, "PRC"] *= -1.0
    frame.to_csv(folder / "v.csv", index=False)
    return folder / "v.csv"


LAYOUTS = (sharadar, stooq, yfinance, yfinance_parquet, one_stock_a_file, bid_and_ask)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_figures(
    layout: Callable[[Path], Path], tmp_path: Path
) -> None:
    plain = market(tmp_path)
    found = with_universe(plain, DataSettings(volume=layout(tmp_path)))
    shares = stocks().wide("volume").to_numpy()
    np.testing.assert_array_equal(found.daily["volume"], shares)
    value = stocks().wide("close").to_numpy() * shares
    # of a name with a price ever, on the sessions of the prices
    np.testing.assert_allclose(traded_value(found, EVERY), value, rtol=1e-12)


def test_the_price_file_itself_with_its_own_keys(tmp_path: Path) -> None:
    frame = long(symbol="Aktie", date="Tag")
    frame.to_csv(tmp_path / "v.csv", index=False)
    keys = PriceKeys(date="Tag", symbol="Aktie")
    found = with_universe(market(tmp_path), DataSettings(volume=tmp_path / "v.csv", keys=keys))
    np.testing.assert_array_equal(found.daily["volume"], stocks().wide("volume").to_numpy())


def test_a_download_without_its_volume_is_refused(tmp_path: Path) -> None:
    wide("close", "adjusted").rename(columns={"Adjusted": "Adj Close"}).to_csv(tmp_path / "v.csv")
    with pytest.raises(ExoError) as caught:
        with_universe(market(tmp_path), DataSettings(volume=tmp_path / "v.csv"))
    assert "none of its fields is the volume" in caught.value.message
