"""Universes that were chosen with hindsight."""

import numpy as np

from mech_exo.data.panel import Panel
from mech_exo.leakage.leak_finding import LeakFinding


def survivorship_findings(panel: Panel) -> list[LeakFinding]:
    """A universe in which nobody ever leaves was chosen with hindsight."""
    known = np.isfinite(panel.returns)
    last = len(panel.dates) - 1 - np.argmax(known[::-1], axis=0)
    gone = int(np.count_nonzero(known.any(axis=0) & (last < len(panel.dates) - 21)))
    if gone:
        return []
    return [
        LeakFinding(
            "warning",
            "universe",
            f"none of the {len(panel.symbols)} names is ever delisted between {panel.dates[0]} and "
            f"{panel.dates[-1]}: survivors were chosen, which flatters every long portfolio. The "
            "active return is less affected than the Sharpe ratio, not free of it.",
        )
    ]
