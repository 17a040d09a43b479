"""Symbols that are no names, and names in two spellings."""

from dataclasses import replace

import numpy as np
import pytest

from mech_exo.data.check.symbol_names import columns_as_names, spellings, twins
from tests.unit.data.check.calm_markets import calm_market, found


def named(*symbols: str) -> list[tuple[str, str]]:
    market = calm_market(sessions=80, names=len(symbols))
    return found(columns_as_names, replace(market, symbols=symbols))


@pytest.mark.parametrize(
    "symbols",
    [
        ("Close", "High", "Low", "Open", "Volume"),
        ("Adj Close", "Close", "High", "Low", "Open", "Volume"),
        ("close", "dividends", "high", "low", "open", "stock splits", "volume"),
        ("('Close', 'AAPL')", "('Close', 'MSFT')"),
        ("('Close', 'AAPL')", "('High', 'AAPL')"),
        ("AAPL_Close", "AAPL_High", "AAPL_Low", "MSFT"),
        ("Close AAPL", "High AAPL", "Open AAPL", "Volume AAPL"),
    ],
)
def test_columns_of_bars_are_no_names(symbols: tuple[str, ...]) -> None:
    assert named(*symbols) == [("error", "columns")]


@pytest.mark.parametrize(
    "symbols",
    [
        ("AAPL", "LOW", "OPEN"),  # Lowe's and Opendoor
        ("HIGH", "LOW", "OPEN", "MSFT"),
        ("BRK.A", "BRK.B", "BF-B"),
        ("VOLV B", "VOLUME", "CLOSETS"),
        ("600000.SH", "000001.SZ", "7203.T"),
    ],
)
def test_odd_names_are_names(symbols: tuple[str, ...]) -> None:
    assert named(*symbols) == []


def test_a_name_that_goes_on_in_another_spelling_is_an_error() -> None:
    market = replace(calm_market(names=3), symbols=("AAPL", "aapl ", "MSFT"))
    close = market.close.copy()
    close[200:, 0], close[:200, 1] = np.nan, np.nan
    assert found(spellings, replace(market, close=close)) == [("error", "spelling:AAPL")]


def test_a_name_twice_with_one_price_is_an_error() -> None:
    market = replace(calm_market(names=3), symbols=("BRK B", "BRKB", "MSFT"))
    close = market.close.copy()
    close[:, 1] = close[:, 0]
    assert found(spellings, replace(market, close=close)) == [("error", "spelling:BRK B")]


def test_two_shares_that_differ_by_case_are_a_warning() -> None:
    market = replace(calm_market(names=3), symbols=("BACpa", "BACPA", "MSFT"))
    assert found(spellings, market) == [("warning", "spelling:BACpa")]
    assert found(spellings, calm_market()) == []


def test_one_share_under_two_names_is_a_warning() -> None:
    market = calm_market(names=5)
    close = market.close.copy()
    close[:, 3] = close[:, 1]
    assert found(twins, replace(market, close=close)) == [("warning", "twins:N01")]


def test_classes_of_one_share_and_deposits_are_none() -> None:
    market = calm_market(names=6)
    close = market.close.copy()
    close[:, 3] = np.round(close[:, 1] * 1.0004, 2)
    close[:, 4] = close[:, 5] = 1.0
    close[:, 4] = 1.0
    assert found(twins, replace(market, close=close)) == []
    assert found(twins, market) == []
