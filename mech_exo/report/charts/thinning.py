"""Long series at the resolution of a picture: extremes stay, the rest goes."""

from itertools import pairwise

import numpy as np

from mech_exo.data.panel import DateArray, FloatArray, IntArray

TABLE_ROWS = 130
"""Rows that the table behind a long series has at most, where months are few enough."""


def thinned(x: FloatArray, values: FloatArray, buckets: int) -> IntArray:
    """Indices of the points that show a series as well as all of them do.

    Parameters
    ----------
    x
        [T], increasing: places on the axis.
    values
        [T]; NaN is a gap and stays one.
    buckets
        Intervals of equal width; of each stay the first, least, greatest and last point.

    Returns
    -------
    Indices, increasing.
    """
    if len(x) <= 4 * buckets:
        return np.arange(len(x))
    edges = np.linspace(x[0], x[-1], buckets + 1)
    cuts = np.unique(np.concatenate([[0], np.searchsorted(x, edges[1:-1]), [len(x)]]))
    kept: list[int] = []
    for start, end in pairwise(cuts.tolist()):
        part = values[start:end]
        known = np.flatnonzero(~np.isnan(part))
        gaps = np.flatnonzero(np.isnan(part))
        if len(known):
            inner = known[[0, int(part[known].argmin()), int(part[known].argmax()), -1]]
            kept += [start + int(i) for i in inner]
        if len(gaps):
            kept.append(start + int(gaps[0]))
    return np.unique(np.asarray(kept))


def table_dates(dates: DateArray) -> tuple[IntArray, str]:
    """Which of many dates a table shows, and what it says of the others.

    All if there are at most `TABLE_ROWS`; else the last of each month, of each quarter, or of each
    year, the first of these that has at most so many rows (the year's however many).
    """
    if len(dates) <= TABLE_ROWS:
        return np.arange(len(dates)), ""
    months = dates.astype("datetime64[M]").astype(int)
    for every in (1, 3, 12):
        period = months // every
        last = np.flatnonzero(np.append(period[1:] != period[:-1], True))
        if len(last) <= TABLE_ROWS or every == 12:
            break
    name = {1: "month", 3: "quarter", 12: "year"}[every]
    return last, f"Shown is the last date of each {name}; the figure has all {len(dates):,}."
