"""Where an axis has its ticks: round numbers, powers, the beginnings of months and years."""

import math
from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray
from mech_exo.report.charts.chart_units import ChartUnit


@dataclass(frozen=True)
class Tick:
    """A place on an axis, in its own units (dates: days since 1970), and what is written there."""

    at: float
    label: str


def number_ticks(low: float, high: float, about: int, unit: ChartUnit) -> list[Tick]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten, within `low` and `high`."""
    step = round_step((high - low) * unit.factor / max(about, 1)) / unit.factor
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [Tick(i * step, unit.tick(i * step, step)) for i in range(first, last + 1)]


def round_step(raw: float) -> float:
    """The least of 1, 2, 2.5, 5 times a power of ten that is not below `raw`; 1 for 0."""
    if not raw > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= raw * (1 - 1e-9)) * power


def log_ticks(low: float, high: float, about: int, unit: ChartUnit) -> list[Tick]:
    """Round numbers between two positive ones on an axis of ratios."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 1.5, 2, 3, 4, 5, 6, 8), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        found = [m * 10.0**d for d in decades for m in digits if low <= m * 10.0**d <= high]
        if len(found) <= max(about, 2):
            break
    if len(found) < 2:
        return number_ticks(low, high, about, unit)
    return [Tick(at, unit.tick(at, _unit_of(at))) for at in found]


def _unit_of(value: float) -> float:
    """The last digit of a round number with one or two digits."""
    power = float(10.0 ** math.floor(math.log10(value) + 1e-9))
    return power if abs(value / power - round(value / power)) < 1e-6 else power / 10


_SPANS = ((1, "M"), (2, "M"), (3, "M"), (4, "M"), *((n, "Y") for n in (1, 2, 5, 10, 20, 50)))


def date_ticks(dates: DateArray, about: int) -> list[Tick]:
    """Beginnings of months or years between the first and the last of `dates`."""
    first, last = dates.min(), dates.max()
    if (last - first).astype(int) < 45:
        days = np.linspace(0, (last - first).astype(int), min(about, 4)).astype(int)
        return [_day(first + d, str(first + d)) for d in np.unique(days)]
    for count, kind in _SPANS:
        found = _beginnings(first, last, count, kind)
        room = max(about, 2) if kind == "Y" else max(0.7 * about, 2)  # "2020-07" is longer
        if len(found) <= room:
            break
    years = len({str(date)[:4] for date in found})
    return [_day(d, str(d)[: 4 if kind == "Y" or len(found) == years else 7]) for d in found]


def _beginnings(
    first: np.datetime64, last: np.datetime64, count: int, kind: str
) -> list[np.datetime64]:
    months = np.arange(
        first.astype("datetime64[M]"), last.astype("datetime64[M]") + np.timedelta64(1, "M")
    )
    since = months.astype(int)
    every = months[since % count == 0] if kind == "M" else months[_yearly(since, count)]
    starts = every.astype("datetime64[D]")
    return list(starts[(starts >= first) & (starts <= last)])


def _yearly(months: FloatArray, count: int) -> FloatArray:
    wanted: FloatArray = (months % 12 == 0) & ((1970 + months // 12) % count == 0)
    return wanted


def _day(date: np.datetime64, label: str) -> Tick:
    return Tick(float(date.astype("datetime64[D]").astype(int)), label)
