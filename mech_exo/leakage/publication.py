"""Publication dates that cannot be: before the end of their period.

Those that are only improbable are found by the data check (`data/check/publication_dates.py`).
"""

import numpy as np

from mech_exo.data.market import Market
from mech_exo.leakage.leak_finding import LeakFinding

EXAMPLES = 3  # rows named


def publication_findings(market: Market) -> list[LeakFinding]:
    """Values available before their period ends."""
    findings = []
    for name, vintage in market.vintages.items():
        delay = (vintage.available - vintage.period_end) / np.timedelta64(1, "D")
        early = np.flatnonzero(delay < 0)
        if len(early):
            rows = ", ".join(
                f"{market.symbols[vintage.symbol[r]]} {vintage.period_end[r]} "
                f"(available {vintage.available[r]})"
                for r in early[:EXAMPLES]
            )
            findings.append(
                LeakFinding(
                    "leak",
                    name,
                    f"{len(early)} values are used before the end of the period that they are "
                    f"of: {rows}{', …' if len(early) > EXAMPLES else ''}.",
                )
            )
    return findings
