"""Factors that say nothing, or nothing any more."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mech_exo.data.check.examined import Examined, in_percent
from mech_exo.data.check.finding import Finding, Severity
from mech_exo.data.panel import BoolArray, FloatArray, IntArray
from mech_exo.data.scores import computed, factor_categories, raw_values

LEAST_SHARE = 0.05
"""Of the names with a price, over all dates, under which a factor is hardly there."""

HALVED = 0.5
"""Of a factor's usual share, under which it has fallen off."""

STILL = 6
"""Dates in a row on which no value is new, from which on a feed may have stopped."""

LONGER = 3
"""How many times as long as ever before that must have lasted."""

LEAST_NAMES = 5
"""Names of a universe of which a factor must know more than one."""

REMEDY = "Check its symbols, dates and values, or leave its table out."


def coverage(examined: Examined) -> Iterator[Finding]:
    """Factors from tables: unknown, constant or of one name on all dates, or known no longer."""
    rows = coverage_rows(examined)
    priced = examined.member[rows]
    for name in factor_categories(examined.market):
        if not computed(examined.market, name):
            yield from _of_factor(examined, Known.of(examined, name, rows, priced))


def coverage_rows(examined: Examined) -> IntArray:
    """The dates on which a portfolio is decided, and the last session."""
    last = len(examined.market.dates) - 1
    return np.unique(np.append(examined.decisions, last))


@dataclass(frozen=True, eq=False)
class Known:
    """A factor's values on some dates.

    Attributes
    ----------
    rows, values
        [M] and [M, N]; NaN where the value is unknown or the name has no price.
    shares
        [M] share of the names with a price for which it is known.
    """

    name: str
    rows: IntArray
    values: FloatArray
    shares: FloatArray

    @classmethod
    def of(cls, examined: Examined, name: str, rows: IntArray, priced: BoolArray) -> "Known":
        """The factor `name` as it was known on these sessions."""
        age = examined.settings.data.max_age_days
        raw = raw_values(examined.market, name, rows, age, in_force=examined.in_force)
        values = np.where(priced & np.isfinite(raw), raw, np.nan)
        counts = np.count_nonzero(~np.isnan(values), axis=1)
        return cls(name, rows, values, counts / np.maximum(priced.sum(axis=1), 1))

    @property
    def counts(self) -> IntArray:
        """[M] names for which it is known."""
        counts: IntArray = np.count_nonzero(~np.isnan(self.values), axis=1)
        return counts

    @property
    def spread(self) -> bool:
        """Whether two names differ on some date."""
        some = self.values[self.counts > 1]
        return len(some) > 0 and bool((np.nanmax(some, axis=1) > np.nanmin(some, axis=1)).any())


def _of_factor(examined: Examined, known: Known) -> Iterator[Finding]:
    """At most one finding: the first thing that is wrong."""
    share, most = float(known.shares.mean()), int(known.counts.max())
    if most == 0:
        words = "is known for no name on any date on which a portfolio is decided"
        yield _finding(known, "error", "coverage", words, 0.0)
    elif most == 1 and len(examined.market.symbols) >= LEAST_NAMES:
        words = "is never known for more than one name, so that it ranks nothing"
        yield _finding(known, "error", "one-name", words, 1.0)
    elif most > 1 and not known.spread:
        words = "is the same for all names on every date, so that it ranks nothing"
        yield _finding(known, "error", "constant", words, 0.0)
    elif share < LEAST_SHARE:
        words = f"is known for {in_percent(share, 1)} of the names and dates"
        yield _finding(known, "warning", "coverage", words, share)
    else:
        yield from _fallen_off(examined, known)


def _fallen_off(examined: Examined, known: Known) -> Iterator[Finding]:
    """A factor that was known until lately."""
    before = known.shares[:-1]
    usual = float(np.percentile(before, 75.0)) if len(before) else 0.0
    now, day = float(known.shares[-1]), examined.day(int(known.rows[-1]))
    if usual < LEAST_SHARE or now >= HALVED * usual:
        yield from _stands_still(examined, known)
        return
    yield _finding(
        known,
        "error" if now == 0.0 else "warning",
        "fell-off",
        f"is known for {in_percent(now)} of the names on the last session, {day}, and for "
        f"{in_percent(usual)} before: its feed has stopped",
        now,
        "Fetch its table again, or set data.end to the day until which it goes.",
    )


def _stands_still(examined: Examined, known: Known) -> Iterator[Finding]:
    """A factor of which the last values stand, since nothing came after them."""
    old, new = known.values[:-1], known.values[1:]
    news = ((old != new) & ~np.isnan(new)).any(axis=1)
    fresh = np.flatnonzero(news)
    if not len(fresh):
        return
    still = len(news) - 1 - int(fresh[-1])
    longest = int(np.diff(fresh).max()) if len(fresh) > 1 else len(news)
    if still < STILL or still < LONGER * longest:
        return
    day = examined.day(int(known.rows[fresh[-1] + 1]))
    words = f"has had no new value for any name since {day}, {still} dates of decision: its feed "
    yield _finding(known, "warning", "fell-off", f"{words}has stopped", float(still))


def _finding(
    known: Known, severity: Severity, rule: str, words: str, figure: float, remedy: str = REMEDY
) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        message=f"{known.name} {words}.",
        remedy=remedy,
        subject=known.name,
        figure=figure,
    )
