"""Closes: carried forward, and turned into returns."""

from collections.abc import Iterable

import numpy as np

from mech_exo.data.panel import FloatArray
from mech_exo.system.memory import release


def last_known(close: FloatArray) -> FloatArray:
    """Each day's most recent close.

    Parameters
    ----------
    close
        [T, N]; NaN where there is no price.

    Returns
    -------
    numpy.ndarray
        [T, N]; NaN before the first price of a name. Row t depends on rows up to t only.
    """
    sessions = np.arange(close.shape[0])[:, None]
    row = np.where(np.isnan(close), 0, sessions)
    np.maximum.accumulate(row, axis=0, out=row)
    filled: FloatArray = np.take_along_axis(close, row, axis=0)
    return filled


def last_known_at(close: FloatArray, rows: Iterable[int]) -> dict[int, FloatArray]:
    """Those rows [N] of `last_known`, each under its number, without making all of it."""
    known: dict[int, FloatArray] = {}
    names = np.arange(close.shape[1])
    latest, start = np.full(close.shape[1], np.nan), 0
    for row in sorted(set(rows)):
        part = close[start : row + 1]
        priced = ~np.isnan(part)
        last = len(part) - 1 - np.argmax(priced[::-1], axis=0)
        latest = known[row] = np.where(priced.any(axis=0), part[last, names], latest)
        start = row + 1
        release(close)
    return known


def simple_returns(close: FloatArray) -> FloatArray:
    """Close-to-close simple returns.

    Parameters
    ----------
    close
        [T, N] total-return closes; NaN where there is no price.

    Returns
    -------
    numpy.ndarray
        [T, N]; NaN where there is no price that day or there was none before. The first return
        after a gap spans it: close / last known close − 1.
    """
    returns = np.full(close.shape, np.nan)
    if close.shape[0] > 1:
        returns[1:] = close[1:] / last_known(close)[:-1] - 1.0
    return returns
