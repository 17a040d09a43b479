"""The Market: what a source delivers, before any factor is standardised."""

from dataclasses import dataclass, field, replace
from typing import Any

from numpy.typing import NDArray

from mech_exo.data.check.finding import Finding
from mech_exo.data.panel import DateArray, FloatArray, IntArray


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view of an array that cannot be written through."""
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
        [N] sector of each name; () where they are not known.
    source
        What the data is, in words for the user.
    findings
        What was found while the files were read; `check/` adds what the whole market shows.
    """

    dates: DateArray
    symbols: tuple[str, ...]
    close: FloatArray
    vintages: dict[str, Vintage] = field(default_factory=dict)
    daily: dict[str, FloatArray] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    sectors: tuple[str, ...] = ()
    source: str = ""
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.dates), len(self.symbols))
        for name, values in {"close": self.close, **self.daily}.items():
            if values.shape != shape:
                raise ValueError(f"Market: {name} has shape {values.shape}, expected {shape}")
        # A user's factor function gets the market itself and must not be able to change it.
        object.__setattr__(self, "close", read_only(self.close))
        daily = {name: read_only(values) for name, values in self.daily.items()}
        object.__setattr__(self, "daily", daily)

    def until(self, stop: int) -> "Market":
        """The market as it was known at the close of the date at position `stop` − 1."""
        last = self.dates[stop - 1]
        known = {
            name: Vintage(
                *(a[v.available <= last] for a in (v.symbol, v.period_end, v.available, v.value))
            )
            for name, v in self.vintages.items()
        }
        return replace(
            self,
            dates=self.dates[:stop],
            close=self.close[:stop],
            vintages=known,
            daily={name: values[:stop] for name, values in self.daily.items()},
        )
