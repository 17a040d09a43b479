"""Sessions that lie apart as no exchange has them: months left out, weeks moved by a day."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, some
from mech_exo.data.check.finding import Finding

LONGEST_PAUSE = 14
"""Calendar days without a session that a market has had: wars, quakes and New Year took fewer."""

USUAL_PAUSES = 4.0
"""Times the usual distance of two sessions, for markets that are not daily."""

HELD = 0.5
"""Share of the weeks from which on a weekday is one of the market's."""

NAMES = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
WEEKS = ((0, 1, 2, 3, 4), (6, 0, 1, 2, 3), (5, 6, 0, 1, 2))
"""Working weeks that there are, Monday 0: to Friday, Sunday to Thursday, Saturday to Wednesday."""


def pauses(examined: Examined) -> Iterator[Finding]:
    """Long stretches without a session: rows that are missing for all names."""
    if examined.made_up:
        return
    days = examined.market.dates.astype("datetime64[D]").astype(np.int64)
    gaps = np.diff(days)
    if len(gaps) < 2:
        return
    limit = max(float(LONGEST_PAUSE), USUAL_PAUSES * float(np.median(gaps)))
    rows = np.flatnonzero(gaps > limit)
    if not len(rows):
        return
    words = [f"{gaps[t]} days after {examined.day(t)}" for t in rows.tolist()]
    yield Finding(
        rule="pause",
        severity="warning",
        message=f"there is no session for long in {len(rows)} "
        f"{'place' if len(rows) == 1 else 'places'}: {some(words)}. A return over such a gap "
        "counts as that of one session.",
        remedy="Fetch what is missing, or set data.start behind it.",
        day=examined.day(int(rows[0])) if len(rows) == 1 else "",
        figure=float(gaps.max()),
    )


def moved_weeks(examined: Examined) -> Iterator[Finding]:
    """A market of five days a week that are no working week: dates that are a day off."""
    days = examined.market.dates.astype("datetime64[D]").astype(np.int64)
    weeks = (days[-1] - days[0] + 1) / 7.0
    if weeks < 8 or len(days) / weeks < 3.5:
        return
    counts = np.bincount((days + 3) % 7, minlength=7)  # 1970-01-01 was a Thursday; Monday is 0
    held = np.flatnonzero(counts > HELD * weeks).tolist()
    if len(held) != 5 or any(set(held) == set(week) for week in WEEKS):
        return
    missing = [NAMES[day] for day in range(5) if day not in held]
    extra = [NAMES[day] for day in (5, 6) if day in held]
    yield Finding(
        rule="week",
        severity="warning",
        message=f"there are sessions on {' and '.join(extra)} and none on {' and '.join(missing)}: "
        "no exchange has such a week, the dates are probably moved by a day.",
        remedy="Correct the dates; a time in another zone makes the day before or after of them. "
        "Facts would count a day too early or too late.",
        figure=float(counts[held].min() / weeks),
    )
