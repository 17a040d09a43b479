"""The Market: what a source delivers, before any factor is standardised."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mech_exo.data.check.finding import Finding
from mech_exo.data.frequency import DAILY, Frequency
from mech_exo.data.panel import BoolArray, DateArray, FloatArray, IntArray
from mech_exo.data.sector_history import SectorHistory


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view of an array that cannot be written through; the array itself if that is one."""
    if not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, eq=False)
class Vintage:
    """Values of one field by the date on which they became public.

    Attributes
    ----------
    symbol
        [R] positions in `Market.symbols`.
    period_end, available
        [R] datetime64[D]: what period the value is of, and when it could first be known.
    value
        [R]; NaN is a value that was published as missing.
    """

    symbol: IntArray
    period_end: DateArray
    available: DateArray
    value: FloatArray

    def __post_init__(self) -> None:
        for name in ("symbol", "period_end", "available", "value"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def rows(self, kept: BoolArray) -> "Vintage":
        """Some of the rows; nothing is copied if they are the first ones."""
        rows = first_or(kept)
        return Vintage(
            self.symbol[rows], self.period_end[rows], self.available[rows], self.value[rows]
        )

    def of_one_table(self, other: "Vintage") -> bool:
        """Whether the rows of both are the same: they share what does not depend on the field."""
        return (
            self.symbol is other.symbol
            and self.period_end is other.period_end
            and self.available is other.available
        )


@dataclass(frozen=True, eq=False)
class Market:
    """Prices and public facts of a universe.

    Attributes
    ----------
    dates
        [T] sessions, datetime64[D], strictly increasing.
    symbols
        [N] names, sorted.
    close
        [T, N] total-return closes; NaN where there is no price.
    vintages
        Field name -> its values by date of publication (fundamentals, sentiment).
    daily
        Field name -> [T, N] values that were known at the close of the day they stand at.
    categories
        Field name -> category, where the source or the user states one.
    sectors
        The sector of each name, on all dates or on each [T, N]; None where they are not known.
    member
        [T, N] whether a name was in the universe of `data.membership` that day; None without one:
        all are.
    source
        What the data is, in words for the user.
    frequency
        How many sessions a year has.
    findings
        What was found while the files were read; `check/` adds what the whole market shows.
    accepted
        Names of findings that the source knows of and stands by, as those of the shipped sample.
    price_column
        The column that the closes were read from; "" where a file has no choice of them.
    notes
        What was done to the figures while the files were read, a line each for the run.
    """

    dates: DateArray
    symbols: tuple[str, ...]
    close: FloatArray
    vintages: dict[str, Vintage] = field(default_factory=dict)
    daily: dict[str, FloatArray] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    sectors: SectorHistory | None = None
    member: BoolArray | None = None
    source: str = ""
    frequency: Frequency = DAILY
    findings: tuple[Finding, ...] = ()
    accepted: tuple[str, ...] = ()
    price_column: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.dates), len(self.symbols))
        for name, values in {"close": self.close, **self.daily}.items():
            if values.shape != shape:
                raise ValueError(f"Market: {name} has shape {values.shape}, expected {shape}")
        if self.member is not None:
            if self.member.shape != shape:
                raise ValueError(f"Market: member has shape {self.member.shape}, expected {shape}")
            object.__setattr__(self, "member", read_only(self.member))
        # A user's factor function gets the market itself and must not be able to change it.
        object.__setattr__(self, "close", read_only(self.close))
        daily = {name: read_only(values) for name, values in self.daily.items()}
        object.__setattr__(self, "daily", daily)

    @property
    def periods_per_year(self) -> float:
        """Sessions a year: 252 of a daily market, 52 of a weekly one, 12 of a monthly one."""
        return self.frequency.periods_per_year

    @property
    def closes(self) -> "Market":
        """The market without its facts."""
        return replace(self, vintages={}, daily={})

    def until(self, stop: int) -> "Market":
        """The market as it was known at the close of the date at position `stop` − 1."""
        last = self.dates[stop - 1]
        found = tuple(f for f in self.findings if f.day <= str(last))
        known = published_until(self.vintages, last)
        return replace(self._rows(slice(stop)), vintages=known, findings=found)

    def since(self, start: int) -> "Market":
        """The market from the date at position `start` on; what was public before stays known."""
        return self._rows(slice(start, None))

    def _rows(self, kept: slice) -> "Market":
        """The market with some of its dates, and all that is published by date."""
        return replace(
            self,
            dates=self.dates[kept],
            close=self.close[kept],
            daily={name: values[kept] for name, values in self.daily.items()},
            member=None if self.member is None else self.member[kept],
            sectors=None if self.sectors is None else self.sectors.at(kept),
        )


def first_or(kept: BoolArray) -> slice | BoolArray:
    """A mask, as a slice if it keeps the first rows and no others."""
    count = int(np.count_nonzero(kept))
    return slice(count) if kept[:count].all() else kept


def published_until(vintages: Mapping[str, Vintage], last: np.datetime64) -> dict[str, Vintage]:
    """What of each field was public at the close of `last`; nothing is copied if all of it was.

    Fields of one table go on sharing their arrays.
    """
    known: dict[str, Vintage] = {}
    cut: list[tuple[Vintage, Vintage, BoolArray]] = []
    for name, whole in vintages.items():
        same = next((c for c in cut if c[0].of_one_table(whole)), None)
        if same is not None:
            _, first, public = same
            value = whole.value if public.all() else whole.value[first_or(public)]
            known[name] = Vintage(first.symbol, first.period_end, first.available, value)
            continue
        public = whole.available <= last
        known[name] = whole if public.all() else whole.rows(public)
        cut.append((whole, known[name], public))
    return known
