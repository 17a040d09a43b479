"""Prices of one stock are refused in every layout."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mech_exo.config.settings import DataSettings, FactorTable, PriceKeys, Settings
from mech_exo.data.check.rules import examine
from mech_exo.data.frames import frame_market
from mech_exo.data.market import Market
from mech_exo.data.sources import load_market
from mech_exo.errors import ExoError

DAYS = pd.bdate_range("2020-01-01", periods=300, name="Date")
CLOSE = pd.Series(50.0 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, 300))), DAYS)
BARS = pd.DataFrame({"Open": CLOSE, "Close": CLOSE, "Volume": 1000.0})


def wide(folder: Path) -> Path:
    CLOSE.to_frame("AAPL").to_csv(folder / "p.csv")
    return folder / "p.csv"


def long(folder: Path) -> Path:
    CLOSE.to_frame("close").assign(symbol="AAPL").to_csv(folder / "p.csv")
    return folder / "p.csv"


def three_rows(folder: Path) -> Path:
    frame = pd.concat({"AAPL": BARS}, axis=1, names=["Ticker", "Price"]).swaplevel(axis=1)
    frame.to_csv(folder / "p.csv")
    return folder / "p.csv"


def one_file(folder: Path) -> Path:
    (folder / "files").mkdir()
    BARS.to_csv(folder / "files/AAPL.csv")
    return folder / "files"


def with_an_empty_name(folder: Path) -> Path:
    CLOSE.to_frame("AAPL").assign(MSFT=np.nan).to_csv(folder / "p.csv")
    return folder / "p.csv"


def refused(market: Market, settings: Settings) -> list[str]:
    return [f.name for f in examine(market, settings).errors]


@pytest.mark.parametrize("lay_out", [wide, long, three_rows, one_file, with_an_empty_name])
def test_files_of_one_stock_are_refused(lay_out: Callable[[Path], Path], tmp_path: Path) -> None:
    settings = Settings(data=DataSettings(source="files", prices=lay_out(tmp_path)))
    assert refused(load_market(settings), settings) == ["one-stock:AAPL"]


def test_so_is_a_data_frame() -> None:
    settings = Settings(data=DataSettings(source="frames", keys=PriceKeys()))
    market = frame_market(CLOSE.to_frame("AAPL"), {}, settings.data)
    assert refused(market, settings) == ["one-stock:AAPL"]


def test_nobody_is_advised_to_ignore_all_other_stocks(tmp_path: Path) -> None:
    facts, members = tmp_path / "f.csv", tmp_path / "m.csv"
    facts.write_text("symbol,available_date,value\nAAPL,2020-01-05,1\nMSFT,2020-01-05,2\n")
    members.write_text("symbol,from,to\nAAPL,2020-01-01,\nMSFT,2020-01-01,\n")
    files = DataSettings(source="files", prices=wide(tmp_path))
    for more in (
        {"factors": (FactorTable(file=facts, factor="roe"),)},
        {"membership": members},
    ):
        data = DataSettings(**{**vars(files), **more})
        with pytest.raises(ExoError) as caught:
            load_market(Settings(data=data))
        assert "line 3: MSFT has no prices; the only stock that has some is AAPL" in str(
            caught.value
        )
        assert "ignore" not in str(caught.value)
