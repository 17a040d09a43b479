"""Moves of a price that no market makes: wrong prices, and splits that are not adjusted for.

A move is judged by the name's own usual move around it (σ) and by the other names on that day.
A price that was wrong comes back within days; a split stays, and the price is as calm after it as
before, which it is not after a crash.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log

import numpy as np

from mech_exo.data.check.examined import Examined, in_percent
from mech_exo.data.check.finding import Finding, Severity
from mech_exo.data.check.price_path import (
    AFTER,
    BEFORE,
    LARGE,
    LEAST_AFTER,
    LONGEST_GAP,
    DayMoves,
    PricePath,
    usual_move,
)
from mech_exo.data.check.split_ratios import split_like

TOGETHER = 0.25
"""Share of names with a large move on one day from which on the day had a reason."""

FEW_TICKS, MANY_TICKS = 6, 25
"""Steps of the price that a move must have to say anything, and to be an error."""

TURMOIL = ((log(5.0), 2.2, 5.0), (1.0, 1.8, 4.5), (0.0, 1.5, 4.0))
"""Least |log move|; how many usual moves before it a usual move after it may be in calm, and the
largest of the next three sessions.

After a crash they are two to ten times as large, the more the deeper it was.
"""

SPLIT = "Use prices that are adjusted for splits and dividends, on all days before it too."
TICK = "Correct that price in the file, or leave its cell empty."


def jumps(examined: Examined) -> Iterator[Finding]:
    """Prices that jump and come back, split-like ratios, and moves of all names at once."""
    days = DayMoves(examined)
    yield from _of_all_names(days)
    for n in _suspects(examined):
        yield from _of_name(PricePath(examined, days, n))


def _suspects(examined: Examined) -> list[int]:
    """Names with a large move; a block of sessions at a time, so that nothing large is copied."""
    close = examined.market.close
    found = np.zeros(close.shape[1], dtype=np.bool_)
    high, low = np.exp(LARGE), np.exp(-LARGE)
    for start in range(1, len(close), 512):
        block = close[start - 1 : start + 512]
        with np.errstate(invalid="ignore"):
            ratio = block[1:] / block[:-1]
            found |= ((ratio >= high) | (ratio <= low)).any(axis=0)
    alive = np.where(examined.ever, examined.last - examined.first + 1, 0)
    gaps = np.count_nonzero(examined.priced, axis=0) < alive
    return [int(n) for n in np.flatnonzero(found | gaps)]


def _of_name(path: PricePath) -> Iterator[Finding]:
    """One for each jump of a name."""
    usual = float(np.minimum(path.size, LARGE).mean()) if len(path.size) else 0.0
    near = np.diff(path.rows) <= LONGEST_GAP
    back = -1
    for k in np.flatnonzero((path.size >= max(LARGE, 6.0 * usual)) & near).tolist():
        if k <= back:
            continue
        back, found = _judged(path, k)
        if found is not None:
            yield found


def _judged(path: PricePath, k: int) -> tuple[int, Finding | None]:
    """The last move that belongs to this one, and what it is."""
    move = _Move.of(path, k)
    returned = move.returned()
    if returned:
        return k + returned, move.tick(returned)
    if move.calm is None:  # at the end of the data: the size alone can decide
        return k, move.beyond_all() or move.split()
    return k, move.split() or move.beyond_all()


@dataclass(frozen=True, eq=False)
class _Move:
    """A large move: `size` beyond that of the other names, and the name's usual ones around it.

    `ticks` counts the steps that it is of, by the smallest step around it.
    """

    path: PricePath
    k: int
    ticks: float
    move: float
    size: float
    others_too: bool
    before: float
    after: float
    followed: int

    @classmethod
    def of(cls, path: PricePath, k: int) -> "_Move":
        """The move k of a path."""
        move = float(path.price[k + 1] - path.price[k])
        usual, share = path.days.usual(int(path.rows[k + 1]))
        past, next_ = path.size[max(0, k - BEFORE) : k], path.size[k + 1 : k + 1 + AFTER]
        before, after = usual_move(past), usual_move(next_)
        known = before if len(past) >= LEAST_AFTER else after
        return cls(
            path=path,
            k=k,
            ticks=path.ticks(k),
            move=move,
            size=abs(move - usual),
            others_too=share >= TOGETHER,
            before=known or 0.02,
            after=after,
            followed=len(next_),
        )

    @property
    def beyond(self) -> float:
        """How many usual moves it is."""
        return self.size / self.before

    @property
    def calm(self) -> bool | None:
        """Whether the moves after it are as before; None where there are too few."""
        if self.followed < LEAST_AFTER:
            return None if self.path.goes_on else False
        soon = float(self.path.size[self.k + 1 : self.k + 4].max())
        usual, one = next(limits for least, *limits in TURMOIL if self.size >= least)
        return self.after <= usual * self.before and soon <= one * self.before

    def returned(self) -> int:
        """After how many sessions the price is where it was; 0: it is not within three."""
        if self.beyond < 12.0 or self.ticks < FEW_TICKS:
            return 0
        path, start = self.path, float(self.path.price[self.k])
        for later in (1, 2, 3):
            at = self.k + 1 + later
            if at >= len(path.price):
                return 0
            left = abs(float(path.price[at]) - start)
            allowed = min(3.0 * self.before * np.sqrt(later + 1.0), 0.15 * abs(self.move))
            if left <= allowed and path.size[at - 1] >= 0.7 * abs(self.move):
                return later
        return 0

    def tick(self, returned: int) -> Finding:
        """A price that came back."""
        sure = self.beyond >= 20.0 and abs(self.move) >= 0.4 and self.ticks >= MANY_TICKS
        when = "the next session" if returned == 1 else f"{returned} sessions later"
        return self._finding(
            "error" if sure else "warning",
            f"{self._words()}, and is back {when}: a wrong price",
            TICK,
        )

    def split(self) -> Finding | None:
        """A ratio like that of a split, and calm on both sides."""
        if self.others_too or self.beyond < 15.0 or self.ticks < FEW_TICKS:
            return None
        fit = split_like(self.move, self.size, self.before)
        if fit is None:
            return None
        if self.calm is False and not (fit.exact and self.beyond >= 100.0):
            return None
        sure = self.beyond >= fit.certain and bool(self.calm) and self.ticks >= MANY_TICKS
        after = {True: "before and after it", None: "before it", False: "before it"}[self.calm]
        ratio = "exactly" if fit.exact else "nearly"
        return self._finding(
            "error" if sure else "warning",
            f"{self._words()}, {ratio} the ratio {fit.label}, and is calm {after}: probably a "
            "split that the prices are not adjusted for",
            SPLIT,
        )

    def beyond_all(self) -> Finding | None:
        """A move that no share makes in a day, whatever its ratio."""
        up = self.move > 0.0
        if self.others_too or self.beyond < 15.0 or self.ticks < FEW_TICKS:
            return None
        if self.calm is False:
            return None
        if self.size < log(5.0):
            return None
        sure = bool(self.calm) or (up and self.size >= log(20.0))
        words = f"{self._words()}, and stays there"
        if self.calm is None:
            words = f"{self._words()}, at the end of its prices"
        return self._finding("error" if sure else "warning", words, TICK)

    def _words(self) -> str:
        path = self.path
        symbol = path.examined.market.symbols[path.n]
        factor = float(np.exp(self.move))
        day = path.examined.day(int(path.rows[self.k + 1]))
        if factor > 1.0:
            return f"{symbol} rises to {factor:.4g} times its price on {day}"
        return f"{symbol} falls by {in_percent(1.0 - factor, 1)} on {day}"

    def _finding(self, severity: Severity, message: str, remedy: str) -> Finding:
        path = self.path
        return Finding(
            rule="jump",
            severity=severity,
            message=f"{message}.",
            remedy=remedy,
            symbol=path.examined.market.symbols[path.n],
            day=path.examined.day(int(path.rows[self.k + 1])),
            figure=float(np.expm1(self.move)),
        )


def _of_all_names(days: DayMoves) -> Iterator[Finding]:
    """A session on which the median name moves as no market does: other units, or currency."""
    close = days.examined.market.close
    sample = np.flatnonzero(days.examined.ever)[:: max(1, int(days.examined.ever.sum()) // 25)]
    few = close[:, sample]
    with np.errstate(invalid="ignore"):
        ratio = few[1:] / few[:-1]
        suspected = ((ratio >= np.exp(LARGE)) | (ratio <= np.exp(-LARGE))).sum(axis=1)
    for t in (np.flatnonzero(suspected >= len(sample) / 3.0) + 1).tolist():
        usual = days.usual(t)[0]
        if abs(usual) >= 0.45:
            day = days.examined.day(t)
            yield Finding(
                rule="jump",
                severity="error",
                message=f"all names together move to {np.exp(usual):.4g} times their prices on "
                f"{day}: other units, or another currency.",
                remedy="Bring the prices before it and after it to the same units.",
                day=day,
                figure=float(np.expm1(usual)),
            )
