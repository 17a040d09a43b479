"""Sessions that are none: thin ones, weekends, and days that have not come yet."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, some
from mech_exo.data.check.finding import Finding
from mech_exo.data.panel import IntArray

LEAST_NAMES = 5
"""Names that are alive on a session which can be thin."""

THIN = 0.5
"""Share of the usual names under which a session is thin."""

AROUND = 10
"""Sessions on each side that say how many names are usual."""

RARE_WEEKENDS = 0.05
"""Share of sessions on weekends up to which the market otherwise trades on weekdays."""


def thin(examined: Examined) -> Iterator[Finding]:
    """Sessions on which most names lack a price; an error where a portfolio is decided on one."""
    rows = _thin_rows(examined)
    decisive = np.intersect1d(rows, examined.decisions)
    for t in decisive.tolist():
        count = int(examined.counts[t])
        yield Finding(
            rule="thin",
            severity="error",
            message=f"only {count} of {int(examined.alive[t])} names have a price on "
            f"{examined.day(t)}, and a portfolio is decided on that day.",
            remedy="Fetch that day again, or remove its rows.",
            day=examined.day(t),
            figure=count / float(examined.alive[t]),
        )
    rest = np.setdiff1d(rows, decisive)
    if len(rest):
        shares = examined.counts[rest] / examined.alive[rest]
        days = [
            f"{examined.day(t)} ({examined.counts[t]} of {examined.alive[t]})"
            for t in rest.tolist()
        ]
        yield Finding(
            rule="thin",
            severity="warning",
            message=f"fewer than half of the usual names have a price on {len(rest)} "
            f"{'session' if len(rest) == 1 else 'sessions'}: {some(days)}.",
            remedy="Fetch those days again, or remove their rows.",
            day=examined.day(int(rest[0])) if len(rest) == 1 else "",
            figure=float(shares.min()),
        )


def _thin_rows(examined: Examined) -> IntArray:
    """Sessions with fewer than half of the names alive, and than half of those around them.

    Where names seldom trade their number varies by chance, and four standard deviations count.
    """
    counts, alive = examined.counts, examined.alive
    suspects = np.flatnonzero((counts < THIN * alive) & (alive >= LEAST_NAMES))
    kept = []
    for t in suspects.tolist():
        usual = float(np.median(counts[max(0, t - AROUND) : t + AROUND + 1]))
        share = min(1.0, usual / float(alive[t]))
        chance = 4.0 * np.sqrt(float(alive[t]) * share * (1.0 - share))
        if counts[t] < THIN * usual and counts[t] < usual - chance:
            kept.append(t)
    return np.array(kept, dtype=np.int64)


def weekend(examined: Examined) -> Iterator[Finding]:
    """A few sessions on Saturdays or Sundays, in a market that trades on weekdays."""
    dates = examined.market.dates.astype("datetime64[D]")
    weekday = (dates.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    rows = np.flatnonzero(weekday >= 5)
    if not len(rows) or len(rows) > RARE_WEEKENDS * len(dates):
        return
    yield Finding(
        rule="weekend",
        severity="warning",
        message=f"{len(rows)} of {len(dates)} sessions are on a Saturday or Sunday: "
        f"{some([examined.day(t) for t in rows.tolist()])}.",
        remedy="Remove those rows, unless the exchange was open.",
        day=examined.day(int(rows[0])) if len(rows) == 1 else "",
        figure=float(len(rows)),
    )


def future(examined: Examined) -> Iterator[Finding]:
    """Sessions after today; one day is allowed, for it is tomorrow elsewhere."""
    if examined.made_up:
        return
    dates = examined.market.dates
    rows = np.flatnonzero(dates > np.datetime64(examined.today, "D") + np.timedelta64(1, "D"))
    if len(rows):
        day = examined.day(int(rows[0]))
        yield Finding(
            rule="future",
            severity="error",
            message=f"{len(rows)} of {len(dates)} sessions are after today, {examined.today}: "
            f"{some([examined.day(t) for t in rows.tolist()])}.",
            remedy="Correct the dates, or set data.end to the last day that has been.",
            day=day,
            figure=float(len(rows)),
        )
