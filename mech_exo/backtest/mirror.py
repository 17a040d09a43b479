"""Prices as the stop of a short sees them: upside down."""

from dataclasses import replace

import numpy as np

from mech_exo.backtest.growth import Growth
from mech_exo.data.panel import FloatArray, IntArray


def mirrored(growth: Growth, length: IntArray) -> Growth:
    """Growth whose figures for stops have the other sign, so that a rise is a fall.

    `low`, `boundary` and `end` are changed, inf where there is none as before; paths and triggers
    are not.

    Parameters
    ----------
    length
        [G] sessions of each segment.
    """
    return replace(
        growth,
        low=_turned(_highest(growth, length)),
        boundary=_turned(growth.boundary),
        end=_turned(growth.end),
    )


def turned_rows(trigger: FloatArray, sign: FloatArray) -> FloatArray:
    """Triggers [H, W] as the stops of holdings of these signs [H] look at them."""
    return np.where(sign[:, None] > 0.0, trigger, _turned(trigger))


def _turned(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), -values, np.inf)


def _highest(growth: Growth, length: IntArray) -> FloatArray:
    """[G, N] highest trigger at the closes before the next execution; −inf if there are none."""
    segments, names = growth.low.shape
    highest = np.full((segments, names), -np.inf)
    source = growth.trigger if len(growth.trigger) else growth.path
    for g, sessions in enumerate(length.tolist()):
        looked_at = sessions - (g < len(length) - 1)  # no execution ends the last segment
        if looked_at <= 0:
            continue
        first = int(growth.row[g])
        rows = growth.rows(source, int(growth.block[g]))[first : first + names, :looked_at]
        rows = np.where(np.isfinite(rows), rows, -np.inf)
        highest[g] = rows.max(axis=1)
    return highest
