"""What newly read prices add to those that are stored, and what of the old they change.

Adjusted closes are multiplied anew at every dividend and split: all earlier closes of the name by
one ratio, its returns as they were. That is told from a restatement, which changes returns.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice, zip_longest

import numpy as np

from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, FloatArray, IntArray
from mech_exo.data.store.parts import PriceRows, SymbolColumn
from mech_exo.data.store.replay import positions

NOISE = 2.5e-7  # relative: what is left of a price that went through 32 bits, twice
DECIMALS = 8  # beyond which a price counts as not rounded


@dataclass(frozen=True)
class Restated:
    """A stored value that was read otherwise.

    Attributes
    ----------
    symbol, day
        Whose, and the session (of a fact the day on which it became public), ISO.
    field
        `price`, or the field of facts.
    old, new
        NaN is a fact that was published as missing.
    """

    symbol: str
    day: str
    field: str
    old: float
    new: float

    @property
    def relative(self) -> float:
        """new / old − 1; NaN where that says nothing."""
        return self.new / self.old - 1.0 if self.old else float("nan")


@dataclass(frozen=True)
class PriceChanges:
    """What prices add and change.

    Attributes
    ----------
    rows
        What is to be stored.
    new
        Prices of days and names that had none.
    late
        Those of them before the last session that was stored.
    names
        Names that are new.
    restated
        Per name with other returns: the sessions whose return is another, or whose price is.
    restated_prices
        All prices of those names that are others.
    readjusted
        Name -> ratio, of those whose returns are the same.
    vanished
        Prices that are stored and were not read again, of names and days around which others were.
    absent
        Names that are stored and were not read at all.
    unlinked
        Names that have stored and new prices but no day in common, so that nobody knows whether
        they are adjusted alike.
    """

    rows: PriceRows
    new: int = 0
    late: int = 0
    names: tuple[str, ...] = ()
    restated: tuple[Restated, ...] = ()
    restated_prices: int = 0
    readjusted: dict[str, float] = field(default_factory=dict)
    vanished: int = 0
    absent: tuple[str, ...] = ()
    unlinked: tuple[str, ...] = ()


def price_changes(stored: Market, given: Market) -> PriceChanges:
    """Compare prices that were read with those that are stored.

    A price that differs by no more than the rounding of the two sources is the same, and the stored
    one stays. Of a name that is adjusted anew, the stored closes that were not read again are
    multiplied as well, so that none of its returns changes.
    """
    grid = _Grid.of(stored, given)
    had, has = ~np.isnan(grid.old), ~np.isnan(grid.new)
    both, added = had & has, has & ~had
    value = np.where(added, grid.new, np.nan)
    restated: list[Restated] = []
    restated_prices, readjusted = 0, dict[str, float]()
    for n in np.flatnonzero((both & (grid.old != grid.new)).any(axis=0)):
        found = _Name(grid.old[:, n], grid.new[:, n])
        if found.same:
            continue
        value[:, n] = np.where(added[:, n], grid.new[:, n], found.value)
        if found.is_scaled:
            readjusted[grid.symbols[n]] = found.ratio
        else:
            restated += found.restated(grid, int(n))
            restated_prices += found.others
    ever, seen = had.any(axis=0), has.any(axis=0)
    return PriceChanges(
        rows=_rows(grid, value),
        new=int(added.sum()),
        late=int(added[grid.dates < stored.dates[-1]].sum()) if len(stored.dates) else 0,
        names=_named(grid, np.asarray(seen & ~ever)),
        restated=tuple(restated),
        restated_prices=restated_prices,
        readjusted=readjusted,
        vanished=int((had & ~has & _inner(has)).sum()),
        absent=_named(grid, np.asarray(ever & ~seen)),
        unlinked=_named(grid, np.asarray(ever & seen & ~both.any(axis=0))),
    )


@dataclass(frozen=True)
class _Grid:
    """Old and new closes [T, N] of all days and names; NaN where there is none."""

    dates: np.ndarray
    symbols: tuple[str, ...]
    old: FloatArray
    new: FloatArray

    @classmethod
    def of(cls, stored: Market, given: Market) -> "_Grid":
        dates = np.union1d(stored.dates, given.dates)
        symbols = tuple(sorted({*stored.symbols, *given.symbols}))

        def spread(market: Market) -> FloatArray:
            close = np.full((len(dates), len(symbols)), np.nan)
            rows = np.searchsorted(dates, market.dates)
            close[np.ix_(rows, positions(market.symbols, symbols))] = market.close
            return close

        return cls(dates, symbols, spread(stored), spread(given))


class _Name:
    """One name's closes, old and new; some are others.

    Attributes
    ----------
    same
        They differ by rounding only.
    is_scaled
        All are multiplied by one ratio.
    ratio
        That of the first day in common.
    value
        [T] what is to be stored beside what is new; NaN where nothing is.
    others
        How many prices are others.
    """

    def __init__(self, old: FloatArray, new: FloatArray) -> None:
        self.days = np.flatnonzero(~np.isnan(old) & ~np.isnan(new))
        self.old, self.new = old[self.days], new[self.days]
        self.slack = _slack(self.old, self.new)
        quotient = self.new / self.old
        differs = self.new != self.old
        rounded = np.abs(quotient - 1.0) <= (0.0 if _alike(self.old, self.new) else self.slack)
        self.other = differs & ~rounded
        self.others, self.same = int(self.other.sum()), not self.other.any()
        self.quotient = np.where(self.other, quotient, 1.0)
        self.ratio = float(self.new.sum() / self.old.sum())
        uniform = np.abs(quotient - self.ratio) <= 2.0 * self.ratio * self.slack
        # One day in common cannot tell a new scale from a corrected price.
        self.is_scaled = bool(uniform.all()) and len(self.days) > 1 and self.others > 1
        self.value = np.full(len(old), np.nan)
        changed = np.ones_like(self.other) if self.is_scaled else self.other
        self.value[self.days[changed]] = self.new[changed]
        kept = np.flatnonzero(~np.isnan(old) & np.isnan(new))
        scale = np.full(len(kept), self.ratio) if self.is_scaled else self._scale(kept)
        moved = scale != 1.0
        self.value[kept[moved]] = old[kept[moved]] * scale[moved]

    def _scale(self, kept: IntArray) -> FloatArray:
        """[K] ratio of days that were not read again: that of the two days around, if they agree.

        Before the first day in common and after the last that of the two nearest.
        """
        if len(self.days) < 2:
            return np.ones(len(kept))
        first = np.clip(np.searchsorted(self.days, kept) - 1, 0, len(self.days) - 2)
        one, other = self.quotient[first], self.quotient[first + 1]
        slack = self.slack[first] + self.slack[first + 1]
        return np.where(np.abs(one / other - 1.0) <= slack, one, 1.0)

    def restated(self, grid: _Grid, n: int) -> list[Restated]:
        """The days that are others and with which a return changes."""
        step = np.abs(self.quotient[1:] / self.quotient[:-1] - 1.0)
        jumps = np.append(False, step > self.slack[1:] + self.slack[:-1])
        at = np.flatnonzero(jumps & self.other)
        if self.other[0]:  # up to its end, the earlier closes have another scale
            same = np.flatnonzero(~self.other)
            at = np.append(same[0] - 1 if len(same) else 0, at)
        at = np.unique(at) if len(at) else np.flatnonzero(self.other)
        symbol = grid.symbols[n]
        return [
            Restated(symbol, str(grid.dates[self.days[i]]), "price", *_pair(self.old, self.new, i))
            for i in at.tolist()
        ]


def _pair(old: FloatArray, new: FloatArray, at: int) -> tuple[float, float]:
    return float(old[at]), float(new[at])


def _slack(old: FloatArray, new: FloatArray) -> FloatArray:
    """[R] by how much new / old may be off, relatively, for the rounding of both."""
    return NOISE + 0.5 * (_unit(old) / old + _unit(new) / new)


def _alike(old: FloatArray, new: FloatArray) -> bool:
    """Whether both are rounded to the same decimal: what is unchanged is equal then."""
    return _unit(old) == _unit(new) > 0.0


def _unit(prices: FloatArray) -> float:
    """The step of prices that are rounded to decimals (0.01, say); 0.0 of others."""
    for decimals in range(DECIMALS + 1):
        if np.array_equal(np.round(prices, decimals), prices):
            return float(10.0**-decimals)
    return 0.0


def _inner(has: BoolArray) -> BoolArray:
    """[T, N] whether a day lies between the first and the last price of a name."""
    begun = np.logical_or.accumulate(has, axis=0)
    ahead = np.logical_or.accumulate(has[::-1], axis=0)[::-1]
    inner: BoolArray = begun & ahead
    return inner


def _named(grid: _Grid, which: BoolArray) -> tuple[str, ...]:
    return tuple(grid.symbols[n] for n in np.flatnonzero(which))


def _rows(grid: _Grid, value: FloatArray) -> PriceRows:
    """The cells that hold something, name by name."""
    place, row = np.nonzero(~np.isnan(value).T)
    code: IntArray = place
    used, dense = np.unique(code, return_inverse=True)
    labels = tuple(grid.symbols[n] for n in used)
    return PriceRows(grid.dates[row], SymbolColumn(labels, dense), value[row, place])


def spread(restated: Iterable[Restated], first: int) -> tuple[Restated, ...]:
    """The first few, of as many names as there are before a second one of any."""
    by_name: dict[str, list[Restated]] = {}
    for one in restated:
        by_name.setdefault(one.symbol, []).append(one)
    turns = zip_longest(*by_name.values())
    return tuple(islice((one for turn in turns for one in turn if one is not None), first))
