"""Values of a factor that are no measurements: codes for "unknown", slips, one value for ever."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, in_percent
from mech_exo.data.check.factor_coverage import coverage_rows
from mech_exo.data.check.finding import Finding
from mech_exo.data.panel import FloatArray
from mech_exo.data.scores import computed, factor_categories, raw_values

FAR = 20.0
"""Times the middle half's width, which a code lies from the middle."""

OFTEN = 0.01
"""Share of the values which are one and the same code."""

BEYOND = 1e6
"""Times the middle half's width, which no measurement lies from the middle."""

LEAST_VALUES, LEAST_NAMES, LEAST_DATES = 100, 5, 6


def implausible(examined: Examined) -> Iterator[Finding]:
    """One finding for each factor from a table whose values cannot all be meant."""
    rows = coverage_rows(examined)
    for name in factor_categories(examined.market):
        if computed(examined.market, name):
            continue
        age = examined.settings.data.max_age_days
        values = raw_values(examined.market, name, rows, age, in_force=examined.in_force)
        values = np.where(examined.priced[rows] & np.isfinite(values), values, np.nan)
        yield from _of_factor(name, values)


def _of_factor(name: str, values: FloatArray) -> Iterator[Finding]:
    known = values[~np.isnan(values)]
    if len(known) < LEAST_VALUES:
        return
    low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
    width = float(high - low)
    code = _code(known, float(middle), width)
    far = known[np.argmax(np.abs(known - middle))]
    if code is not None:
        share = float(np.mean(known == code))
        words = f"is {code:g} in {in_percent(share, 1)} of the cases, far from all other values"
        remedy = "If that stands for unknown, leave the cells empty."
        yield _finding(name, "code", words, remedy, code)
    elif width > 0.0 and abs(far - middle) > BEYOND * width:
        words = f"is {far:g} once, where half of its values lie between {low:g} and {high:g}"
        yield _finding(name, "outlier", words, "Correct the value, or leave its cell empty.", far)
    elif _never_changes(values):
        words = "never changes for any name: its first values may have been repeated"
        remedy = "Give each value with the date on which it became public."
        yield _finding(name, "unchanging", words, remedy, 0.0)


def _code(known: FloatArray, middle: float, width: float) -> float | None:
    """The lowest or highest value, if it is a code: frequent, and nothing else is near it."""
    for value in (float(known.min()), float(known.max())) if width > 0.0 else ():
        apart = abs(value - middle)
        others = known[known != value]
        alone = len(others) > 0 and float(np.abs(others - value).min()) > 0.5 * apart
        if apart > FAR * width and alone and len(known) - len(others) >= OFTEN * len(known):
            return value
    return None


def _never_changes(values: FloatArray) -> bool:
    """Whether each name has one value on all dates, and names differ."""
    counts = np.count_nonzero(~np.isnan(values), axis=0)
    often = values[:, counts >= LEAST_DATES]
    if often.shape[1] < LEAST_NAMES:
        return False
    return bool((np.nanmax(often, axis=0) == np.nanmin(often, axis=0)).all())


def _finding(name: str, rule: str, words: str, remedy: str, figure: float) -> Finding:
    return Finding(
        rule=rule,
        severity="warning",
        message=f"{name} {words}.",
        remedy=remedy,
        subject=name,
        figure=float(figure),
    )
