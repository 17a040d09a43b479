"""The three sources, and the range of dates."""

import importlib.util
import os
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mech_exo.config.load import load_settings
from mech_exo.config.settings import DataSettings, DemoSettings, Settings
from mech_exo.data import sample
from mech_exo.data.build import build_panel, load_panel
from mech_exo.data.facts import describe
from mech_exo.data.sources import load_market
from mech_exo.errors import ExoError

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("EXO_SHARED", ROOT.parent / "shared"))
US_LARGE = SHARED / "data" / "us_large"
SMALL_DEMO = DataSettings(demo=DemoSettings(symbols=5, years=3))

needs_skfolio = pytest.mark.skipif(
    importlib.util.find_spec("skfolio") is None, reason="skfolio is not installed"
)
needs_us_large = pytest.mark.skipif(not US_LARGE.is_dir(), reason=f"no {US_LARGE}")


def demo(**fields: str) -> Settings:
    return Settings(data=replace(SMALL_DEMO, **fields))  # type: ignore[arg-type]


def test_a_range_of_dates_includes_both_ends() -> None:
    whole = load_market(demo())
    market = load_market(demo(start="2018-06-01", end="2019-06-03"))
    assert (str(market.dates[0]), str(market.dates[-1])) == ("2018-06-01", "2019-06-03")
    assert "2018-06-01 to 2019-06-03" in market.source
    rows = (whole.dates >= market.dates[0]) & (whole.dates <= market.dates[-1])
    np.testing.assert_array_equal(market.close, whole.close[rows])
    for name, v in market.vintages.items():
        assert v.available.max() <= market.dates[-1]
        assert v.available.min() == whole.vintages[name].available.min()  # known beforehand


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"start": "2030-01-01"}, "no session from 2030-01-01"),
        ({"end": "2017-01-01"}, "the data go from 2018-01-02 to 2020-12-31"),
        ({"start": "2019-06-02", "end": "2019-06-01"}, "no session"),
        ({"start": "2019"}, "data.start is '2019', not a date"),
        ({"end": "31.12.2019"}, "data.end is '31.12.2019', not a date"),
    ],
)
def test_a_range_without_data(fields: dict[str, str], says: str) -> None:
    with pytest.raises(ExoError) as caught:
        load_market(demo(**fields))
    assert says in caught.value.message


@needs_skfolio
def test_sp500_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    market = load_market(Settings(data=DataSettings(source="sp500")))
    assert market.close.shape == (8313, 20)
    assert market.source.startswith("sp500: 20 US stocks of skfolio's sample, 1990-01-02 to 2022")


@pytest.mark.slow
def test_sp500_is_what_skfolio_loads() -> None:
    datasets = pytest.importorskip("skfolio.datasets")
    prices = datasets.load_sp500_dataset()
    market = sample.sp500_market()
    assert list(market.symbols) == list(prices.columns)
    np.testing.assert_array_equal(market.close, prices.to_numpy())
    np.testing.assert_array_equal(market.dates, prices.index.to_numpy().astype("datetime64[D]"))


def test_without_skfolio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ExoError, match="skfolio") as caught:
        sample.sp500_market()
    assert "pip install 'mech-exo[sample]'" in caught.value.hint


@needs_skfolio
def test_skfolio_without_the_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sample, "SAMPLE", tmp_path / "gone.csv.gz")
    with pytest.raises(ExoError, match="is not there"):
        sample.sp500_market()


@needs_skfolio
def test_the_sp500_example_has_three_factors() -> None:
    settings = load_settings(ROOT / "examples" / "sp500" / "settings.yml", environment={})
    panel = load_panel(settings)
    assert panel.factor_names == ("rsi_14", "momentum_12_1", "volatility_ratio")
    assert str(panel.dates[-1]) == "2016-12-30"
    assert len(panel.missing_factors) == 6
    assert np.isfinite(panel.exposures).all()


@needs_us_large
def test_the_us_large_example_has_six_factors() -> None:
    settings = load_settings(ROOT / "examples" / "us_large.yml", environment={})
    # the example's path is relative to a clone beside ../shared
    tables = [replace(t, file=US_LARGE / t.file.name) for t in settings.data.factors if t.file]
    data = replace(settings.data, prices=US_LARGE / "prices.csv.gz", factors=tuple(tables))
    settings = replace(settings, data=data)
    market = load_market(settings)
    panel = build_panel(market, settings)
    assert set(panel.missing_factors) == {"pe_ratio", "news_sentiment", "analyst_revisions"}
    assert panel.exposures.shape[1:] == (370, 6)
    assert market.source == (
        "files: 370 stocks, 2010-12-31 to 2016-12-30, from prices.csv.gz, fundamentals.csv"
    )
    facts = describe(market)
    assert (facts.delistings, facts.late_listings, facts.never_priced) == (0, 0, 0)
    assert facts.gaps == 0.0


def test_the_examples_paths_lead_there() -> None:
    settings = load_settings(ROOT / "examples" / "us_large.yml", environment={})
    assert settings.data.prices is not None
    expected = ROOT.parent / "shared" / "data" / "us_large" / "prices.csv.gz"
    assert settings.data.prices.resolve() == expected.resolve()
