"""Each vendor, by its own protocol: prices, and every way not to get them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta

import numpy as np
import pytest

from mech_exo.data.fetch.fetching import VENDORS, vendor_of
from mech_exo.data.fetch.quote_source import (
    LIMITED,
    NO_ANSWER,
    NOT_FOUND,
    UNREADABLE,
    QuoteError,
    QuoteSource,
    quotes_of,
)
from mech_exo.errors import ExoError
from tests.unit.data.fetch.vendor_server import VendorServer, closes, days, vendor_server

FIRST = date(1990, 1, 2)


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with vendor_server() as state:
        yield state


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest, server: VendorServer) -> Iterator[QuoteSource]:
    with closing(vendor_of(request.param, server.url, 5.0)) as source:
        yield source


def test_adjusted_closes_with_the_days_of_the_exchange(
    vendor: QuoteSource, server: VendorServer
) -> None:
    server.adjusted = {"AA": 0.9}
    quotes = vendor.closes("AA", FIRST, server.last)
    assert quotes.days.tolist() == days(server.last)
    expected = np.array(closes("AA")) * np.where(np.arange(300) < 290, 0.9, 1.0)
    np.testing.assert_allclose(quotes.close, expected, rtol=1e-5)


def test_first_and_last_day_are_included(vendor: QuoteSource, server: VendorServer) -> None:
    sessions = days(server.last)
    quotes = vendor.closes("AA", sessions[5], sessions[20])
    assert quotes.days.tolist() == sessions[5:21]
    with pytest.raises(QuoteError, match="not found"):
        vendor.closes("AA", FIRST, FIRST + timedelta(days=30))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("gone", NOT_FOUND),
        ("empty", NOT_FOUND),
        ("limited", LIMITED),
        ("html", UNREADABLE),
        ("cut", UNREADABLE),
        ("down", NO_ANSWER),
    ],
)
def test_every_failure_has_its_reason(
    vendor: QuoteSource, server: VendorServer, fault: str, reason: str
) -> None:
    server.faults = {"XX": [fault]}
    with pytest.raises(QuoteError) as caught:
        vendor.closes("XX", FIRST, server.last)
    assert caught.value.reason == reason
    assert caught.value.may_pass == (reason in (LIMITED, NO_ANSWER))


def test_a_connection_that_ends_in_the_middle(vendor: QuoteSource, server: VendorServer) -> None:
    server.torn = True
    with pytest.raises(QuoteError) as caught:
        vendor.closes("TORN", FIRST, server.last)
    assert caught.value.reason == NO_ANSWER


def test_the_daily_limit_of_stooq(server: VendorServer) -> None:
    server.faults = {"XX": ["quota"]}
    with pytest.raises(QuoteError) as caught:
        vendor_of("stooq", server.url, 5.0).closes("XX", FIRST, server.last)
    assert caught.value.reason == LIMITED


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendor_that_is_not_there(name: str) -> None:
    with vendor_server() as gone:
        url = gone.url
    with closing(vendor_of(name, url, 2.0)) as source, pytest.raises(QuoteError) as caught:
        source.closes("AA", FIRST, date(2024, 1, 2))
    assert caught.value.reason == NO_ANSWER


def test_a_vendor_that_nobody_knows() -> None:
    with pytest.raises(ExoError, match="'bloomberg' is no vendor"):
        vendor_of("bloomberg", None, 1.0)


def test_without_yfinance_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "yfinance", None)
    with pytest.raises(ExoError) as caught:
        vendor_of("yfinance", None, 1.0)
    assert "mech-exo[fetch]" in caught.value.hint


@pytest.mark.parametrize(
    ("close", "words"),
    [
        ([1.0, -0.5, 1.0], "a price of -0.5 on 2024-01-03"),
        ([1.0, np.inf, 1.0], "a price of inf"),
        ([np.nan] * 3, "no price from"),
    ],
)
def test_prices_that_are_none(close: list[float], words: str) -> None:
    three = np.array(["2024-01-02", "2024-01-03", "2024-01-04"], "datetime64[D]")
    with pytest.raises(QuoteError, match=words):
        quotes_of(three, np.array(close), date(2024, 1, 1), date(2024, 2, 1))


def test_a_day_twice_is_refused_and_order_does_not_count() -> None:
    three = np.array(["2024-01-04", "2024-01-02", "2024-01-03"], "datetime64[D]")
    span = (date(2024, 1, 1), date(2024, 2, 1))
    assert quotes_of(three, np.array([3.0, 1.0, 2.0]), *span).close.tolist() == [1.0, 2.0, 3.0]
    three[1] = three[0]
    with pytest.raises(QuoteError, match="two prices on 2024-01-04"):
        quotes_of(three, np.ones(3), *span)
