"""Stooq: a CSV for each symbol, adjusted for splits and dividends."""

import csv
import http.client
import io
import urllib.error
import urllib.parse
import urllib.request
from datetime import date

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

BASE = "https://stooq.com"
LIMIT = 64 * 2**20  # bytes of an answer


class Stooq:
    """A `QuoteSource`; US stocks are called AAPL.US there.

    Parameters
    ----------
    base
        Address; None: Stooq's own.
    timeout_s
        Seconds that an answer may take.
    """

    def __init__(self, base: str | None, timeout_s: float) -> None:
        self._base = base or BASE
        self._timeout_s = timeout_s

    def closes(self, symbol: str, start: date, last: date) -> VendorCloses:
        """As `QuoteSource.closes`."""
        asked = {"s": symbol.lower(), "d1": f"{start:%Y%m%d}", "d2": f"{last:%Y%m%d}", "i": "d"}
        text = self._get(f"{self._base}/q/d/l/?{urllib.parse.urlencode(asked)}")
        return _closes(text, start, last)

    def close(self) -> None:
        """Nothing is held between two questions."""

    def _get(self, url: str) -> str:
        request = urllib.request.Request(url, headers={"User-Agent": "Mozilla/5.0"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as answer:  # noqa: S310
                content: bytes = answer.read(LIMIT)
                stated = int(answer.headers.get("Content-Length") or 0)
        except urllib.error.HTTPError as error:
            error.close()
            raise QuoteError(_reason(error.code), f"HTTP {error.code}") from error
        except (OSError, http.client.HTTPException) as error:
            raise QuoteError(NO_ANSWER, str(error)) from error
        if len(content) < stated:
            raise QuoteError(NO_ANSWER, f"{len(content)} of {stated} bytes came")
        return content.decode("utf-8", "replace")


def _reason(status: int) -> str:
    """What an HTTP status of a failure means for a symbol."""
    return {404: NOT_FOUND, 429: LIMITED}.get(status, NO_ANSWER)


def _closes(text: str, start: date, last: date) -> VendorCloses:
    first = text.strip().partition("\n")[0].strip()
    if first.lower().startswith("no data"):
        raise QuoteError(NOT_FOUND, "US stocks are called AAPL.US there")
    if "limit" in first.lower():
        raise QuoteError(LIMITED, first[:80])
    if first.startswith("<") or not first.startswith("Date,"):
        kind = "a web page" if first.startswith("<") else repr(first[:60])
        raise QuoteError(UNREADABLE, f"{kind} instead of CSV")
    rows = list(csv.DictReader(io.StringIO(text.strip())))
    if any(None in row.values() for row in rows):
        raise QuoteError(UNREADABLE, "a line is cut off")
    try:
        days = np.array([row["Date"] for row in rows], dtype="datetime64[D]")
        close = np.array([float(row["Close"]) for row in rows])
    except (ValueError, KeyError, TypeError) as error:
        raise QuoteError(UNREADABLE, f"no CSV of prices ({error})") from error
    return quotes_of(days, close, start, last)
