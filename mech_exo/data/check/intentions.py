"""What is allowed, and probably not meant."""

import difflib
from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, named, some
from mech_exo.data.check.finding import Finding
from mech_exo.data.scores import missing_factors
from mech_exo.data.sector_history import UNKNOWN

NAMES = 5
"""Names that a message gives as examples."""


def unused(examined: Examined) -> Iterator[Finding]:
    """Fields nearly named as a factor that has no data."""
    market = examined.market
    missing = missing_factors(market)
    for name in (*market.vintages, *market.daily):
        near = difflib.get_close_matches(name, missing, n=1, cutoff=0.8)
        if near and name not in market.categories:
            yield Finding(
                rule="unused",
                severity="warning",
                message=f"{name!r} is not used as a factor; {near[0]!r} has no data. Is it meant?",
                remedy=f"If it is: data.factors, columns: {{{name}: {near[0]}}}.",
                subject=name,
            )


def unpriced(examined: Examined) -> Iterator[Finding]:
    """Names without any price."""
    names = list(named(examined.market, np.flatnonzero(~examined.ever)))
    if names:
        yield Finding(
            rule="unpriced",
            severity="warning",
            message=f"no price at all: {some(names, NAMES)}.",
            remedy="Remove these names, or fetch their prices.",
            symbol=names[0] if len(names) == 1 else "",
            figure=float(len(names)),
        )


def unknown_sectors(examined: Examined) -> Iterator[Finding]:
    """Names that the table of sectors does not have."""
    sectors = examined.market.sectors
    names = () if sectors is None else sectors.names()
    unknown = names.count(UNKNOWN)
    if unknown and sectors is not None:
        day = f" on {examined.day(len(examined.market.dates) - 1)}" if sectors.dated else ""
        yield Finding(
            rule="sectors",
            severity="warning",
            message=f"{unknown} of {len(names)} names have no sector in "
            f"{examined.settings.data.sectors or 'the data'}{day}; they count as one, {UNKNOWN!r}.",
            remedy="Add them to the table.",
            figure=float(unknown),
        )
