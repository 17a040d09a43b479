"""Small panels for the tests of the backtest."""

from typing import Any

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray, Panel


def panel_of(
    returns: Any,
    exposures: Any = None,
    rebalance: Any = None,
    *,
    every: int = 5,
    start: str = "2018-01-01",
    symbols: tuple[str, ...] | None = None,
    tradable: Any = None,
) -> Panel:
    """A panel of given returns [T, N]; scores [M, N, K] by default favour the first names."""
    r = np.asarray(returns, dtype=float)
    sessions, names = r.shape
    rows: IntArray = np.arange(1, sessions, every) if rebalance is None else np.asarray(rebalance)
    z: FloatArray
    if exposures is None:
        z = np.broadcast_to(-np.arange(names, dtype=float)[:, None], (len(rows), names, 1)).copy()
    else:
        z = np.asarray(exposures, dtype=float)
    if z.ndim == 2:
        z = np.broadcast_to(z, (len(rows), *z.shape)).copy()
    dates = np.busday_offset(np.datetime64(start, "D"), np.arange(sessions), roll="forward")
    return Panel(
        dates=dates,
        symbols=symbols or tuple(f"N{i:04d}" for i in range(names)),
        returns=r,
        exposures=z,
        factor_names=tuple(f"f{k}" for k in range(z.shape[2])),
        factor_categories=("technical",) * z.shape[2],
        rebalance=rows,
        tradable=np.isfinite(r[rows]) if tradable is None else np.asarray(tradable),
    )


def random_panel(
    seed: int,
    sessions: int = 120,
    names: int = 12,
    factors: int = 3,
    every: int = 5,
    *,
    volatility: float = 0.03,
    holes: float = 0.02,
    delistings: int = 3,
    unknown: float = 0.1,
    ties: bool = False,
    irregular: bool = False,
) -> Panel:
    """A market with holes, late listings, suspensions, delistings, missing and tied scores.

    The first name is never without a price, so that the data is never stale.
    """
    rng = np.random.default_rng(seed)
    r = np.clip(rng.standard_t(4, (sessions, names)) * volatility, -0.9, 2.0)
    r[rng.random((sessions, names)) < holes] = np.nan
    for i in rng.choice(np.arange(1, names), size=min(delistings, names - 1), replace=False):
        day = int(rng.integers(1, sessions))
        how = rng.random()
        if how < 0.5:
            r[day:, i] = np.nan  # delisted
        elif how < 0.75:
            r[: day + 1, i] = np.nan  # listed late
        else:
            r[day : day + int(rng.integers(2, 25)), i] = np.nan  # suspended
    r[:, 0] = np.where(np.isnan(r[:, 0]), 0.0, r[:, 0])
    r[0] = np.nan
    rows = np.arange(3, sessions, every)
    if irregular:
        others = rng.choice(np.arange(3, sessions), size=len(rows) - 1, replace=False)
        rows = np.append(2, np.sort(others))
    z = rng.standard_normal((len(rows), names, factors))
    z += rng.standard_normal((names, factors)) * 2.0  # so that holdings last
    if ties:
        z = np.round(z)
    z[rng.random(z.shape) < unknown] = np.nan
    return panel_of(r, z, rows)


def suspended_panel(
    seed: int,
    sessions: int = 40,
    names: int = 3,
    every: int = 3,
    *,
    missing: float = 0.5,
    volatility: float = 0.03,
) -> Panel:
    """A market whose names often lack a price just at the executions (a lag of 1).

    Few names, each tradable at every other decision: so that all that a portfolio holds is often
    set aside, and what can be bought has nothing to be bought with.
    """
    rng = np.random.default_rng(seed)
    r = rng.standard_normal((sessions, names)) * volatility
    rows = np.arange(1, sessions, every)
    executed = (rows + 1)[rows + 1 < sessions]
    r[executed] = np.where(rng.random((len(executed), names)) < missing, np.nan, r[executed])
    r[0] = np.nan
    dark = np.flatnonzero(np.isnan(r).all(axis=1))[1:]
    r[dark, rng.integers(0, names, len(dark))] = 0.0  # some name is always priced
    tradable = rng.random((len(rows), names)) < 0.5
    return panel_of(r, rng.standard_normal((len(rows), names, 2)), rows, tradable=tradable)
