"""The numbers of a candidate that its targets are made of."""

from typing import NamedTuple


class Room(NamedTuple):
    """How many names, how much of the portfolio.

    Attributes
    ----------
    names
        n, to be held on a side; at least 0.
    invested
        q = 1 − cash_pct.
    largest
        `position_size_pct`: share of one position, at most.
    """

    names: int
    invested: float
    largest: float
