"""Names whose histories were exchanged on a day."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined
from mech_exo.data.check.finding import Finding
from mech_exo.data.prices import last_known

LEAST_MOVE = 0.3
"""By which two prices must differ for an exchange of them to be seen, of the lower one."""

NEAR = 0.04
"""By which each may move on that day besides, of itself."""

MOST = 2_000
"""Days with two such moves that are looked at."""


def exchanged(examined: Examined) -> Iterator[Finding]:
    """Two names that each take the other's price from one session to the next.

    By chance two names jump to each other's price at the same close about never.
    """
    close = examined.market.close
    before = last_known(close)[:-1]
    with np.errstate(invalid="ignore"):
        ratio = np.abs(np.log(close[1:] / before)) > np.log1p(LEAST_MOVE)
    days = np.flatnonzero(ratio.sum(axis=1) >= 2)[:MOST]
    for t in days.tolist():
        names = np.flatnonzero(ratio[t])
        old, new = np.log(before[t, names]), np.log(close[t + 1, names])
        meets = np.abs(new[:, None] - old[None, :]) < NEAR
        for i, j in np.argwhere(np.triu(meets & meets.T, 1)).tolist():
            one, other = (examined.market.symbols[int(names[k])] for k in (i, j))
            yield Finding(
                rule="exchanged",
                severity="warning",
                message=f"{one} and {other} have each other's price from {examined.day(t + 1)} on.",
                remedy="Put their histories together again: a symbol may have been given to "
                "another company.",
                symbol=one,
                subject=other,
                day=examined.day(t + 1),
                figure=float(np.exp(abs(new[i] - old[i])) - 1.0),
            )
