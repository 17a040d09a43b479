"""Factor tables, long and wide, joined with prices."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mech_exo.config.load import settings_from_mapping
from mech_exo.data.asof import as_of
from mech_exo.data.files import file_market
from mech_exo.data.market import Market
from mech_exo.data.scores import factor_categories
from mech_exo.errors import ExoError

PRICES = "date,A,B\n" + "".join(f"2020-01-{d:02d},{10 + d},{20 + d}\n" for d in range(1, 21))
LONG = """symbol,period_end,available_date,return_on_equity,eps,sector
A,2019-12-31,2020-01-05,0.1,2.0,tech
B,2019-12-31,2020-01-07,0.2,,oil
A,2019-12-31,2020-01-10,0.15,2.5,tech
"""


def market_of(folder: Path, text: str, *, name: str = "facts.csv", **table: Any) -> Market:
    data: dict[str, Any] = {
        key: table.pop(key) for key in ("unknown_symbols", "max_age_days") if key in table
    }
    (folder / "prices.csv").write_text(PRICES, encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    data |= {
        "source": "files",
        "prices": str(folder / "prices.csv"),
        "factors": [{"file": str(folder / name), **table}],
    }
    return file_market(settings_from_mapping({"data": data}, "test").data)


def mistake(folder: Path, text: str, **table: Any) -> ExoError:
    with pytest.raises(ExoError) as caught:
        market_of(folder, text, **table)
    assert str(folder / table.get("name", "facts.csv")) in caught.value.message
    return caught.value


def known(market: Market, name: str) -> list[list[float]]:
    values = as_of(market.vintages[name], market.dates[[4, 6, 8, 9]], 2)
    return [[float(x) for x in row] for row in values]


def test_long_fundamentals_are_joined_on_publication(tmp_path: Path) -> None:
    market = market_of(tmp_path, LONG)
    expected = [[0.1, np.nan], [0.1, 0.2], [0.1, 0.2], [0.15, 0.2]]
    np.testing.assert_array_equal(known(market, "return_on_equity"), expected)


def test_only_known_or_mapped_columns_are_factors(tmp_path: Path) -> None:
    technical = ["rsi_14", "momentum_12_1", "volatility_ratio"]
    market = market_of(tmp_path, LONG)
    assert sorted(market.vintages) == ["eps", "return_on_equity"]
    assert list(factor_categories(market)) == ["return_on_equity", *technical]
    mapped = market_of(tmp_path, LONG, columns={"eps": "earnings"}, categories={"earnings": "mine"})
    assert factor_categories(mapped)["earnings"] == "mine"
    stated = market_of(tmp_path, LONG, categories={"eps": "fundamental"})
    assert factor_categories(stated)["eps"] == "fundamental"


def test_a_mapped_column_becomes_a_known_factor(tmp_path: Path) -> None:
    text = LONG.replace("return_on_equity", "ROE")
    market = market_of(tmp_path, text, columns={"ROE": "return_on_equity"})
    assert factor_categories(market)["return_on_equity"] == "fundamental"


def test_price_earnings_are_never_computed(tmp_path: Path) -> None:
    assert "pe_ratio" not in factor_categories(market_of(tmp_path, LONG))


def test_a_date_alone_is_period_and_publication(tmp_path: Path) -> None:
    market = market_of(tmp_path, "ticker,date,news_sentiment\nA,2020-01-05,0.5\n")
    v = market.vintages["news_sentiment"]
    assert str(v.period_end[0]) == str(v.available[0]) == "2020-01-05"


def test_a_time_of_day_counts_from_the_next_day(tmp_path: Path) -> None:
    market = market_of(tmp_path, "symbol,date,news_sentiment\nA,2020-01-05 22:10,0.5\n")
    assert str(market.vintages["news_sentiment"].available[0]) == "2020-01-06"


def test_wide_factors_stand_until_the_next_row(tmp_path: Path) -> None:
    text = "date,B,A\n2020-01-12,3,\n2019-12-31,2,1\n"
    market = market_of(tmp_path, text, name="pe_ratio.csv")
    np.testing.assert_array_equal(market.daily["pe_ratio"][[0, 10]], [[1, 2], [1, 2]])
    np.testing.assert_array_equal(market.daily["pe_ratio"][[11, 19]], [[np.nan, 3]] * 2)
    aged = market_of(tmp_path, text, name="pe_ratio.csv", max_age_days=3)
    np.testing.assert_array_equal(aged.daily["pe_ratio"][[2, 3]], [[1, 2], [np.nan, np.nan]])


def test_a_wide_factor_has_the_name_of_the_settings(tmp_path: Path) -> None:
    market = market_of(tmp_path, "date,A\n2020-01-01,1\n", factor="quality")
    assert factor_categories(market)["quality"] == "custom"
    assert "factor: <name>" in mistake(tmp_path, "date,A\n2020-01-01,1\n").hint


def test_unknown_symbols_are_refused_or_left_out(tmp_path: Path) -> None:
    text = LONG + "AA,2019-12-31,2020-01-05,0.3,1.0,tech\n"
    error = mistake(tmp_path, text)
    assert "line 5: AA has no prices (1 such symbols)" in error.message
    assert "Did you mean 'A'?" in error.hint
    market = market_of(tmp_path, text, unknown_symbols="ignore")
    assert len(market.vintages["eps"].symbol) == 3
    wide = "date,A,ZZ\n2020-01-01,1,2\n"
    assert "the header: ZZ" in mistake(tmp_path, wide, factor="quality").message
    wide_market = market_of(tmp_path, wide, factor="quality", unknown_symbols="ignore")
    np.testing.assert_array_equal(wide_market.daily["quality"][0], [1.0, np.nan])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("2020-01-10,0.15", "2020-01-05,0.15"), "line 4: A has a second row"),
        (("0.15", "0.1.5"), "line 4: return_on_equity is '0.1.5'"),
        (("2020-01-07", "2019-12-30"), "line 3: available_date is 2019-12-30, before period_end"),
        (("2020-01-07", "7 Jan"), "line 3: available_date is '7 Jan', not a date"),
        (("available_date", "known_on"), "no column 'available_date'"),
        (("period_end,available_date", "from,until"), "no column 'available_date'"),
        (("symbol", "name"), "wide table"),
        (("2020-01-", "2021-01-"), "after the last price"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    assert says in mistake(tmp_path, LONG.replace(*change)).message


def test_mapping_mistakes_are_named(tmp_path: Path) -> None:
    error = mistake(tmp_path, LONG, columns={"return_on_equty": "roe"})
    assert "no column 'return_on_equty'" in error.message
    assert error.hint == "Did you mean 'return_on_equity'?"
    assert "both give eps" in mistake(tmp_path, LONG, columns={"return_on_equity": "eps"}).message
    assert "no factor 'epz'" in mistake(tmp_path, LONG, categories={"epz": "x"}).message
    assert "cannot be a factor's name" in mistake(tmp_path, LONG, columns={"eps": "e/s"}).message
    assert "sector is 'tech'" in mistake(tmp_path, LONG, columns={"sector": "s"}).message


def test_an_empty_column_is_no_data(tmp_path: Path) -> None:
    text = "symbol,date,pe_ratio,eps\nA,2020-01-02,,1\n"
    assert "pe_ratio" not in factor_categories(market_of(tmp_path, text))
    assert "holds no value" in mistake(tmp_path, text, columns={"pe_ratio": "pe_ratio"}).message


def test_one_field_in_two_tables(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(PRICES, encoding="utf-8")
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text(LONG, encoding="utf-8")
    tables = [{"file": str(tmp_path / name)} for name in ("one.csv", "two.csv")]
    data = {"source": "files", "prices": str(tmp_path / "prices.csv"), "factors": tables}
    settings = settings_from_mapping({"data": data}, "test")
    with pytest.raises(ExoError, match=r"two\.csv: .* is also in .*one\.csv"):
        file_market(settings.data)


def test_prices_must_be_named() -> None:
    settings = settings_from_mapping({"data": {"source": "files"}}, "test")
    with pytest.raises(ExoError, match=r"data\.prices names no file"):
        file_market(settings.data)
