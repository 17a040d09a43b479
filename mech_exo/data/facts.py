"""What a market holds and lacks, for reports and for judging a result."""

from dataclasses import dataclass

import numpy as np

from mech_exo.data.market import Market
from mech_exo.data.panel import BoolArray, IntArray
from mech_exo.data.scores import factor_categories, raw_values

EVERY = 21
"""Sessions between the dates on which the share of unknown factor values is taken."""


@dataclass(frozen=True)
class MarketFacts:
    """Counts that say how far a result can be trusted.

    Attributes
    ----------
    names, sessions
        N and T.
    first, last
        Dates of the first and last session, ISO.
    late_listings
        Names whose first price is after the first session.
    delistings
        Names without a price on any of the last sessions; 0 in a long history means that the
        universe was chosen with hindsight.
    never_priced
        Names without any price.
    members
        Names with a price that are members on the last session; all with a price then where there
        is no `data.membership`.
    gaps
        Share of days without a price between a name's first and last one.
    unknown
        Factor -> share of unknown values among the members with a price, every 21st session.
    """

    names: int
    sessions: int
    first: str
    last: str
    late_listings: int
    delistings: int
    never_priced: int
    members: int
    gaps: float
    unknown: dict[str, float]


def describe(market: Market, delist_after: int = 10) -> MarketFacts:
    """The facts of a market; `delist_after` sessions without a price at the end are a delisting.

    Raises nothing of its own; a market of no session is a ValueError of NumPy's.
    """
    priced = ~np.isnan(market.close)
    sessions, names = priced.shape
    ever = priced.any(axis=0)
    first = priced.argmax(axis=0)
    last = sessions - 1 - priced[::-1].argmax(axis=0)
    alive = np.where(ever, last - first + 1, 0)
    days = int(alive.sum())
    return MarketFacts(
        names=names,
        sessions=sessions,
        first=str(market.dates[0]),
        last=str(market.dates[-1]),
        late_listings=int((ever & (first > 0)).sum()),
        delistings=int((ever & (last < sessions - delist_after)).sum()),
        never_priced=int((~ever).sum()),
        members=int(_members(market, np.array([sessions - 1])).sum()),
        gaps=1.0 - float(priced.sum()) / days if days else 0.0,
        unknown=_unknown(market),
    )


def _unknown(market: Market) -> dict[str, float]:
    rows = np.arange(0, len(market.dates), EVERY, dtype=np.int64)
    tradable = _members(market, rows)
    shares = {}
    for name in factor_categories(market):
        unknown = np.isnan(raw_values(market, name, rows)) & tradable
        shares[name] = float(unknown.sum()) / max(1, int(tradable.sum()))
    return shares


def _members(market: Market, rows: IntArray) -> BoolArray:
    """[M, N] names with a price that are members on these sessions."""
    priced: BoolArray = ~np.isnan(market.close[rows])
    return priced if market.member is None else priced & market.member[rows]
