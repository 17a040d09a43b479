"""What is allowed, and probably not meant."""

import numpy as np

from mech_exo.config.settings import Settings
from mech_exo.data.check.examined import Examined
from mech_exo.data.check.intentions import unknown_sectors, unpriced, unused
from mech_exo.data.market import Market
from mech_exo.data.sector_history import SectorHistory


def market() -> Market:
    close = np.ones((2, 3))
    close[:, 1] = np.nan
    return Market(
        dates=np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
        symbols=("A", "B", "C"),
        close=close,
        daily={"return_on_equty": close, "my_own": close, "pe_rato": close},
        categories={"pe_rato": "custom"},
        sectors=SectorHistory.of(("Energy", "unknown", "unknown")),
    )


def test_a_near_name_is_noted_unless_it_is_a_factor_of_its_own() -> None:
    (found,) = unused(Examined(market(), Settings()))
    assert found.name == "unused:return_on_equty"
    assert found.message == (
        "'return_on_equty' is not used as a factor; 'return_on_equity' has no data. Is it meant?"
    )


def test_a_symbol_without_a_price_is_noted() -> None:
    (found,) = unpriced(Examined(market(), Settings()))
    assert (found.name, found.message) == ("unpriced:B", "no price at all: B.")


def test_names_without_a_sector_are_counted() -> None:
    (found,) = unknown_sectors(Examined(market(), Settings()))
    assert found.message.startswith("2 of 3 names have no sector in ")
