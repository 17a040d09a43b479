"""Trading costs that the portfolio pays itself."""

from collections.abc import Callable

import numpy as np

from mech_exo.data.panel import FloatArray, IntArray

# of each portfolio at x: (names bought, names sold, value before of the bought, of the sold)
Split = Callable[[FloatArray], tuple[IntArray, IntArray, FloatArray, FloatArray]]


def self_financing(
    cost: float, weight: FloatArray, out: FloatArray, split: Split
) -> tuple[FloatArray, FloatArray]:
    """Solve x = 1 − c·Σ|w·x − h| for G portfolios at once.

    Parameters
    ----------
    cost
        c, of one unit of value traded; below 1.
    weight
        [G] w, the target weight of every name of a portfolio.
    out
        [G] Σ h over the names that are sold altogether.
    split
        Of x [G], which names with a target are bought and which sold, added up.

    Returns
    -------
    tuple
        x [G] and the trades Σ|w·x − h| [G].

    Notes
    -----
    The right side is piecewise linear in x, and x minus it convex and increasing (as c·Σw < 1).
    Newton's step is exact once the names bought and sold are the right ones; from x = 1 it
    comes down on the solution and ends after finitely many steps.
    """
    x = np.ones_like(weight)
    while True:
        bought, sold, bought_value, sold_value = split(x)
        more = bought - sold
        fixed = out + sold_value - bought_value
        x_next = (1.0 - cost * fixed) / (1.0 + cost * weight * more)
        if cost == 0.0 or np.array_equal(x_next, x):
            return x, fixed + weight * x * more
        # rounding alone may lift a step; never go back up
        x_next = np.minimum(x_next, x)
        if np.array_equal(x_next, x):
            return x, fixed + weight * x * more
        x = x_next
