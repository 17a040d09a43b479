"""Which factor ranked what followed: information coefficients by year, and what they share."""

from dataclasses import dataclass

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray
from mech_exo.tearsheet.parts.courses import no_backtest
from mech_exo.tearsheet.parts.missing import Missing
from mech_exo.tearsheet.reported import Reported
from mech_exo.verdict.evidence import robust_t


@dataclass(frozen=True, eq=False)
class FactorCoefficients:
    """In sample, of blocks of a month.

    Attributes
    ----------
    factors, mean, t
        [K] names, mean coefficient, and its t-statistic.
    years, by_year
        [Y] calendar years, and [Y, K] the mean of the blocks that begin in them; NaN where there
        is none.
    correlation
        [K, K] of the coefficients, block by block; NaN where that is not defined.
    blocks
        How many there are.
    left_out
        Factors with too little data, or whose scores depend on a parameter.
    """

    factors: tuple[str, ...]
    mean: FloatArray
    t: FloatArray
    years: IntArray
    by_year: FloatArray
    correlation: FloatArray
    blocks: int
    left_out: tuple[str, ...]


def factor_coefficients(reported: Reported) -> FactorCoefficients | Missing:
    """What the verdict's own test of the factors stands on."""
    runs = reported.runs
    if runs is None:
        return no_backtest(reported)
    if runs.searches is None:
        return Missing("The file does not say which search it comes from.")
    found = runs.searches.factor_blocks()
    if not found.names:
        return Missing("No factor has scores on half of the dates.")
    table, years = found.table, found.days.astype("datetime64[Y]").astype(np.int64) + 1970
    known = [column[np.isfinite(column)] for column in table.T]
    calendar = np.unique(years)
    return FactorCoefficients(
        factors=found.names,
        mean=np.array([v.mean() for v in known]),
        t=np.array([robust_t(v) for v in known]),
        years=calendar,
        by_year=np.array([[_mean(c[years == y]) for c in table.T] for y in calendar]),
        correlation=_correlation(table),
        blocks=len(table),
        left_out=found.left_out,
    )


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _correlation(table: FloatArray) -> FloatArray:
    """Of each two columns, over the rows that have both."""
    count = table.shape[1]
    found = np.full((count, count), np.nan)
    for i in range(count):
        for j in range(count):
            both = np.isfinite(table[:, i]) & np.isfinite(table[:, j])
            x, y = table[both, i], table[both, j]
            if len(x) > 2 and x.std() > 0.0 and y.std() > 0.0:
                found[i, j] = 1.0 if i == j else float(np.corrcoef(x, y)[0, 1])
    return found
