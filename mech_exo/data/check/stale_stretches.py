"""Prices that stand still while those of other names move."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mech_exo.data.check.examined import Examined, some
from mech_exo.data.check.filled_weekends import copied_weekdays, weekdays_of
from mech_exo.data.check.finding import Finding
from mech_exo.data.panel import BoolArray

LEAST = 20
"""Unchanged closes in a row that are looked at; a bid that is agreed on holds a price for days."""

AT_END = 30
"""Of a name that stands still up to its last session: it is probably gone, and carried forward."""

ALL = 0.95
"""Share of the names that have the close of the session before, on a day that was none."""

LEAST_NAMES = 5
"""Names that must agree on that."""

COARSE = 0.05
"""Smallest step of a price, of itself, from which on it can hardly move."""

CHANCE = 1e-6
"""Of a name's longest stretch by its own share of unchanged closes, below which it is no chance."""


def frozen(examined: Examined) -> Iterator[Finding]:
    """Names whose close does not change for long, measured by how often it does not otherwise."""
    close = examined.market.close
    if len(close) <= LEAST:
        return
    same: BoolArray = close[1:] == close[:-1]
    stretches = [_Stretch.of(same[:, n], n) for n in _suspects(same)]
    if not stretches:
        return
    moving = _others_move(examined, same)
    found = [s for s in stretches if s.odd(examined) and moving[s.start : s.stop].mean() > 0.5]
    found = [s for s in found if _step(examined, s) < COARSE]
    gone = [s for s in found if s.stop == len(same) and s.length >= AT_END]
    yield from (_gone(examined, stretch) for stretch in gone)
    rest = sorted((s for s in found if s not in gone), key=lambda s: (-s.length, s.n))
    if rest:
        yield _stood_still(examined, rest)


def carried(examined: Examined) -> Iterator[Finding]:
    """Sessions on which nobody's close changes: holidays, or whole weeks, that were filled.

    Where names seldom trade, so many must agree that chance does not bring it about.
    """
    close, alive = examined.market.close, examined.counts[1:]
    if len(close) <= LEAST:
        return
    same = np.count_nonzero(close[1:] == close[:-1], axis=1)
    usual = float(np.percentile(same / np.maximum(alive, 1), 15.0))
    by_chance = alive * np.log(max(usual, 1e-9)) > np.log(CHANCE)
    rows = np.flatnonzero((same >= ALL * alive) & (alive >= LEAST_NAMES) & ~by_chance) + 1
    # copied weekends have a finding of their own
    rows = rows[~np.isin(weekdays_of(examined.market.dates[rows]), copied_weekdays(examined))]
    if not len(rows):
        return
    days = [examined.day(t) for t in rows.tolist()]
    yield Finding(
        rule="carried",
        severity="warning",
        message=f"no close changes on {len(rows)} of {len(close)} sessions: {some(days)}; the "
        "exchange was closed, and the day before was carried forward.",
        remedy="Remove those rows: they make the market look calmer than it is.",
        day=days[0] if len(days) == 1 else "",
        figure=float(len(rows)),
    )


@dataclass(frozen=True)
class _Stretch:
    """The longest run of unchanged closes of a name.

    Attributes
    ----------
    n
        Position of the name.
    start, stop
        Its first unchanged close is that of session start + 1, its last that of `stop`.
    still
        Unchanged closes in all.
    """

    n: int
    start: int
    stop: int
    still: int

    @classmethod
    def of(cls, same: BoolArray, n: int) -> "_Stretch":
        """From whether each close is that of the session before."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]])))
        starts, stops = edges[::2], edges[1::2]
        at = int(np.argmax(stops - starts))
        return cls(n, int(starts[at]), int(stops[at]), int(np.count_nonzero(same)))

    @property
    def length(self) -> int:
        """Sessions."""
        return self.stop - self.start

    def odd(self, examined: Examined) -> bool:
        """Whether chance does not give a run like it, at the name's other unchanged closes."""
        days = int(np.count_nonzero(examined.priced[:, self.n]))
        share = (self.still - self.length) / max(1, days - self.length)
        rare, often = np.log(CHANCE / days), np.log(min(max(share, 0.02), 0.999))
        return bool(self.length >= max(LEAST, 1.5 * rare / often))


def _suspects(same: BoolArray) -> list[int]:
    """Names with a run of at least `LEAST`: a run of 2 n is one of n, n later again."""
    runs, length = same, 1
    while length < LEAST:
        step = min(length, LEAST - length)
        runs = runs[step:] & runs[:-step]
        length += step
    return [int(n) for n in np.flatnonzero(runs.any(axis=0))]


def _step(examined: Examined, stretch: _Stretch) -> float:
    """The smallest step of a name's price, of the price at which it stands still."""
    close = examined.market.close[:, stretch.n]
    steps = np.abs(np.diff(close[~np.isnan(close)]))
    steps = steps[steps > 0.0]
    return float(steps.min() / close[stretch.stop]) if len(steps) else 0.0


def _others_move(examined: Examined, same: BoolArray) -> BoolArray:
    """[T − 1] whether most names that have a price move."""
    moving: BoolArray = np.count_nonzero(same, axis=1) < 0.5 * examined.counts[1:]
    return moving


def _gone(examined: Examined, stretch: _Stretch) -> Finding:
    symbol, day = examined.market.symbols[stretch.n], examined.day(stretch.start)
    return Finding(
        rule="frozen",
        severity="error",
        message=f"{symbol} has had one and the same close for the last {stretch.length} sessions, "
        f"since {day}, while other names move: a price that is carried forward.",
        remedy="Leave its cells empty from the day on which it stopped trading.",
        symbol=symbol,
        day=day,
        figure=float(stretch.length),
    )


def _stood_still(examined: Examined, stretches: list[_Stretch]) -> Finding:
    symbols = examined.market.symbols
    words = [f"{symbols[s.n]} ({s.length} from {examined.day(s.start)} on)" for s in stretches]
    only, first = len(stretches) == 1, stretches[0]
    return Finding(
        rule="frozen",
        severity="warning",
        message=f"closes stand still for many sessions while other names move: {some(words)}.",
        remedy="Leave the cells of days without trading empty.",
        symbol=symbols[first.n] if only else "",
        day=examined.day(first.start) if only else "",
        figure=float(first.length),
    )
