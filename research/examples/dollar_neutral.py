"""Dollar-neutral and sector-neutral: in each sector as much is bought as is sold short.

Scores are compared within a sector only, so that no sector is bet on, and the portfolio is worth
nothing in all: what it earns is what the better names earn over the worse ones. It is measured
against cash. Where sectors are not known (data.sectors) all names count as one.

    exo optuna-run --objective research/examples/dollar_neutral.py --benchmark cash \
        --study-name dollar_neutral
    exo leakcheck --objective research/examples/dollar_neutral.py

What selling short costs is in the settings (backtest.borrow_cost, backtest.short_rebate).
"""

import numpy as np

MAX_DRAWDOWN_THRESHOLD = 0.25  # largest loss from a peak, a fraction
VOLATILITY_THRESHOLD = 0.25  # standard deviation of returns, a year


def construct(scores, ctx, params):
    """Weights in proportion to a power of the distance from the sector's mean, [G, N]."""
    ranked = ~np.isnan(scores)
    left = np.where(ranked, scores, 0.0)
    for sector in np.unique(ctx.sectors):
        inside = ranked & (ctx.sectors == sector)
        left -= np.where(inside, mean(left, inside), 0.0)
    strength = np.sign(left) * np.abs(left) ** params["power"]
    for sector in np.unique(ctx.sectors):  # as much on either side of each sector
        inside = ranked & (ctx.sectors == sector)
        long, short = (np.where(inside & (s * strength > 0.0), strength, 0.0) for s in (1.0, -1.0))
        sides = long.sum(axis=1, keepdims=True), -short.sum(axis=1, keepdims=True)
        smaller = np.minimum(*sides)
        for side, size in zip((long, short), sides, strict=True):
            strength += side * (smaller / np.where(size > 0.0, size, 1.0) - 1.0)
    gross = np.abs(strength).sum(axis=1, keepdims=True)
    return (1.0 - params["cash_pct"]) * strength / np.where(gross > 0.0, gross, 1.0)


def mean(values, inside):
    """The mean of some of the values of each date, [G, 1]."""
    total = np.where(inside, values, 0.0).sum(axis=1, keepdims=True)
    return total / np.maximum(inside.sum(axis=1, keepdims=True), 1)


def suggest_factor_weights(trial):
    """Weights of the factors, and how much more the best names count than the good ones."""
    for factor in ("pe_ratio", "return_on_equity", "momentum_12_1", "volatility_ratio"):
        trial.suggest_float(f"weight_{factor}", -1.0, 1.0)
    trial.suggest_float("power", 0.5, 3.0)
