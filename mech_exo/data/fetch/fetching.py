"""Asking a vendor for one symbol after the other, politely, and keeping what comes."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from mech_exo.data.fetch.fetched_quotes import FetchedQuotes
from mech_exo.data.fetch.quote_source import (
    LIMITED,
    NO_ANSWER,
    QuoteError,
    QuoteSource,
    VendorCloses,
)
from mech_exo.data.fetch.stooq_quotes import Stooq
from mech_exo.data.fetch.yahoo_quotes import Yahoo
from mech_exo.errors import ExoError

VENDORS: dict[str, Callable[[str | None, float], QuoteSource]] = {
    "yfinance": Yahoo,
    "stooq": Stooq,
}
"""Name of a vendor -> what asks it, made of an address (None: its own) and a timeout in seconds."""

SILENT = 3  # symbols in a row without an answer, after which nobody else is asked
Progress = Callable[[int, int, str], None]
"""Told of how many of how many symbols are there, and of the last one in words."""


@dataclass(frozen=True)
class Manners:
    """How a vendor is asked.

    Attributes
    ----------
    pause_s
        Seconds between two symbols; doubled from one attempt at a symbol to the next.
    tries
        Attempts at a symbol, where another one may help.
    """

    pause_s: float = 0.5
    tries: int = 3


@dataclass(frozen=True)
class Fetched:
    """How a fetch went.

    Attributes
    ----------
    symbols
        Those that are there.
    failed
        Symbol -> why it is not.
    not_asked
        Those that were not asked for any more, since the vendor had had enough, or was not there.
    """

    symbols: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)
    not_asked: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether all are there."""
        return not self.failed and not self.not_asked


def vendor_of(name: str, base: str | None, timeout_s: float) -> QuoteSource:
    """The vendor of a name.

    Raises
    ------
    ExoError
        If there is none of this name, an address is none, or a package is missing.
    """
    if base is not None and not re.fullmatch(r"https?://[^/\s]+\S*", base):
        raise ExoError(f"--base-url {base!r}: must begin with http:// or https:// and a host.")
    if name not in VENDORS:
        raise ExoError(f"{name!r} is no vendor.", hint=f"Known: {', '.join(VENDORS)}.")
    return VENDORS[name](base and base.rstrip("/"), timeout_s)


def fetch_quotes(
    source: QuoteSource,
    symbols: tuple[str, ...],
    span: tuple[date, date],
    kept: FetchedQuotes,
    manners: Manners,
    on_progress: Progress,
) -> Fetched:
    """Ask for the symbols that are not kept yet.

    Parameters
    ----------
    span
        First and last day.
    kept
        Gets each symbol's quotes as they come.
    on_progress
        Told after each symbol.
    """
    there = [symbol for symbol in symbols if symbol in kept]
    failed: dict[str, str] = {}
    missing = [symbol for symbol in symbols if symbol not in there]
    silent = 0
    for at, symbol in enumerate(missing):
        if at:
            time.sleep(manners.pause_s)
        try:
            kept.keep(symbol, _quotes(source, symbol, span, manners))
        except QuoteError as error:
            failed[symbol] = str(error)
            silent = silent + 1 if error.reason == NO_ANSWER else 0
            on_progress(len(there), len(symbols), f"{symbol}: {error}")
            if error.reason == LIMITED or silent == SILENT:
                return Fetched(tuple(there), failed, tuple(missing[at + 1 :]))
        else:
            silent = 0
            there.append(symbol)
            on_progress(len(there), len(symbols), symbol)
    return Fetched(tuple(there), failed)


def _quotes(
    source: QuoteSource, symbol: str, span: tuple[date, date], manners: Manners
) -> VendorCloses:
    """A symbol's quotes, after as many attempts as it takes or manners allow."""
    for wait in _waits(manners):
        try:
            return source.closes(symbol, *span)
        except QuoteError as error:
            if not error.may_pass:
                raise
        time.sleep(wait)
    return source.closes(symbol, *span)


def _waits(manners: Manners) -> Iterator[float]:
    """Seconds after each attempt but the last."""
    return (manners.pause_s * 2.0**n for n in range(1, manners.tries))
