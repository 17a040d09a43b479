"""What a vendor of prices is asked, and how it may fail."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray

NOT_FOUND = "not found"
LIMITED = "rate limited"
NO_ANSWER = "no answer"
UNREADABLE = "an answer that cannot be read"


class QuoteError(Exception):
    """A symbol's prices were not got.

    Parameters
    ----------
    reason
        One of the words above.
    detail
        What else is known of it.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason

    @property
    def may_pass(self) -> bool:
        """Whether asking again, later, may help."""
        return self.reason in (LIMITED, NO_ANSWER)


@dataclass(frozen=True)
class VendorCloses:
    """Closes of one symbol, adjusted for splits and dividends.

    Attributes
    ----------
    days
        [R] sessions, strictly increasing, local dates of the exchange.
    close
        [R] positive and finite.
    """

    days: DateArray
    close: FloatArray


class QuoteSource(Protocol):
    """A vendor of daily prices."""

    def closes(self, symbol: str, start: date, last: date) -> VendorCloses:
        """Adjusted closes from `start` to `last`, both included.

        Raises
        ------
        QuoteError
            If they were not got.
        """

    def close(self) -> None:
        """Give up connections and whatever else is held."""


def quotes_of(days: DateArray, close: FloatArray, start: date, last: date) -> VendorCloses:
    """Closes as a vendor states them, in any order, without the days that have none.

    Raises
    ------
    QuoteError
        For a day that is there twice, a close that is not positive, and where none is left.
    """
    days = days.astype("datetime64[D]")
    kept = ~np.isnan(close) & (days >= np.datetime64(start)) & (days <= np.datetime64(last))
    order = np.argsort(days[kept], kind="stable")
    days, close = days[kept][order], close[kept][order]
    if not len(days):
        raise QuoteError(NOT_FOUND, f"no price from {start} to {last}")
    twice = days[1:][days[1:] == days[:-1]]
    if len(twice):
        raise QuoteError(UNREADABLE, f"two prices on {twice[0]}")
    bad = ~(np.isfinite(close) & (close > 0.0))
    if bad.any():
        at = int(np.argmax(bad))
        raise QuoteError(UNREADABLE, f"a price of {close[at]:g} on {days[at]}")
    return VendorCloses(days, close)
