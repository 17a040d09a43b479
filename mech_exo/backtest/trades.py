"""The trades behind a path: what was bought and sold at each execution, and by stops."""

from dataclasses import dataclass

import numpy as np

from mech_exo.backtest.result import BacktestResult
from mech_exo.data.panel import FloatArray, IntArray

SMALLEST = 1e-12  # a smaller change of a share is a rounding error


@dataclass(frozen=True, eq=False)
class Trades:
    """Every trade of a path, by date.

    Attributes
    ----------
    date, name
        [E] position in the panel's dates, and in its symbols.
    before, after
        [E] share of the portfolio at that close, before and after the trade; below 0 for what is
        sold short. What a short pays for that session is not taken off the portfolio before it.
    reason
        [E] `rebalance`, `stop` or `delisting`.
    """

    date: IntArray
    name: IntArray
    before: FloatArray
    after: FloatArray
    reason: tuple[str, ...]


def trades_of(result: BacktestResult, returns: FloatArray, executed: IntArray) -> Trades:
    """The trades of a path.

    Parameters
    ----------
    result
        Of the panel's kernel.
    returns
        [T, N] of the panel.
    executed
        [G] positions of the executions in the panel's dates.
    """
    rows: list[tuple[int, int, float, float, str]] = []
    positions = result.positions
    exits = positions.exit_date + result.first
    for g, holdings in enumerate(positions.holdings):
        at = int(executed[g])
        before = np.zeros(len(holdings))
        if g:
            before = _drifted(result, returns, executed, g - 1, at)
        changed = np.flatnonzero(np.abs(holdings - before) > SMALLEST)
        rows += [(at, n, before[n], holdings[n], "rebalance") for n in changed.tolist()]
        stop = int(executed[g + 1]) if g + 1 < len(positions.holdings) else len(returns)
        for e in np.flatnonzero((exits >= at) & (exits < stop)).tolist():
            day, name = int(exits[e]), int(positions.exit_name[e])
            held = holdings if day == at else _drifted(result, returns, executed, g, day)
            rows.append((day, name, float(held[name]), 0.0, positions.exit_reason[e]))
    rows.sort(key=lambda row: row[:2])
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    return Trades(
        date=np.array(columns[0], dtype=np.int64),
        name=np.array(columns[1], dtype=np.int64),
        before=np.array(columns[2], dtype=np.float64),
        after=np.array(columns[3], dtype=np.float64),
        reason=tuple(str(word) for word in columns[4]),
    )


def _drifted(
    result: BacktestResult, returns: FloatArray, executed: IntArray, segment: int, day: int
) -> FloatArray:
    """[N] shares at the close of `day`, before any trade of that day, in a segment's portfolio."""
    positions = result.positions
    begin = int(executed[segment])
    factor = np.where(np.isfinite(returns[begin + 1 : day + 1]), returns[begin + 1 : day + 1], 0.0)
    exits = positions.exit_date + result.first
    gone = positions.exit_name[(exits >= begin) & (exits < day)]
    units = positions.holdings[segment] * np.prod(1.0 + factor[:-1], axis=0)
    units[gone] = 0.0
    gross = float(np.abs(units).sum())
    if gross <= 0.0:
        return np.zeros(len(units))
    shares = units / gross * float(result.gross_exposure[day - 1 - result.first])
    moved: FloatArray = shares * (1.0 + factor[-1]) / (1.0 + float(shares @ factor[-1]))
    return moved
