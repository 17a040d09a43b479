"""Notes on what is probably not meant."""

import numpy as np

from mech_exo.data.likely_mistakes import likely_mistakes
from mech_exo.data.market import Market


def test_a_near_name_and_a_symbol_without_a_price_are_noted() -> None:
    close = np.ones((2, 3))
    close[:, 1] = np.nan
    market = Market(
        dates=np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
        symbols=("A", "B", "C"),
        close=close,
        daily={"return_on_equty": close, "my_own": close, "pe_rato": close},
        categories={"pe_rato": "custom"},
    )
    assert list(likely_mistakes(market, {"return_on_equity": "", "pe_ratio": ""})) == [
        "'return_on_equty' is not used as a factor; 'return_on_equity' has no data. Is it meant?",
        "no price at all: B",
    ]
