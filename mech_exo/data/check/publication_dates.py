"""Whether dates of publication can be such: accounts come out weeks after their period ends."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mech_exo.data.catalogue import DEFAULT_FACTORS
from mech_exo.data.check.examined import Examined, in_percent, some
from mech_exo.data.check.finding import Finding, Severity
from mech_exo.data.market import Market, Vintage
from mech_exo.data.panel import DateArray

LEAST_ROWS = 8
"""Values from which on a table can be judged."""

QUARTERLY = 60.0
"""Days between two periods of a name, from which on they are quarters or years."""

SOONEST = 10.0
"""Days after a period's end before which half of all accounts are not published."""

TYPICAL = 45.0
"""Days of delay from which on publication at the ends of months is a cautious assumption."""

AT_ENDS = 0.9
"""Share of dates at the end of a month that no publication has."""

ON_ONE_DAY = 0.5
"""Share of a history that is public on one and the same day."""

_PUBLISHED = "Give available_date: the day on which the value was published or filed."


@dataclass(frozen=True, eq=False)
class _Table:
    """Fields that have their dates in common: those of one table."""

    fields: tuple[str, ...]
    vintage: Vintage

    @property
    def subject(self) -> str:
        """The field that a finding is named by."""
        return self.fields[0]


def publication(examined: Examined) -> Iterator[Finding]:
    """Quarterly or yearly values that are used from the end of their period on, or days later."""
    for table in tables_of(examined.market):
        vintage = table.vintage
        if len(vintage.value) < LEAST_ROWS or _spacing(vintage) < QUARTERLY:
            continue
        delay = (vintage.available - vintage.period_end) / np.timedelta64(1, "D")
        found = _doubt(vintage.available, float(np.median(delay)))
        if found:
            yield Finding(
                rule="publication",
                severity=_severity(examined.market, table.fields),
                message=f"{some(table.fields)}: {found}.",
                remedy=_PUBLISHED,
                subject=table.subject,
                figure=float(np.median(delay)),
            )


def _doubt(available: DateArray, median: float) -> str:
    """Why the dates are not those of a publication; "" if they can be."""
    ends = float(_ends_month(available).mean())
    if median == 0.0:
        # dates of publication that stand for the period too: only the ends of months betray it
        words = f"{in_percent(ends)} of the dates are ends of months: period ends, not publications"
        return words if ends >= AT_ENDS else ""
    if 0.0 < median < SOONEST:
        return (
            f"half of the values are public within {median:.0f} days of the end of their "
            "quarter or year"
        )
    if ends >= AT_ENDS and median < TYPICAL:
        return f"{in_percent(ends)} of the dates of publication are ends of months"
    return ""


def yet_to_come(examined: Examined) -> Iterator[Finding]:
    """Values that are public after today: nobody can know them, and no backtest will use them."""
    tomorrow = np.datetime64(examined.today, "D") + np.timedelta64(1, "D")
    for table in () if examined.made_up else tables_of(examined.market):
        late = table.vintage.available[table.vintage.available > tomorrow]
        if not len(late):
            continue
        yield Finding(
            rule="future-values",
            severity="warning",
            message=f"{some(table.fields)}: {len(late)} of {len(table.vintage.value)} values are "
            f"public after today, {examined.today}, the last on {late.max()}: they are never used.",
            remedy="Correct available_date.",
            subject=table.subject,
            figure=float(len(late)),
        )


def backfilled(examined: Examined) -> Iterator[Finding]:
    """A history of many periods that all became public on one day."""
    for table in tables_of(examined.market):
        vintage = table.vintage
        days, counts = np.unique(vintage.available, return_counts=True)
        if len(vintage.value) < LEAST_ROWS or counts.max() <= ON_ONE_DAY * len(vintage.value):
            continue
        day = days[int(np.argmax(counts))]
        periods = len(np.unique(vintage.period_end[vintage.available == day]))
        if periods < 4:
            continue
        share = float(counts.max()) / len(vintage.value)
        yield Finding(
            rule="backfilled",
            severity="warning",
            message=f"{some(table.fields)}: {in_percent(share)} of the values, of {periods} "
            f"periods, are public on one day, {day}: before it next to nothing is known.",
            remedy=_PUBLISHED,
            subject=table.subject,
            figure=share,
        )


def tables_of(market: Market) -> Iterator[_Table]:
    """The fields by their dates: the columns of one table have them in common."""
    groups: list[tuple[list[str], Vintage]] = []
    for name, vintage in market.vintages.items():
        same = next((names for names, other in groups if _same_dates(other, vintage)), None)
        if same is None:
            groups.append(([name], vintage))
        else:
            same.append(name)
    return (_Table(tuple(names), vintage) for names, vintage in groups)


def _same_dates(one: Vintage, other: Vintage) -> bool:
    pairs = (one.available, other.available), (one.period_end, other.period_end)
    return all(mine is theirs or np.array_equal(mine, theirs) for mine, theirs in pairs)


def _spacing(vintage: Vintage) -> float:
    """Median days between two periods of a name; 0 if no name has two."""
    order = np.lexsort((vintage.period_end, vintage.symbol))
    symbol, period = vintage.symbol[order], vintage.period_end[order]
    steps = np.diff(period) / np.timedelta64(1, "D")
    steps = steps[(np.diff(symbol) == 0) & (steps > 0.0)]
    return float(np.median(steps)) if len(steps) else 0.0


def _ends_month(dates: DateArray) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Whether a day is the last of its month, or its last weekday."""
    days = dates.astype("datetime64[D]")
    following = days.astype("datetime64[M]") + np.timedelta64(1, "M")
    last = following.astype("datetime64[D]") - np.timedelta64(1, "D")
    ends: np.ndarray[tuple[int], np.dtype[np.bool_]] = (days == last) | (
        days == np.busday_offset(last, 0, roll="backward")
    )
    return ends


def is_fundamental(market: Market, field: str) -> bool:
    """Whether a field is of accounts, as far as it is stated or known by name."""
    return market.categories.get(field, DEFAULT_FACTORS.get(field, "")) == "fundamental"


def _severity(market: Market, names: tuple[str, ...]) -> Severity:
    return "error" if any(is_fundamental(market, name) for name in names) else "warning"
