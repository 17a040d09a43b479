"""A small panel whose link between scores and returns is known."""

import numpy as np

from mech_exo.data.panel import Panel


def small_panel(
    seed: int = 0,
    *,
    sessions: int = 600,
    names: int = 30,
    factors: int = 3,
    step: int = 21,
    premium: float = 0.0,
) -> Panel:
    """Factor 0 earns `premium` a year for each standard score; the others earn nothing."""
    generator = np.random.default_rng(seed)
    rebalance = np.arange(60, sessions - 1, step)
    exposures = generator.standard_normal((len(rebalance), names, factors))
    exposures -= exposures.mean(axis=1, keepdims=True)
    exposures /= exposures.std(axis=1, keepdims=True)
    market = 0.0004 + 0.01 * generator.standard_normal(sessions)
    beta = 1.0 + 0.3 * generator.standard_normal(names)
    risk = 0.01 * np.exp(0.4 * generator.standard_normal(names))
    returns = market[:, None] * beta + risk * generator.standard_normal((sessions, names))
    for m, t in enumerate(rebalance):
        stop = rebalance[m + 1] + 2 if m + 1 < len(rebalance) else sessions
        returns[t + 2 : stop] += premium / 252 * exposures[m, :, 0]
    return Panel(
        dates=np.datetime64("2015-01-01") + np.arange(sessions),
        symbols=tuple(f"S{i:03d}" for i in range(names)),
        returns=returns,
        exposures=exposures,
        factor_names=tuple(f"f{k}" for k in range(factors)),
        factor_categories=("test",) * factors,
        rebalance=rebalance,
        tradable=np.ones((len(rebalance), names), dtype=np.bool_),
        source="small",
    )
