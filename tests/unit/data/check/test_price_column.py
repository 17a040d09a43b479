"""Which price column was taken."""

from pathlib import Path

import pytest

from mech_exo.config.settings import PriceKeys
from mech_exo.data.check.price_column import unadjusted
from mech_exo.data.price_files import read_prices


@pytest.mark.parametrize(
    "better", ["Adj Close", "closeadj", "adjClose", "adjusted_close", "ADJ_PRC", "total_return"]
)
def test_an_adjusted_column_that_is_not_taken_is_a_warning(better: str) -> None:
    (finding,) = unadjusted("p.csv", "close", ["date", "symbol", "close", better])
    assert (finding.severity, finding.name) == ("warning", "unadjusted:close")
    assert repr(better) in finding.message


@pytest.mark.parametrize(
    ("taken", "columns"),
    [
        ("close", ["date", "symbol", "open", "close", "volume"]),
        ("adj_close", ["date", "symbol", "close", "adj_close"]),
        ("close", ["date", "symbol", "close", "adjustment", "adj_factor", "adj volume"]),
        ("", ["A", "ADJ"]),
    ],
)
def test_nothing_better_is_nothing(taken: str, columns: list[str]) -> None:
    assert unadjusted("p.csv", taken, columns) == ()


def test_a_file_from_which_the_user_takes_the_close(tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text("date,symbol,Adj Close,close\n2020-01-01,A,1.5,3\n2020-01-02,A,1.5,3\n")
    market = read_prices(file)
    assert (market.price_column, market.findings) == ("Adj Close", ())
    taken = read_prices(file, keys=PriceKeys(price="close"))
    assert [finding.name for finding in taken.findings] == ["unadjusted:close"]
    assert str(file) in taken.findings[0].message
