"""Closes that somebody made up between two known ones."""

from collections.abc import Iterator

import numpy as np

from mech_exo.data.check.examined import Examined, some
from mech_exo.data.check.finding import Finding
from mech_exo.data.panel import BoolArray, FloatArray

LEAST = 10
"""Closes in a row on one line, straight or of one growth a session."""

ROUNDED = 1e-6
"""What rounding leaves of a bend, of the price."""

STEP = 50.0
"""Times that, which each step must be: a price that hardly moves lies on every line."""


def interpolated(examined: Examined) -> Iterator[Finding]:
    """Names whose closes lie on a line for long, as no traded price does."""
    close = examined.market.close
    if len(close) < LEAST + 2:
        return
    found = []
    for n in np.flatnonzero(examined.ever).tolist():
        known = close[:, n]
        length, start = max(_longest(_on_line(known)), _longest(_on_line(np.log(known))))
        if length >= LEAST:
            found.append((length, n, start))
    # a fund whose value accrues lies on a line throughout, and is right to
    found = [f for f in found if f[0] < 0.5 * np.count_nonzero(examined.priced[:, f[1]])]
    if not found:
        return
    found.sort(key=lambda line: (-line[0], line[1]))
    symbols = examined.market.symbols
    words = [f"{symbols[n]} ({length} from {examined.day(t)} on)" for length, n, t in found]
    only = len(found) == 1
    yield Finding(
        rule="interpolated",
        severity="warning",
        message=f"closes lie on a straight line for many sessions: {some(words)}. They were "
        "filled in between two known ones, so that each tells the next.",
        remedy="Leave the cells of days without a price empty.",
        symbol=symbols[found[0][1]] if only else "",
        day=examined.day(found[0][2]) if only else "",
        figure=float(found[0][0]),
    )


def _on_line(values: FloatArray) -> BoolArray:
    """[T − 2] whether a value, the one before and the one after lie on a line that is not level."""
    steps = np.diff(values)
    room = ROUNDED * np.maximum(np.abs(values[1:-1]), 1.0)
    with np.errstate(invalid="ignore"):
        straight: BoolArray = (np.abs(np.diff(steps)) <= 2.0 * room) & (
            np.abs(steps[1:]) >= STEP * room
        )
    return straight


def _longest(held: BoolArray) -> tuple[int, int]:
    """Length and start of the longest run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], held, [False]]).astype(np.int8)))
    if not len(edges):
        return 0, 0
    starts, stops = edges[::2], edges[1::2]
    at = int(np.argmax(stops - starts))
    return int(stops[at] - starts[at]), int(starts[at])
