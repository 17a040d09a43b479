"""What the rules of the data check look at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from mech_exo.config.settings import Settings
from mech_exo.data.asof import InForce
from mech_exo.data.build import rebalance_grid
from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, IntArray

SHOWN = 3
"""Names or days that a message gives as examples."""


@dataclass(frozen=True, eq=False)
class Examined:
    """A market that is examined, what it is used for, and the day on which it is looked at.

    Attributes
    ----------
    market
        All sessions that were read, the holdout included: a finding changes no result.
    settings
        Of the run: where it decides, and which names are delisted.
    today
        The machine's date.
    in_force
        Kept from one factor to the next (`raw_values`).
    """

    market: Market
    settings: Settings
    today: date = field(default_factory=date.today)
    in_force: InForce = field(default_factory=InForce)

    @property
    def made_up(self) -> bool:
        """Whether the market is the embedded demo, which has the dates and names that it has."""
        return self.settings.data.source == "demo"

    @cached_property
    def priced(self) -> BoolArray:
        """[T, N] whether a name has a price."""
        priced: BoolArray = ~np.isnan(self.market.close)
        return priced

    @cached_property
    def member(self) -> BoolArray:
        """[T, N] whether a name has a price and is in the universe of `data.membership`."""
        member = self.market.member
        return self.priced if member is None else self.priced & member

    @cached_property
    def counts(self) -> IntArray:
        """[T] how many names have a price."""
        counts: IntArray = np.count_nonzero(self.priced, axis=1)
        return counts

    @cached_property
    def ever(self) -> BoolArray:
        """[N] whether a name has any price."""
        ever: BoolArray = np.asarray(self.priced.any(axis=0))
        return ever

    @cached_property
    def first(self) -> IntArray:
        """[N] position of each name's first price; 0 for one that never has any."""
        first: IntArray = self.priced.argmax(axis=0)
        return first

    @cached_property
    def last(self) -> IntArray:
        """[N] position of each name's last price; T − 1 for one that never has any."""
        last: IntArray = len(self.market.dates) - 1 - self.priced[::-1].argmax(axis=0)
        return last

    @cached_property
    def alive(self) -> IntArray:
        """[T] how many names are between their first and their last price."""
        steps = np.zeros(len(self.market.dates) + 1, dtype=np.int64)
        np.add.at(steps, self.first[self.ever], 1)
        np.add.at(steps, self.last[self.ever] + 1, -1)
        return np.cumsum(steps)[:-1]

    @cached_property
    def decisions(self) -> IntArray:
        """[M] positions of the rebalance dates, whatever is priced on them."""
        return rebalance_grid(self.market, self.settings)

    def day(self, position: int) -> str:
        """The date of a session, ISO."""
        return str(self.market.dates[position])


def in_percent(share: float, digits: int = 0) -> str:
    """A fraction as a percentage, for a message."""
    return f"{100.0 * share:.{digits}f} %"


def some(names: Sequence[str], shown: int = SHOWN) -> str:
    """The first few of some names, and how many there are beside them."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def named(market: Market, positions: IntArray) -> Iterator[str]:
    """The symbols at these positions."""
    return (market.symbols[position] for position in positions.tolist())
