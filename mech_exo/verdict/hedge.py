"""What the market model leaves and is no stock picking: styles and sectors of the user's own.

A factor that earns the premium of size, value or a sector ranks stocks, and the verdict counts it.
Hedged against the returns of those premia, what is left is asked again.
"""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray, IntArray, Panel
from mech_exo.data.sector_history import UNKNOWN
from mech_exo.data.tables.file_formats import read_table
from mech_exo.errors import ExoError

FEWEST_NAMES = 3  # of a sector, whose mean is hedged


@dataclass(frozen=True, eq=False)
class Hedge:
    """Returns of premia, one a session.

    Attributes
    ----------
    premia
        [F] what they are called.
    series
        [T, F] simple returns on a panel's dates.
    sectors
        Whether sectors are hedged as well: where the panel knows them.
    """

    premia: tuple[str, ...]
    series: FloatArray
    sectors: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All that is hedged."""
        return (*self.premia, *(["sectors"] if self.sectors else []))

    @classmethod
    def read(cls, path: Path, panel: Panel) -> Self:
        """The hedges of a file: a column `date`, and one of daily returns for each premium.

        Raises
        ------
        ExoError
            Names the line or column that cannot be read, or the first date without a return.
        """
        table = read_table(path)
        day = table.require("the session of the returns", "date")
        names = tuple(name for name in table.columns if name != day)
        if not names:
            raise ExoError(
                f"{path}: has no column of returns beside {day!r}.",
                hint="Give a column of daily returns for each premium: date,size,value.",
            )
        dates, series = table.dates(day), {name: table.numbers(name) for name in names}
        rows = _rows_of(path, dates, panel.dates)
        for name, values in series.items():
            wrong = rows[~np.isfinite(values[rows]) | (values[rows] <= -1.0)]
            if len(wrong):
                raise ExoError(
                    f"{table.where(int(wrong[0]))}: {name} is no return.",
                    hint="Returns are fractions: 0.01 is one per cent.",
                )
        return cls(names, np.column_stack(list(series.values()))[rows], panel.sectors is not None)

    def between(self, start: int, stop: int) -> Self:
        """Those of some dates."""
        return replace(self, series=self.series[start:stop])

    @property
    def sha256(self) -> str:
        """Over names and returns."""
        return hashlib.sha256(repr(self.names).encode() + self.series.tobytes()).hexdigest()

    def left(self, residual: FloatArray, panel: Panel, fewest: int) -> FloatArray:
        """[T, N] what the premia leave of the residuals of the market model.

        Each name's residuals, less its slopes on the premia times their returns (a name with
        fewer than `fewest` returns keeps its own), less the mean of its sector that day.
        """
        rest = residual - self.series @ _slopes(self.series, residual, fewest).T
        return rest - _sector_means(rest, panel) if self.sectors else rest


def _rows_of(path: Path, dates: DateArray, wanted: DateArray) -> IntArray:
    """Positions in `dates` of the `wanted`, which must all be there, once."""
    order = np.argsort(dates, kind="stable")
    twice = np.flatnonzero(dates[order][1:] == dates[order][:-1])
    if len(twice):
        raise ExoError(f"{path}: has {dates[order][int(twice[0])]} twice.")
    at = np.minimum(np.searchsorted(dates[order], wanted), len(dates) - 1)
    found = order[at]
    missing = np.flatnonzero(dates[found] != wanted)
    if len(missing):
        raise ExoError(
            f"{path}: has no returns on {wanted[int(missing[0])]} "
            f"({len(missing)} of {len(wanted)} dates).",
            hint="Give them for every date of the data, or leave verdict.hedge out.",
        )
    return found.astype(np.int64)


def _slopes(series: FloatArray, residual: FloatArray, fewest: int) -> FloatArray:
    """[N, F] of each name's residuals on the series, with an intercept, over its own dates."""
    known = np.isfinite(residual).astype(np.float64)
    filled = np.where(known > 0.0, residual, 0.0)
    scale = _scale(series)
    design = np.column_stack([np.ones(len(series)), (series - series.mean(axis=0)) / scale])
    size = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(series), -1)
    grams = (known.T @ products).reshape(-1, size, size)
    found = (np.linalg.pinv(grams, hermitian=True) @ (filled.T @ design)[:, :, None])[:, 1:, 0]
    return np.where((known.sum(axis=0) >= fewest + size)[:, None], found / scale, 0.0)


def _scale(series: FloatArray) -> FloatArray:
    """[F] so that premia of different size weigh alike in the algebra; 1 for a flat one."""
    deviation = series.std(axis=0)
    return np.where(deviation > 1e-12, deviation, 1.0)


def _sector_means(rest: FloatArray, panel: Panel) -> FloatArray:
    """[T, N] mean of what is left of a name's sector that day; 0 for small or unknown sectors."""
    assert panel.sectors is not None, "sectors are hedged where they are known"
    history = panel.sectors
    known = np.isfinite(rest)
    filled = np.where(known, rest, 0.0)
    means = np.zeros(rest.shape)
    row = np.searchsorted(panel.rebalance, np.arange(len(rest)), side="left") - 1
    for period in np.unique(np.maximum(row, 0)) if history.dated else (0,):
        days = np.maximum(row, 0) == period if history.dated else np.ones(len(rest), dtype=np.bool_)
        code = history.code[period] if history.dated else history.code
        member = (code[:, None] == np.arange(len(history.labels))).astype(np.float64)
        count = known[days] @ member
        mean = filled[days] @ member / np.maximum(count, 1.0)
        hedged = (count >= FEWEST_NAMES) & (np.array(history.labels) != UNKNOWN)
        means[days] = np.where(hedged, mean, 0.0)[:, code]
    return means
