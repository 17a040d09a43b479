"""How names end: one by one as they are delisted, all together in a failed download, or never."""

import math
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

HARDLY = 0.2
"""Share of the names that should have left, up to which hardly anybody has,"""

RARE = 0.001
"""and the chance of so few, if there are some."""


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
    """A long history in which hardly anybody leaves: the names were chosen with hindsight.

    Who leaves a universe of dated members has left, although prices go on.
    """
    market = examined.market
    dates, after = market.dates, market.frequency.sessions(examined.settings.backtest.delist_after)
    counted = examined.member.any(axis=0)
    last = len(dates) - 1 - examined.member[::-1].argmax(axis=0)
    left = int((counted & (last < len(dates) - 1 - after)).sum())
    lived = (dates[last] - dates[examined.member.argmax(axis=0)]) / np.timedelta64(1, "D") / 365.25
    expected = FEW_LEFT * float(lived[counted].sum())
    chance = _chance_of_so_few(left, expected)
    rare = RARE if left else math.exp(-EXPECTED)
    if examined.made_up or left > HARDLY * expected or chance > rare:
        return
    names = int(counted.sum())
    who = f"none of the {names} names is" if not left else f"{left} of the {names} names are"
    yield Finding(
        rule="survivors",
        severity="warning",
        message=f"{'' if not left else 'only '}{who} ever delisted between {dates[0]} and "
        f"{dates[-1]}: survivors were chosen, which flatters every long portfolio. The active "
        "return is less affected than the Sharpe ratio, not free of it.",
        remedy="Add the names that were delisted since, with their prices up to that day.",
        figure=float(names),
    )


def _chance_of_so_few(left: int, expected: float) -> float:
    """P(N ≤ left) of a Poisson number N of names that leave."""
    if expected <= 0.0:
        return 1.0
    logs = (k * math.log(expected) - expected - math.lgamma(k + 1.0) for k in range(left + 1))
    return math.fsum(math.exp(log) for log in logs)
