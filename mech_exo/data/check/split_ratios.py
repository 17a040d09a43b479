"""Which split a move of a price looks like."""

from dataclasses import dataclass
from math import inf, log

WHOLE = (3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 100, 1000)
"""n > 2 of the splits n:1, and of the reverse splits 1:n."""

BROKEN = {"3:2": 1.5, "5:2": 2.5}
"""Splits n:m. Crashes look like them too, and takeovers like 1:2: these must fit closely."""

CLOSE = 0.01
"""How far the logarithm of such a ratio may be off."""

EXACT = 0.002
"""The same of a ratio n:1 with n > 2: what rounding prices to cents leaves."""


@dataclass(frozen=True)
class SplitFit:
    """The split that a move is near to.

    Attributes
    ----------
    certain
        How many usual moves it must be to be one for certain; infinite where it can be none.
    exact
        To the rounding of prices.
    """

    label: str
    certain: float
    exact: bool = False


def split_like(move: float, size: float, usual: float) -> SplitFit | None:
    """The split that a log move is near to; None: none.

    On the day of a split the price moves too, so that a ratio n:1 may be off by some usual moves.

    Parameters
    ----------
    move
        With its sign.
    size
        Without it, and less what the other names moved.
    usual
        The name's usual move.
    """
    down = move < 0.0
    whole = min(WHOLE, key=lambda n: abs(size - log(n)))
    if abs(size - log(whole)) <= min(3.0 * usual, 0.06):
        label, certain = (f"{whole}:1", 25.0) if down else (f"1:{whole}", 40.0)
        return SplitFit(label, certain, exact=abs(abs(move) - log(whole)) <= EXACT)
    off = abs(size - log(2.0))
    if off <= (min(2.5 * usual, 0.05) if down else min(0.5 * usual, CLOSE)):
        return SplitFit("2:1", 40.0) if down else SplitFit("1:2", inf)
    label = min(BROKEN, key=lambda name: abs(size - log(BROKEN[name])))
    if down and abs(size - log(BROKEN[label])) <= min(0.5 * usual, CLOSE):
        return SplitFit(label, inf)
    return None
