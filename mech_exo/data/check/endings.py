"""How names end: one by one as they are delisted, all together in a failed download, or never."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, named, some
from mech_exo.data.check.finding import Finding

TOGETHER = 0.2
"""Share of the names alive that end on one day, from which it is no chance."""

LEAST_NAMES = 3
"""Names that must end together."""

RECURRING = 3
"""Such days from which on it is the universe's way, as where prices are given for members only."""

FEW_LEFT = 0.03
"""Yearly share of names that leave a universe, at the least."""

EXPECTED = 3.0
"""Names that should have left by then, from which on a universe that nobody leaves is survivors."""


def ended_together(examined: Examined) -> Iterator[Finding]:
    """Many names whose last price is on the same day, before the last session."""
    final = len(examined.market.dates) - 1
    ended = examined.last[examined.ever & (examined.last < final - 1)]
    counts = np.bincount(ended, minlength=final + 1)
    shares = counts / np.maximum(examined.alive, 1)
    days = np.flatnonzero((counts >= LEAST_NAMES) & (shares >= TOGETHER))
    severe = len(days) < RECURRING
    for t in days.tolist():
        gone = list(named(examined.market, np.flatnonzero(examined.ever & (examined.last == t))))
        yield Finding(
            rule="ended-together",
            severity="error" if severe or shares[t] >= 0.5 else "warning",
            message=f"{len(gone)} of {int(examined.alive[t])} names have their last price on "
            f"{examined.day(t)} ({some(gone)}), and the prices go on to {examined.day(final)}: "
            "not delistings, but a download that failed.",
            remedy="Fetch these names again.",
            day=examined.day(t),
            figure=float(shares[t]),
        )


def incomplete(examined: Examined) -> Iterator[Finding]:
    """Names that had a price on the last session but one, and lack that of the last."""
    if len(examined.market.dates) < 2:
        return
    before, now = examined.priced[-2], examined.priced[-1]
    lacking = np.flatnonzero(before & ~now)
    share = len(lacking) / max(1, int(before.sum()))
    if len(lacking) < LEAST_NAMES or share < TOGETHER:
        return
    day = examined.day(len(examined.market.dates) - 1)
    yield Finding(
        rule="incomplete",
        severity="error" if share > 0.5 else "warning",
        message=f"{len(lacking)} of {int(before.sum())} names have no price yet on the last "
        f"session, {day}: {some(list(named(examined.market, lacking)))}.",
        remedy="Fetch that day again when it is complete, or set data.end to the day before.",
        day=day,
        figure=share,
    )


def survivors(examined: Examined) -> Iterator[Finding]:
    """A long history in which nobody ever leaves: the names were chosen with hindsight."""
    dates = examined.market.dates
    after = examined.market.frequency.sessions(examined.settings.backtest.delist_after)
    final = len(dates) - 1
    if examined.made_up or (examined.ever & (examined.last < final - after)).any():
        return
    lived = (dates[-1] - dates[examined.first[examined.ever]]) / np.timedelta64(1, "D") / 365.25
    if FEW_LEFT * float(lived.sum()) < EXPECTED:
        return
    names = int(examined.ever.sum())
    yield Finding(
        rule="survivors",
        severity="warning",
        message=f"none of the {names} names is ever delisted between {dates[0]} and {dates[-1]}: "
        "survivors were chosen, which flatters every long portfolio. The active return is less "
        "affected than the Sharpe ratio, not free of it.",
        remedy="Add the names that were delisted since, with their prices up to that day.",
        figure=float(names),
    )
