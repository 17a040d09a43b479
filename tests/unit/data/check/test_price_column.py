"""Which price column was taken."""

import pytest

from mech_exo.data.check.price_column import unadjusted


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
