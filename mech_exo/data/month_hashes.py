"""A short hash of each calendar month of prices, so that a difference is known to the month."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from mech_exo.data.digest import digest_of
from mech_exo.data.panel import DateArray, FloatArray

DIGITS = 4  # of a month's hash: it only helps to find the month, `prices` decides
GAP = "-" * DIGITS


def month_hashes(dates: DateArray, returns: FloatArray) -> str:
    """A short hash of each calendar month's dates and returns, from the first month on."""
    if not len(dates):
        return ""
    month = dates.astype("datetime64[M]").astype(np.int64)
    cuts = [0, *(np.flatnonzero(np.diff(month)) + 1).tolist(), len(dates)]
    digits = {
        int(month[a]): digest_of(dates[a:b], returns[a:b])[:DIGITS] for a, b in pairwise(cuts)
    }
    every = range(int(month[0]), int(month[-1]) + 1)
    first = str(dates[0].astype("datetime64[M]"))
    return f"{first} {''.join(digits.get(m, GAP) for m in every)}"


def _by_month(text: str) -> dict[str, str]:
    """Month -> its short hash, of those that have a session."""
    first, _, digits = text.partition(" ")
    try:
        start = np.datetime64(first, "M")
    except ValueError:  # edited by hand
        return {}
    found = {}
    for i in range(len(digits) // DIGITS):
        part = digits[i * DIGITS : (i + 1) * DIGITS]
        if part != GAP:
            found[str(start + np.timedelta64(i, "M"))] = part
    return found


def month_differences(old: str, new: str) -> Iterator[str]:
    """Differences of prices, to the month."""
    before, after = _by_month(old), _by_month(new)
    for months, word in (
        ([m for m in after if m not in before], "new"),
        ([m for m in before if m not in after], "gone"),
    ):
        if months:
            yield f"prices of {_span(months)} are {word}"
    common = [m for m in before if m in after]
    changed = [m for m in common if before[m] != after[m]]
    if not changed:
        return
    if len(changed) == 1 and common[-1] != changed[0]:
        yield f"prices differ in the month {changed[0]}"
    elif changed == common[-len(changed) :]:
        yield f"prices differ from the month {changed[0]} on"
    else:
        yield f"prices differ in {len(changed)} months, from {changed[0]} to {changed[-1]}"


def _span(months: list[str]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
