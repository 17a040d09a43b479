"""Trading costs that the portfolio pays itself.

Here the equation is solved for names of one target weight; for weights of their own, and with an
impact that grows with the trade, in `trading.py`. The rates stand in the settings
(`backtest.commission_bps`, …). What borrowing a short costs accrues in `leg_units.py`.
"""

from collections.abc import Callable

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray

# of a target value [G]: how many names hold less than that, and Σ of what those hold
Below = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


def self_financing(
    cost: float,
    weight: FloatArray,
    names: IntArray,
    matched: FloatArray,
    out: FloatArray,
    below: Below,
    near: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Solve x = 1 − c·Σ|w·x − h| for G portfolios at once.

    Parameters
    ----------
    cost
        c, of one unit of value traded; below 1.
    weight, names
        [G] w, the target weight of every name bought, and the number of them.
    matched, out
        [G] Σ h over the names with a target, and over those that are sold altogether.
    below
        Of the target value w·x, the names that are bought to reach it.
    near
        [G] x of a like problem, where a single step from there is enough: the solution if the
        names bought are those of the like problem. None: the solution.

    Returns
    -------
    tuple
        x [G] and the trades Σ|w·x − h| [G].

    Notes
    -----
    x less the right side is piecewise linear, convex and increasing (as c·Σw < 1). Newton's step is
    exact once the names bought are the right ones; from x = 1 it comes down on the solution, the
    names bought can only become fewer, and it ends when they stay the same.
    """
    x = np.ones_like(weight)
    number, worth = below(weight if near is None else weight * near)
    while True:
        more = weight * (2 * number - names)  # d trades / dx
        fixed = out + matched - 2.0 * worth
        if cost == 0.0:
            return x, fixed + more
        x = np.minimum(x, (1.0 - cost * fixed) / (1.0 + cost * more))
        if near is not None:
            return x, fixed + more * x
        bought = number
        number, worth = below(weight * x)
        if (number == bought).all():
            return x, fixed + more * x
