"""Yahoo, by the library yfinance: closes adjusted for splits and dividends (`auto_adjust`)."""

import atexit
import json
import logging
import shutil
import tempfile
import warnings
from datetime import date, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from mech_exo.data.fetch.quote_source import (
    LIMITED,
    NO_ANSWER,
    NOT_FOUND,
    UNREADABLE,
    QuoteError,
    VendorCloses,
    quotes_of,
)
from mech_exo.errors import ExoError

CHART = "/v8/finance/chart/"


class Yahoo:
    """A `QuoteSource`.

    yfinance finds the way to the prices (cookies, crumbs, a browser's handshake) and adjusts them.
    The session is ours, so that the last answer is at hand when it fails: its own exceptions do
    not tell a symbol that nobody knows from a server that is down.

    Parameters
    ----------
    base
        Address to which all that is asked of Yahoo's hosts goes; None: theirs.
    timeout_s
        Seconds that an answer may take.

    Raises
    ------
    ExoError
        If yfinance is not installed.
    """

    def __init__(self, base: str | None, timeout_s: float) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                import yfinance
                from yfinance.data import YfData
        except ImportError as error:
            raise ExoError(
                "fetching from yfinance needs the package of that name.",
                hint="Install it: pip install 'mech-exo[fetch]'.",
            ) from error
        for name in ("yfinance", "bs4"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what fails is said once, by us
        yfinance.set_tz_cache_location(_cache_folder())
        yfinance.config.debug.hide_exceptions = False
        self._forget = YfData.cache_get.cache_clear
        self._ticker: Any = yfinance.Ticker
        self._failure: type[Exception] = yfinance.exceptions.YFException
        self._timeout_s = timeout_s
        self._session = _session(base)

    def closes(self, symbol: str, start: date, last: date) -> VendorCloses:
        """As `QuoteSource.closes`."""
        self._session.answer = None
        self._forget()  # yfinance would give a failed answer again instead of asking again
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pandas warns of what yfinance does
                table = self._ticker(symbol, session=self._session).history(
                    start=start.isoformat(),
                    end=(last + timedelta(days=1)).isoformat(),
                    auto_adjust=True,
                    actions=False,
                    timeout=self._timeout_s,
                )
        except (self._failure, OSError, ValueError, LookupError, TypeError) as error:
            raise _explained(error, self._session.answer) from error
        days = np.array([day.date() for day in table.index], dtype="datetime64[D]")
        return quotes_of(days, table["Close"].to_numpy(np.float64), start, last)

    def close(self) -> None:
        """As `QuoteSource.close`."""
        self._session.close()


@cache
def _cache_folder() -> str:
    """Where yfinance keeps what it learns, for this process only, and not in the user's home."""
    folder = tempfile.mkdtemp(prefix="exo-yfinance-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _session(base: str | None) -> Any:
    """A session of the HTTP client of yfinance that keeps the last answer about prices."""
    from curl_cffi import requests

    class AnsweringSession(requests.Session[Any]):
        answer: Any = None

        def request(self, method: Any, url: str, *arguments: Any, **options: Any) -> Any:
            if base is not None:
                parts = urlsplit(url)
                url = base + parts.path + (f"?{parts.query}" if parts.query else "")
            answer = super().request(method, url, *arguments, **options)
            if CHART in url:
                self.answer = answer
            return answer

    return AnsweringSession(impersonate="chrome")


def _explained(error: Exception, answer: Any) -> QuoteError:
    """Why a symbol's prices were not got, by the last answer and by what yfinance says."""
    if answer is None:
        limited = type(error).__name__ == "YFRateLimitError"
        return QuoteError(LIMITED) if limited else QuoteError(NO_ANSWER, _first(error))
    status, text = int(answer.status_code), str(answer.text)
    if status == 429:
        return QuoteError(LIMITED)
    if status == 404 or "No data found" in text:
        return QuoteError(NOT_FOUND, _yahoos_words(text))
    if status >= 400:
        return QuoteError(NO_ANSWER, f"HTTP {status}")
    if text.lstrip().startswith("<"):
        return QuoteError(UNREADABLE, "a web page instead of JSON")
    if isinstance(error, ValueError):
        return QuoteError(UNREADABLE, "it is cut off, or no JSON")
    return QuoteError(NOT_FOUND, "an empty answer")


def _yahoos_words(text: str) -> str:
    try:
        return str(json.loads(text)["chart"]["error"]["description"])[:80]
    except (ValueError, LookupError, TypeError):
        return ""


def _first(error: Exception) -> str:
    return str(error).partition(". See ")[0][:120]
