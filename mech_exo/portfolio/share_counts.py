"""Numbers of shares."""

import numpy as np

from mech_exo.data.panel import FloatArray

WHOLE = 1e-9  # of a share; a quotient this close to the next whole number is that number


def whole_shares(exact: FloatArray) -> FloatArray:
    """Whole shares, rounded toward 0 on either side."""
    shares: FloatArray = np.copysign(np.floor(np.abs(exact) + WHOLE), exact) + 0.0
    return shares
