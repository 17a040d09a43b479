"""What a market holds and lacks, for reports and for judging a result."""

from dataclasses import dataclass, field

import numpy as np

from mech_exo.data.asof import InForce
from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import BoolArray, IntArray
from mech_exo.data.scores import factor_categories, raw_values

EVERY = 21
"""Days between the dates on which the share of unknown factor values is taken."""


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
        Factor -> share of unknown values among the members with a price, once a month.
    known_by_year
        Factor -> year -> share of known ones, on the same sessions.
    restated
        Field -> values that replace an earlier one of the same name and period.
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
    known_by_year: dict[str, dict[str, float]] = field(default_factory=dict)
    restated: dict[str, int] = field(default_factory=dict)


def describe(market: Market, delist_after: int = 10) -> MarketFacts:
    """The facts of a market; `delist_after` days without a price at the end are a delisting.

    Raises nothing of its own; a market of no session is a ValueError of NumPy's.
    """
    priced = ~np.isnan(market.close)
    sessions, names = priced.shape
    ever = priced.any(axis=0)
    first = priced.argmax(axis=0)
    last = sessions - 1 - priced[::-1].argmax(axis=0)
    alive = np.where(ever, last - first + 1, 0)
    days = int(alive.sum())
    unknown, by_year = _known(market)
    return MarketFacts(
        names=names,
        sessions=sessions,
        first=str(market.dates[0]),
        last=str(market.dates[-1]),
        late_listings=int((ever & (first > 0)).sum()),
        delistings=int((ever & (last < sessions - market.frequency.sessions(delist_after))).sum()),
        never_priced=int((~ever).sum()),
        members=int(_members(market, np.array([sessions - 1])).sum()),
        gaps=1.0 - float(priced.sum()) / days if days else 0.0,
        unknown=unknown,
        known_by_year=by_year,
        restated={name: restatements(vintage) for name, vintage in market.vintages.items()},
    )


def _known(market: Market) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    rows = np.arange(0, len(market.dates), market.frequency.sessions(EVERY), dtype=np.int64)
    tradable = _members(market, rows)
    years = market.dates[rows].astype("datetime64[Y]").astype(str)
    shares: dict[str, float] = {}
    by_year: dict[str, dict[str, float]] = {}
    in_force = InForce()
    for name in factor_categories(market):
        raw = raw_values(market, name, rows, in_force=in_force)
        known = np.count_nonzero(~np.isnan(raw) & tradable, axis=1)
        priced = np.count_nonzero(tradable, axis=1)
        shares[name] = 1.0 - float(known.sum()) / max(1, int(priced.sum()))
        by_year[name] = {
            str(year): float(known[years == year].sum()) / max(1, int(priced[years == year].sum()))
            for year in np.unique(years)
        }
    return shares, by_year


def restatements(vintage: Vintage) -> int:
    """How many values replace one that was published earlier for the same name and period."""
    order = np.lexsort((vintage.available, vintage.period_end, vintage.symbol))
    symbol, period = vintage.symbol[order], vintage.period_end[order]
    value = vintage.value[order]
    again = (symbol[1:] == symbol[:-1]) & (period[1:] == period[:-1])
    other = ~((value[1:] == value[:-1]) | (np.isnan(value[1:]) & np.isnan(value[:-1])))
    return int(np.count_nonzero(again & other))


def _members(market: Market, rows: IntArray) -> BoolArray:
    """[M, N] names with a price that are members on these sessions."""
    priced: BoolArray = ~np.isnan(market.close[rows])
    return priced if market.member is None else priced & market.member[rows]
