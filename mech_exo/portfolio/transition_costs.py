"""What is left after paying for the trades from one portfolio to another."""

import numpy as np

from mech_exo.data.panel import FloatArray


def trade_scale(cost: float, target: FloatArray, held: FloatArray) -> float:
    """Solve x = 1 − c·Σ|w·x − h|: the self-financing rule of docs/conventions.md.

    Parameters
    ----------
    cost
        c, of one unit of value traded; below 1.
    target, held
        [N] shares of the portfolio's value wanted and held, below 0 for what is sold short.

    Returns
    -------
    float
        x, the value after trading over the value before: the largest solution. −inf if there is
        none; 0 or less where trading costs more than there is.

    Notes
    -----
    As `backtest.costs.self_financing`, for targets that differ from name to name: Newton's step
    on a convex piecewise linear function comes down from 1 and ends after finitely many steps.
    """
    x = 1.0
    while True:
        bought = target * x > held
        fixed = float(held[~bought].sum() - held[bought].sum())
        slope = float(target[bought].sum() - target[~bought].sum())
        if 1.0 + cost * slope <= 0.0:  # it only falls from here on
            return -np.inf
        following = (1.0 - cost * fixed) / (1.0 + cost * slope)
        if not following < x:  # at the solution; rounding alone may lift a step
            return x
        x = following
        if not np.isfinite(x):
            raise ValueError("shares must be finite")
